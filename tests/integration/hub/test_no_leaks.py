"""No personal data, password or token stands in a log, a problem, a metric or an alert. CS-P1.

Everything that takes such data is used, rightly and wrongly, and all that comes out is searched.
"""

import json
from collections.abc import Iterator

import httpx
import pytest
import structlog
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError

from hub.access import accounts
from hub.access.session_cookie import SESSION_COOKIE
from hub.network import Network, Staff
from hub.telemetry import render_metrics
from tests.hub_parts import BEARER, HubHome, SigningEdge, body_of, body_with, sealed_bodies
from tests.integration.hub.login_parts import ORIGIN, add, hash_quickly, log_in, settle
from tests.rest_parts import API, client_of
from wire.bodies import ActBody
from wire.messages import encode
from wire.names import Result
from wire.site_pack import Duty

pytestmark = pytest.mark.anyio

NAMES = ("王小明", "Private Person")
PHONES = ("13912341234", "139 1234 1234")
SIGNER_ID = "44030119900101123X"
ADDRESS = "深圳市南山区科技园路1号"
CODE = "PRIVATE-CODE-42"
PASSWORDS = ("my own secret words", "another secret of mine")
SECRETS = (*NAMES, *PHONES, SIGNER_ID, ADDRESS, CODE, *PASSWORDS)
PERSON = {"name": NAMES[0], "phone": PHONES[0], "address": ADDRESS}
PARCEL = f"{API}/parcels/103000000001"


@pytest.fixture
def network() -> Network:
    """Somebody with a name."""
    return Network(staff=(Staff(badge="1001", name=NAMES[0], duty=Duty.COURIER, site="755A"),))


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every line of ours, as it would be written."""
    lines: list[str] = []

    def keep(_logger: object, _method: str, fields: dict[str, object]) -> dict[str, object]:
        exc_info = fields.pop("exc_info", None)
        written = structlog.processors.format_exc_info(_logger, _method, {"exc_info": exc_info})
        lines.append(json.dumps(fields | written, ensure_ascii=False, default=str))
        raise structlog.DropEvent

    # In place, as loggers that were used before hold on to the list.
    processors = structlog.get_config()["processors"]
    before = processors[:]
    processors[:] = [keep]
    hash_quickly(monkeypatch)
    yield lines
    processors[:] = before


class Heard:
    """All that the hub answered to whoever may not see everything."""

    def __init__(self) -> None:
        self.answers: list[httpx.Response] = []

    def __call__(self, answer: httpx.Response) -> httpx.Response:
        self.answers.append(answer)
        return answer

    @property
    def problems(self) -> list[str]:
        return [each.text for each in self.answers if each.status_code >= 400]


async def declare(heard: Heard, admin: httpx.AsyncClient) -> None:
    people = {"sender": PERSON, "recipient": f"{NAMES[1]} {PHONES[1]} {SIGNER_ID}"}
    assert heard(await admin.put(PARCEL, json=people)).status_code == 200
    for wrong in (
        {"sender": {NAMES[0]: 5, "phone": PHONES[0]}},
        {"sender": {NAMES[0]: "x" * 201}},
        {"sender": [PERSON]},
        {"recipient": SIGNER_ID * 100},
        {"sender": PERSON, "origin": NAMES[1]},
        {"declared_value_cny": NAMES[1], "sender": PERSON},
    ):
        assert heard(await admin.put(PARCEL, json=wrong)).status_code == 422
    heard(await admin.put(PARCEL, content=f'{{"sender": "{NAMES[0]}'.encode()))
    heard(await admin.get(PARCEL))
    heard(await admin.get(PARCEL, params={"unmask": "\n" + NAMES[0]}))


async def scan(heard: Heard, hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient) -> None:
    code, code_line = body_of(CODE.encode())
    typed = ActBody(signer_name=NAMES[0], signer_id=SIGNER_ID, note=ADDRESS)
    act, act_line = body_with(encode(typed).decode())
    lines = [
        edge.line(edge.scan(None, result=Result.HOSTILE, code_hex=None, text=None, body=code)),
        edge.line(edge.deliver(body=act)),
        edge.line(edge.scan("103000000001", result=Result.HV)),
    ]
    hub.take(edge.batch(lines))
    for bodies in ([code_line, act_line], [code_line + b"x"], [b"{" + CODE.encode()]):
        sealed = sealed_bodies(edge, bodies)
        heard(await admin.post(f"{API}/edge/bodies", content=sealed))
    seen = (await admin.get(f"{API}/events")).text
    assert CODE in seen, "an administrator may see it, else nothing was there to leak"


async def sign_in(heard: Heard, hub: HubHome, client: httpx.AsyncClient) -> list[str]:
    """Rightly and wrongly; return the secrets that came to be."""
    add(hub)
    heard(await log_in(client, PASSWORDS[0]))
    heard(await log_in(client, name=PASSWORDS[1]))
    heard(await log_in(client))
    form = {"old": PASSWORDS[0], "new": PASSWORDS[1], "again": PASSWORDS[1]}
    heard(await client.post("/account/password", data=form))
    order = {"name": "han", "role": "monitor", "password": PASSWORDS[0]}
    for wrong in ({}, {"role": PASSWORDS[1]}, {"name": PASSWORDS[1]}):
        heard(await client.post(f"{API}/accounts", json=order | wrong, headers=BEARER))
    with hub.database.writing() as tx:
        link = accounts.make_console_link(tx, hub.clock.now(), hub.clock.random_bytes)
    token = await client.post(
        f"{API}/accounts/li/tokens", json={"purpose": "report"}, headers=BEARER
    )
    badge = await client.post(f"{API}/staff/1001/token", headers=BEARER)
    wrong = {"Authorization": f"Bearer {token.json()['token']}x"}
    heard(await client.get(f"{API}/me", headers=wrong))
    return [
        link,
        token.json()["token"],
        badge.json()["label"].removeprefix("CX:BY:"),
        client.cookies[SESSION_COOKIE],
    ]


async def break_database(
    heard: Heard, app: FastAPI, monkeypatch: pytest.MonkeyPatch, link: str
) -> None:
    """Everything once more, failing at the database with what it was given in the error."""

    def fail(*given: object, **_more: object) -> None:
        raise OperationalError("INSERT", None, RuntimeError("away"))

    monkeypatch.setattr("hub.access.api.service.open_session", fail)
    async with client_of(app, **BEARER) as client:
        heard(await client.get(f"/enter/{link}"))


async def test_nothing_that_is_private_comes_out_where_it_should_not(
    hub: HubHome,
    app: FastAPI,
    edge: SigningEdge,
    said: list[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard = Heard()
    async with client_of(app, **BEARER) as admin:
        await declare(heard, admin)
        await scan(heard, hub, edge, admin)
        shown = (await admin.get(PARCEL, params={"unmask": "customer asks"})).text
        assert NAMES[0] in shown, "else nothing was there to leak"
    async with client_of(app, **ORIGIN) as browser:
        made = await sign_in(heard, hub, browser)
    async with client_of(app, **ORIGIN) as monitor:
        await settle(monitor)
        assert heard(await monitor.get(f"{API}/events")).status_code == 200
    await break_database(heard, app, monkeypatch, made[0])
    alerts = [text for alert in hub.alerts() for text in (alert.text_zh, alert.text_en)]
    places = {
        "log": [*said, *(record.getMessage() for record in caplog.records)],
        "problem": heard.problems,
        "alert": [*alerts, *(alert.subject for alert in hub.alerts())],
        "metric": [render_metrics()[0].decode()],
        "answer": [each.text for each in heard.answers],
    }
    events = {json.loads(line)["event"] for line in said}
    assert {"login", "login refused", "token made", "database does not answer"} <= events
    assert all(places.values()), {name: len(texts) for name, texts in places.items()}
    found = [
        (place, secret, text)
        for place, texts in places.items()
        for text in texts
        for secret in (*SECRETS, *made)
        if secret in text
    ]
    assert not found


def test_a_failed_statement_is_told_without_its_values(hub: HubHome) -> None:
    with hub.database.writing() as tx, pytest.raises(Exception, match="staff_badge") as caught:
        tx.exec_driver_sql("INSERT INTO staff_badge (badge) VALUES (?)", (NAMES[0],))
    assert NAMES[0] not in str(caught.value)
