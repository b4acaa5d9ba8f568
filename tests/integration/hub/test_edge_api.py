"""What edges ask by HTTP: enrolment, bodies, the wanted list. Source: interface, section 4."""

import hashlib

import httpx
import pytest

from hub.access.service import Enrolment, make_enrol_secret
from hub.app import create_app
from ledger.signing import open_sealed, seal
from tests import samples
from tests.hub_parts import START, HubHome, SigningEdge, body_of, sealed_bodies
from tests.rest_parts import API, client_of, problem
from wire.bodies import PrivateBody
from wire.limits import BODIES_BYTES_MAX, SNAPSHOT_BYTES_MAX
from wire.messages import Enrolled, Fetch, WantedSnapshot, encode
from wire.names import format_at
from wire.wanted import parse_list

pytestmark = pytest.mark.anyio
ORIGIN = {"Origin": "http://hub"}


async def enrol(client: httpx.AsyncClient, edge: SigningEdge, secret: str | None) -> httpx.Response:
    sealed = seal(edge.enrol_message(secret), edge.key)
    return await client.post(f"{API}/edge/enrol", content=sealed)


def make_secret(hub: HubHome) -> str:
    with hub.database.writing() as tx:
        return make_enrol_secret(tx, "755A", "dock", hub.clock.now(), hub.clock.random_bytes)


async def test_an_edge_enrols_by_its_secret_and_gets_the_same_answer_again(
    hub: HubHome, stranger: httpx.AsyncClient
) -> None:
    edge, secret = SigningEdge(), make_secret(hub)
    answers = [await enrol(stranger, edge, secret) for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    opened = [
        open_sealed(each.content, Enrolled, hub.keys.statement.public_key, 4096).message
        for each in answers
    ]
    assert opened[0] == opened[1]
    assert opened[0].hub_key == hub.keys.statement.public_key.hex()
    assert len(opened[0].site_salt) == 32


async def test_a_page_in_a_browser_enrols_nothing(hub: HubHome) -> None:
    app = create_app(hub.web(Enrolment.FIRST_USE))
    async with client_of(app, **ORIGIN) as client:
        problem(await enrol(client, SigningEdge(), None), 403)
    assert hub.count("edge") == 0


async def test_no_more_edges_enrol_than_there_is_room_for(
    hub: HubHome, edge: SigningEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.access.service.EDGES_MAX", 1)
    app = create_app(hub.web(Enrolment.FIRST_USE))
    async with client_of(app) as client:
        problem(await enrol(client, SigningEdge(edge="other"), None), 403)
        assert (await enrol(client, edge, None)).status_code == 200
    assert hub.count("edge") == 1


async def test_edges_of_one_site_share_its_salt(hub: HubHome) -> None:
    app = create_app(hub.web(Enrolment.FIRST_USE))
    salts = []
    async with client_of(app) as client:
        for site, name in (("755A", "a"), ("755A", "b"), ("755W", "a")):
            answer = await enrol(client, SigningEdge(site=site, edge=name), None)
            public_key = hub.keys.statement.public_key
            opened = open_sealed(answer.content, Enrolled, public_key, 4096)
            salts.append(opened.message.site_salt)
    assert salts[0] == salts[1] != salts[2]


async def test_without_a_good_secret_nobody_enrols(
    hub: HubHome, stranger: httpx.AsyncClient
) -> None:
    problem(await enrol(stranger, SigningEdge(), None), 401)
    problem(await enrol(stranger, SigningEdge(), "wrong"), 401)
    secret = make_secret(hub)
    hub.clock.move(3600)
    problem(await enrol(stranger, SigningEdge(), secret), 401)
    assert hub.count("edge") == 0


async def test_a_used_secret_takes_no_second_edge(
    hub: HubHome, stranger: httpx.AsyncClient
) -> None:
    secret = make_secret(hub)
    assert (await enrol(stranger, SigningEdge(), secret)).status_code == 200
    problem(await enrol(stranger, SigningEdge(edge="cage"), secret), 401)
    assert hub.count("edge") == 1


async def test_two_edges_with_one_name_are_a_conflict_and_an_alarm(
    hub: HubHome, stranger: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    await enrol(stranger, SigningEdge(), make_secret(hub))
    second = SigningEdge(key=samples.HUB_KEY)
    problem(await enrol(stranger, second, make_secret(hub)), 409)
    assert hub.count("edge") == 1
    (alert,) = (await admin.get(f"{API}/alerts?state=open")).json()["items"]
    assert (alert["kind"], alert["subject"]) == ("edge_conflict", "755A/dock")


async def test_an_enrolment_not_signed_by_its_own_key_is_refused(
    hub: HubHome, stranger: httpx.AsyncClient
) -> None:
    sealed = seal(SigningEdge().enrol_message(make_secret(hub)), samples.HUB_KEY)
    problem(await stranger.post(f"{API}/edge/enrol", content=sealed), 401)
    assert hub.count("edge") == 0


def fetch_of(edge: SigningEdge) -> Fetch:
    return Fetch(site=edge.site, edge=edge.edge, have_version=0, at=format_at(START))


async def test_an_edge_fetches_the_signed_list(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    await admin.put(f"{API}/wanted/755123456789", json={"result": "stop", "reason": "r"})
    answer = await stranger.post(f"{API}/edge/wanted", content=seal(fetch_of(edge), edge.key))
    opened = open_sealed(
        answer.content, WantedSnapshot, hub.keys.statement.public_key, SNAPSHOT_BYTES_MAX
    )
    line = opened.lines.removesuffix(b"\n")
    assert hashlib.sha256(line).hexdigest() == opened.message.head.list_sha256
    wanted = parse_list(line)
    assert wanted.version == opened.message.head.version == 2
    assert [each.waybill for each in wanted.entries] == ["755123456789"]
    assert [each.prefix for each in wanted.rules] == ["103"]


@pytest.mark.parametrize("path", ["enrol", "bodies", "wanted"])
@pytest.mark.parametrize("content", [b"", b"garbage", b"{}\n\n"])
async def test_an_unsigned_request_of_an_edge_is_refused(
    stranger: httpx.AsyncClient, path: str, content: bytes
) -> None:
    problem(await stranger.post(f"{API}/edge/{path}", content=content), 400)


@pytest.mark.parametrize("path", ["enrol", "bodies", "wanted"])
async def test_another_signed_message_than_asked_for_is_refused(
    edge: SigningEdge, stranger: httpx.AsyncClient, path: str
) -> None:
    content = seal(edge.state(), edge.key)
    problem(await stranger.post(f"{API}/edge/{path}", content=content), 400)


async def test_an_edge_that_is_not_enrolled_gets_nothing(stranger: httpx.AsyncClient) -> None:
    content = seal(fetch_of(SigningEdge()), samples.EDGE_KEY)
    problem(await stranger.post(f"{API}/edge/wanted", content=content), 401)


async def test_another_key_gets_nothing(edge: SigningEdge, stranger: httpx.AsyncClient) -> None:
    content = seal(fetch_of(edge), samples.HUB_KEY)
    problem(await stranger.post(f"{API}/edge/wanted", content=content), 401)


async def test_a_body_that_is_too_long_is_cut_off(stranger: httpx.AsyncClient) -> None:
    content = b"x" * (BODIES_BYTES_MAX + 5000)
    problem(await stranger.post(f"{API}/edge/bodies", content=content), 413)


@pytest.mark.parametrize(
    ("lines", "fields"),
    [
        ([body_of(b"A")[1]], {"sha256": "00" * 32}),
        ([body_of(b"A")[1]], {"count": 2}),
        ([body_of(b"A")[1], b"not a body"], {}),
        ([body_of(b"A")[1], encode(PrivateBody(salt="0a" * 16, body="长" * 8000))], {}),
    ],
    ids=["another hash", "another count", "no body", "too long"],
)
async def test_bodies_that_are_not_what_was_signed_are_refused_whole(
    hub: HubHome,
    edge: SigningEdge,
    stranger: httpx.AsyncClient,
    lines: list[bytes],
    fields: dict[str, object],
) -> None:
    sealed = sealed_bodies(edge, lines, **fields)
    problem(await stranger.post(f"{API}/edge/bodies", content=sealed), 400)
    assert hub.count("private_body") == 0
