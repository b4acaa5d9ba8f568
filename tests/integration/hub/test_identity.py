"""Who speaks for an edge: certificates, a new key, revocation, a new disk. Source: section 4.

Each refusal is followed by a look at what must not have changed.
"""

from datetime import timedelta

import httpx
import pytest

from hub import heartbeat
from hub.access import authority
from hub.access.service import make_enrol_secret, record_of
from hub.alerts.service import AlertKind
from hub.broker_folder import CRL_NAME, BrokerOrder, write_folder
from hub.heartbeat import Role
from hub.ingest.commands import CommandDesk
from hub.ingest.pushes import WantedPusher
from hub.ingest.service import raise_silences
from ledger.certificates import TlsKey, read_certificate, read_revocations
from ledger.signing import open_sealed, seal
from tests import samples
from tests.hub_parts import START, HubHome, SigningEdge, body_of, receipt_of, sealed_bodies
from tests.identity_parts import (
    OTHER_POINT,
    POINT,
    REASON,
    THIEF,
    acts,
    certified,
    renewal,
    rotation,
)
from tests.rest_parts import API, problem
from wire.messages import (
    Enrol,
    Enrolled,
    Fetch,
    Problem,
    WantedHead,
)
from wire.names import format_at
from wire.topics import Channel

pytestmark = pytest.mark.anyio

# ---------------------------------------------------------------- certificates


async def test_an_edge_that_shows_a_key_for_tls_gets_its_certificate_with_its_enrolment(
    hub: HubHome, stranger: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    edge = SigningEdge()
    hub.enrol(SigningEdge(edge="other"))
    with hub.database.writing() as tx:
        secret = make_enrol_secret(tx, "755A", "dock", START, hub.clock.random_bytes)
    message = Enrol(
        site="755A",
        edge="dock",
        public_key=edge.key.public_key.hex(),
        secret=secret,
        boot=samples.BOOT,
        tls_key=POINT,
    )
    answer = await stranger.post(f"{API}/edge/enrol", content=seal(message, edge.key))
    opened = open_sealed(answer.content, Enrolled, hub.keys.statement.public_key, 8192).message
    read = read_certificate(str(opened.certificate).encode())
    assert (read.name, read.point) == ("755A/dock", POINT)
    assert read_certificate(str(opened.ca).encode()).point == hub.keys.authority.point
    (row,) = (await admin.get(f"{API}/edges/755A/dock/record")).json()["certificates"]
    assert (row["serial"], row["issued_by"]) == (f"{read.serial:x}", "755A/dock")
    assert acts(hub) == ["enrolled", "certified"]


async def test_an_older_edge_still_enrols_and_gets_the_answer_that_it_knows(
    hub: HubHome, stranger: httpx.AsyncClient
) -> None:
    edge = hub.enrol(SigningEdge())
    answer = await stranger.post(f"{API}/edge/enrol", content=seal(edge.enrol_message(), edge.key))
    assert b"certificate" not in answer.content
    assert hub.count("certificate") == 0


async def test_an_edge_from_before_certificates_gets_one_and_the_same_one_until_it_is_due(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient
) -> None:
    first = await certified(hub, stranger, renewal(edge))
    hub.clock.move(59 * 86400)
    assert await certified(hub, stranger, renewal(edge)) == first
    hub.clock.move(2 * 86400)
    second = await certified(hub, stranger, renewal(edge))
    assert second.certificate != first.certificate
    assert second.ca == first.ca
    ends = [read_certificate(each.certificate.encode()).until for each in (first, second)]
    assert ends[1] > ends[0]
    assert hub.count("certificate") == 3  # with the CA's


async def test_a_certificate_for_another_key_ends_the_one_before_for_good(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient
) -> None:
    first = await certified(hub, stranger, renewal(edge))
    second = await certified(hub, stranger, renewal(edge, OTHER_POINT))
    with hub.database.reading() as tx:
        new, old = record_of(tx, "755A", "dock").certificates
    assert (new.pem.decode(), new.revoked_at) == (second.certificate, None)
    assert (old.pem.decode(), old.revoked_at, old.reason) == (
        first.certificate,
        START,
        "another key",
    )
    # Somebody who kept the first request sends it again: it must not cost the new key its own.
    problem(await stranger.post(f"{API}/edge/certificate", content=renewal(edge)), 422)
    assert (await certified(hub, stranger, renewal(edge, OTHER_POINT))) == second


async def test_an_edge_gets_so_many_certificates_a_day_and_no_more(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient
) -> None:
    for number in range(authority.ISSUED_PER_DAY_MAX):
        await certified(hub, stranger, renewal(edge, TlsKey(bytes([number + 1]) * 32).point))
    before = hub.count("certificate")
    problem(await stranger.post(f"{API}/edge/certificate", content=renewal(edge)), 422)
    assert hub.count("certificate") == before
    hub.clock.move(86400)
    await certified(hub, stranger, renewal(edge))


@pytest.mark.parametrize(
    ("make", "status"),
    [
        (lambda _edge: b"garbage", 400),
        (lambda edge: seal(edge.state(), edge.key), 400),
        (lambda edge: renewal(SigningEdge(key=THIEF)), 401),
        (lambda edge: renewal(SigningEdge(edge="unknown")), 401),
        (lambda edge: renewal(edge, "04" + "00" * 64), 422),
        (lambda edge: renewal(edge).replace(b"dock", b"cage"), 401),
    ],
    ids=["garbage", "another message", "another key", "unknown", "no point", "altered"],
)
async def test_whoever_is_not_the_edge_gets_no_certificate(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient, make: object, status: int
) -> None:
    answer = await stranger.post(f"{API}/edge/certificate", content=make(edge))  # type: ignore[operator]
    problem(answer, status)
    assert hub.count("certificate") == 0 or status == 422
    assert "certified" not in acts(hub)


async def test_names_that_fill_a_certificate_are_enrolled_without_one(
    hub: HubHome, stranger: httpx.AsyncClient
) -> None:
    edge = hub.enrol(SigningEdge(site="s" * 32, edge="e" * 32))
    answer = await stranger.post(f"{API}/edge/certificate", content=renewal(edge))
    assert "1 to 64 characters" in answer.json()["detail"]


# ---------------------------------------------------------------- revoked


async def test_nothing_of_a_revoked_edge_is_taken_from_then_on(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    lines = [edge.line(edge.scan())]
    hub.take(edge.batch(lines))
    answer = await admin.post(f"{API}/edges/755A/dock/revoke", json=REASON)
    assert answer.json() == {"was_revoked": False, "broker": "no_broker"}
    late = edge.batch([edge.line(edge.scan())])
    state = seal(edge.state(depth=77), edge.key)
    for payload, channel in ((late, Channel.EVENTS), (state, Channel.STATE)):
        receipt = receipt_of(hub.take(payload, channel))
        assert (receipt.problem, receipt.heads) == (Problem.UNKNOWN_KEY, ())
    assert len(hub.events()) == 1
    assert hub.count("edge_state") == 0
    (alert,) = hub.alerts(AlertKind.EDGE_REVOKED)
    assert (alert.subject, alert.count) == ("755A/dock", 2)
    fetch = Fetch(site="755A", edge="dock", have_version=0, at=format_at(START))
    bodies = sealed_bodies(edge, [body_of(b"A")[1]])
    for path, content in (
        ("wanted", seal(fetch, edge.key)),
        ("bodies", bodies),
        ("certificate", renewal(edge)),
        ("rotate", rotation(edge)),
        ("enrol", seal(edge.enrol_message(), edge.key)),
    ):
        problem(await stranger.post(f"{API}/edge/{path}", content=content), 401)
    assert hub.count("private_body") == hub.count("certificate") == 0
    assert acts(hub) == ["enrolled", "revoked"]


async def test_a_revocation_is_on_record_once_with_who_and_why(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    await admin.post(f"{API}/edges/755A/dock/revoke", json=REASON)
    hub.clock.move(60)
    again = await admin.post(f"{API}/edges/755A/dock/revoke", json={"reason": "another word"})
    assert again.json()["was_revoked"]
    record = (await admin.get(f"{API}/edges/755A/dock/record")).json()
    told = [(each["act"], each["who"], each["reason"]) for each in record["acts"]]
    assert told[0] == ("revoked", "administrator", REASON["reason"])
    assert len(told) == 2
    (key,) = record["keys"]
    assert (key["until"], key["ended_by"]) == (format_at(START), "revoked")
    (item,) = (await admin.get(f"{API}/edges")).json()["items"]
    assert item["revoked_at"] == format_at(START)


async def test_a_revoked_edge_gets_no_command_and_is_not_missed(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    other = hub.enrol(SigningEdge(edge="other"))
    await admin.post(f"{API}/edges/755A/dock/revoke", json=REASON)
    hub.put_wanted("755123456789")
    pusher = WantedPusher(CommandDesk(hub.clock.random_bytes))
    with hub.database.reading() as tx:
        pushed = pusher.due(tx, START, hub.clock)
        assert {each.topic.edge for each in pushed} == {other.edge}
        assert not any(isinstance(each.message, WantedHead) for each in pushed)
    hub.clock.move(600)
    with hub.database.writing() as tx:
        heartbeat.begin(tx, Role.INGEST, START)
        heartbeat.beat(tx, Role.INGEST, hub.clock.now(), START)
        raise_silences(tx, timedelta(seconds=90), hub.clock.now())
    assert [each.subject for each in hub.alerts(AlertKind.EDGE_SILENT)] == ["755A/other"]


@pytest.mark.parametrize("reason", ["", "x", "x" * 301, "line\nfeed"])
async def test_without_a_reason_nothing_is_revoked_or_replaced(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient, reason: str
) -> None:
    for act in ("revoke", "replacement"):
        answer = await admin.post(f"{API}/edges/755A/dock/{act}", json={"reason": reason})
        problem(answer, 422)
    assert acts(hub) == ["enrolled"]
    assert hub.count("enrol_secret") == 0


async def test_an_edge_that_nobody_knows_is_not_revoked(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    for act in ("revoke", "replacement"):
        problem(await admin.post(f"{API}/edges/755A/cage/{act}", json=REASON), 404)
    assert hub.count("edge_act") == 1


# ---------------------------------------------------------------- the broker's list


def folder_of(hub: HubHome, user: str = "root") -> BrokerOrder:
    folder = str(hub.data_dir / "broker")
    return BrokerOrder(
        directory=folder, path=folder, hosts=("localhost",), port=8883, bind="", user=user
    )


async def test_a_revocation_stands_in_the_brokers_list_before_the_answer_leaves(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    order = folder_of(hub)
    write_folder(hub.data_dir, order, hub.database, hub.keys.authority, hub.clock)
    crl = hub.data_dir / "broker" / CRL_NAME
    assert read_revocations(crl.read_bytes()) == (0, [])
    own = await certified(hub, stranger, renewal(edge))
    answer = await admin.post(f"{API}/edges/755A/dock/revoke", json=REASON)
    assert answer.json()["broker"] == "written"
    serial = read_certificate(own.certificate.encode()).serial
    assert read_revocations(crl.read_bytes()) == (1, [serial])


async def test_a_list_that_cannot_be_written_is_an_alert_and_the_edge_is_revoked_all_the_same(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    write_folder(hub.data_dir, folder_of(hub), hub.database, hub.keys.authority, hub.clock)
    await certified(hub, stranger, renewal(edge))
    crl = hub.data_dir / "broker" / CRL_NAME
    kept = crl.read_bytes()
    crl.unlink()
    answer = await admin.post(f"{API}/edges/755A/dock/revoke", json=REASON)
    assert answer.json() == {"was_revoked": False, "broker": "failed"}
    assert receipt_of(hub.take(edge.batch([edge.line(edge.scan())]))).problem
    (alert,) = hub.alerts(AlertKind.REVOCATION_UNTOLD)
    crl.write_bytes(kept)
    again = await admin.post(f"{API}/edges/755A/dock/revoke", json=REASON)
    assert again.json()["broker"] == "written"
    (alert,) = hub.alerts(AlertKind.REVOCATION_UNTOLD)
    assert alert.state == "closed"


async def test_a_restored_hub_gives_back_nothing_that_was_revoked_since(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    write_folder(hub.data_dir, folder_of(hub), hub.database, hub.keys.authority, hub.clock)
    await certified(hub, stranger, renewal(edge))
    await admin.post(f"{API}/edges/755A/dock/revoke", json=REASON)
    crl = hub.data_dir / "broker" / CRL_NAME
    newest = crl.read_bytes()
    with hub.database.writing() as tx:
        tx.exec_driver_sql("UPDATE certificate SET revoked_at = NULL")
        tx.exec_driver_sql("UPDATE edge SET revoked_at = NULL")
    hub.enrol(SigningEdge(edge="other"))
    answer = await admin.post(f"{API}/edges/755A/other/revoke", json=REASON)
    assert answer.json()["broker"] == "failed"
    assert crl.read_bytes() == newest


def test_a_folder_is_for_the_brokers_account_alone(hub: HubHome) -> None:
    write_folder(hub.data_dir, folder_of(hub), hub.database, hub.keys.authority, hub.clock)
    folder = hub.data_dir / "broker"
    assert folder.stat().st_mode & 0o777 == 0o700
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    names = {"ca.crt", CRL_NAME, "acl", "broker.pem", "mosquitto.conf"}
    assert modes == dict.fromkeys(names, 0o600)
