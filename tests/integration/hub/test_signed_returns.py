"""HV-1.2.8, CS-D1: the signed paper's copy is uploaded, checked, and missed; attempts are told."""

import base64
import hashlib
from datetime import timedelta

import httpx
import pytest

from hub.access.service import Caller, Role
from hub.alerts.service import AlertKind, AlertState, Level
from hub.console.parcel.desk import ParcelDesk
from hub.network import EMPTY
from hub.parcels.project import ParcelProjection
from hub.parcels.service import Outcome
from hub.parcels.signed_returns import COPIES_MAX, SignedReturnDuty, SignedReturnProjection
from hub.web.documents import DOCUMENT_BYTES_MAX
from tests.hub_parts import START, HubHome
from tests.integration.hub.parcel_parts import PARCEL, fact, scan
from tests.postgres_parts import on_both_databases
from tests.rest_parts import API, problem
from tests.samples import POLICY
from wire.events import Event
from wire.names import Step

pytestmark = pytest.mark.anyio

SITE = "020R"
URL = f"{API}/parcels/{PARCEL}"
COPIES = f"{URL}/signed-returns"
ASKED = {"declared_value_cny": "30000", "signed_return": True}
MISSED = POLICY.delivery.signed_return_h * 60
OPEN, CLOSED = [(AlertState.OPEN, Level.WARN)], [(AlertState.CLOSED, Level.WARN)]
PAPER = b"signed by Wang"


def tell(hub: HubHome, *events: Event) -> None:
    """Parcels first, as in the hub."""
    facts = [fact(each) for each in events]
    with hub.database.writing() as tx:
        for projection in (ParcelProjection(hub.search()), SignedReturnProjection(POLICY)):
            projection.apply(tx, facts, hub.clock.now())


def turn(hub: HubHome, minute: float) -> list[tuple[AlertState, Level]]:
    """The clock's role has its turn; the alerts as they stand then."""
    hub.clock.at = START + timedelta(minutes=minute)
    with hub.database.writing() as tx:
        SignedReturnDuty(EMPTY).run(tx, hub.clock.now())
    return states(hub)


def states(hub: HubHome) -> list[tuple[AlertState, Level]]:
    return [(each.state, each.level) for each in hub.alerts(AlertKind.SIGNED_RETURN_MISSING)]


def order(content: bytes = PAPER) -> dict[str, str]:
    content_b64 = base64.b64encode(content).decode()
    return {"name": "签回单.jpg", "content_b64": content_b64, "note": "签字清楚"}


async def upload(admin: httpx.AsyncClient, content: bytes = PAPER) -> str:
    """The path of an uploaded copy."""
    answer = await admin.post(COPIES, json=order(content))
    assert answer.status_code == 200, answer.text
    assert answer.json()["accepted"] is None
    return f"{COPIES}/{hashlib.sha256(content).hexdigest()}"


async def check(admin: httpx.AsyncClient, copy: str, *, accepted: bool) -> httpx.Response:
    return await admin.post(f"{copy}/check", json={"accepted": accepted, "note": "看过"})


@pytest.fixture
async def delivered(hub: HubHome, admin: httpx.AsyncClient) -> HubHome:
    """Declared with the service, and delivered at the start."""
    assert (await admin.put(URL, json=ASKED)).json()["signed_return"] is True
    tell(hub, scan(0, SITE, Step.DELIVER))
    return hub


@on_both_databases
async def test_a_missing_copy_is_one_alert_that_an_accepted_one_closes(
    delivered: HubHome, admin: httpx.AsyncClient
) -> None:
    assert turn(delivered, MISSED - 1) == []
    assert turn(delivered, MISSED) == turn(delivered, MISSED + 500) == OPEN
    (alert,) = delivered.alerts(AlertKind.SIGNED_RETURN_MISSING)
    assert (alert.waybill, alert.site, alert.count) == (PARCEL, SITE, 1)
    copy = await upload(admin)
    refused = (await check(admin, copy, accepted=False)).json()
    assert (refused["accepted"], refused["check_note"]) == (False, "看过")
    assert states(delivered) == OPEN
    better = await upload(admin, b"a better picture")
    assert (await check(admin, better, accepted=True)).status_code == 200
    assert states(delivered) == turn(delivered, MISSED * 3) == CLOSED
    told = (await admin.get(URL)).json()["signed_returns"]
    assert [each["accepted"] for each in told] == [False, True]
    assert {each["checked_by"] for each in told} == {each["who"] for each in told}


async def test_a_copy_accepted_in_time_is_no_alert_and_a_check_stands(
    delivered: HubHome, admin: httpx.AsyncClient
) -> None:
    copy = await upload(admin)
    assert (await check(admin, copy, accepted=True)).json()["accepted"] is True
    assert "already" in problem(await check(admin, copy, accepted=False), 409)
    assert (await admin.get(URL)).json()["signed_returns"][0]["accepted"] is True
    assert turn(delivered, MISSED * 2) == []


async def test_nobody_waits_without_the_service_before_delivery_or_for_what_came_back(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    await admin.put(URL, json={**ASKED, "signed_return": False})
    problem(await admin.post(COPIES, json=order()), 409)
    tell(hub, scan(0, SITE, Step.DELIVER))
    assert "without" in problem(await admin.post(COPIES, json=order()), 409)
    assert turn(hub, MISSED) == []
    # Asked for afterwards: it is waited for as of the delivery, until the parcel came back.
    await admin.put(URL, json=ASKED)
    assert turn(hub, MISSED) == OPEN
    tell(hub, scan(MISSED + 1, SITE, Step.STORE))
    assert states(hub) == CLOSED
    assert "delivery" in problem(await admin.post(COPIES, json=order()), 409)
    # Delivered again, it has the whole time again; the newest declaration can do without.
    tell(hub, scan(MISSED + 60, SITE, Step.DELIVER))
    assert turn(hub, 2 * MISSED + 59) == CLOSED
    await admin.put(URL, json={"declared_value_cny": "30000"})
    assert turn(hub, 3 * MISSED) == CLOSED
    assert hub.count("signed_copy") == hub.count("signed_return") == 0


async def test_a_late_record_of_an_earlier_delivery_moves_the_timer(
    delivered: HubHome, admin: httpx.AsyncClient
) -> None:
    tell(delivered, scan(-600, SITE, Step.DELIVER))
    assert turn(delivered, MISSED - 600) == OPEN


async def test_a_copy_is_encrypted_and_each_look_needs_a_reason_and_is_recorded(
    delivered: HubHome, admin: httpx.AsyncClient
) -> None:
    copy = await upload(admin)
    with delivered.database.reading() as tx:
        stored = tx.exec_driver_sql("SELECT encrypted FROM signed_copy").scalar_one()
    assert PAPER not in bytes(stored)
    problem(await admin.get(copy), 422)
    problem(await admin.get(f"{COPIES}/{'0' * 64}?unmask=claim"), 404)
    assert delivered.count("look") == 0
    shown = await admin.get(f"{copy}?unmask=claim 17")
    assert (shown.status_code, shown.content) == (200, PAPER)
    assert shown.headers["content-disposition"].startswith("attachment")
    (look,) = (await admin.get(f"{API}/looks", params={"about": PARCEL})).json()["items"]
    sha256 = hashlib.sha256(PAPER).hexdigest()
    assert (look["what"], look["reason"]) == (f"signed_return/{sha256[:16]}", "claim 17")


async def test_copies_are_bounded_in_bytes_and_number_and_the_same_one_is_kept_once(
    delivered: HubHome, admin: httpx.AsyncClient
) -> None:
    problem(await admin.post(COPIES, json=order(bytes(DOCUMENT_BYTES_MAX + 1))), 422)
    problem(await admin.post(COPIES, json={**order(), "content_b64": "?"}), 422)
    assert delivered.count("signed_copy") == 0
    await upload(admin, bytes(DOCUMENT_BYTES_MAX))
    for number in range(1, COPIES_MAX):
        await upload(admin, b"%d" % number)
    problem(await admin.post(COPIES, json=order(b"one more")), 409)
    await upload(admin, b"1")
    assert delivered.count("signed_copy") == COPIES_MAX


async def test_the_second_delivery_is_told_as_free(hub: HubHome, admin: httpx.AsyncClient) -> None:
    await admin.put(URL, json={"declared_value_cny": "30000"})
    assert (await admin.get(URL)).json()["delivery_attempts"] == []
    tell(hub, scan(0, SITE, Step.OUT_FOR_DELIVERY), scan(60, SITE, Step.STORE))
    tell(hub, scan(600, SITE, Step.OUT_FOR_DELIVERY))
    first, second = (await admin.get(URL)).json()["delivery_attempts"]
    assert (first["n"], first["outcome"], first["free"]) == (1, "came_back", False)
    assert (second["n"], second["outcome"], second["free"]) == (2, "open", True)
    assert (second["site"], second["ended_at"]) == (SITE, None)


async def test_the_parcels_page_reads_attempts_and_copies_of_now_alone(
    delivered: HubHome, admin: httpx.AsyncClient
) -> None:
    tell(delivered, scan(-60, SITE, Step.OUT_FOR_DELIVERY))
    await check(admin, await upload(admin), accepted=True)
    desk, caller = ParcelDesk(delivered.web()), Caller("zhao", Role.ADMINISTRATOR, None)
    sight = desk.parcel(PARCEL, caller)
    assert sight.declared is not None
    assert sight.declared.signed_return
    assert [(each.n, each.outcome) for each in sight.attempts] == [(1, Outcome.DELIVERED)]
    assert [copy.check is not None and copy.check.accepted for copy in sight.copies] == [True]
    then = desk.parcel(PARCEL, caller, START)
    assert (then.attempts, then.copies) == ((), ())
