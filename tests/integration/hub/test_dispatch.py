"""The dispatch register, from depart scans to receipts: HV-2.7."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from hub.access.rules import Role
from hub.alerts.service import AlertKind, AlertState
from hub.dispatch.project import DispatchProjection
from hub.dispatch.rules import ListState
from hub.dispatch.service import Desk, DispatchDuty, DispatchError, list_lists, send_list
from hub.mail.service import receipts_about
from hub.network import Lane, Network, Region, Shift, Site, SiteKind
from hub.parcels.project import ParcelProjection
from hub.parcels.service import find_manifest
from tests.hub_parts import HubHome
from tests.integration.hub.parcel_parts import IN_BAG, IN_TRUCK, fact, label, scan
from tests.integration.hub.route_cases import make_account
from tests.postgres_parts import on_both_databases
from tests.rest_parts import API, client_of, problem
from wire.events import Event, Scan
from wire.names import Step, format_at

pytestmark = pytest.mark.anyio

ONE, TWO, THREE = "103000000001", "103000000002", "103000000003"
URL = f"{API}/dispatch"
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
"""12:00 at the branch."""


def _site(code: str, kind: SiteKind, superior: str | None = None, *contacts: str) -> Site:
    return Site(
        code=code, name=code, kind=kind, region="south", superior=superior, contacts=contacts
    )


@pytest.fixture
def network() -> Network:
    return Network(
        region=(Region(code="south", name="南", operations_contact="o@o", claims_contact="c@c"),),
        site=(
            _site("755A", SiteKind.BRANCH, "755D"),
            _site("755D", SiteKind.DISPATCH, None, "centre@755d.example"),
            _site("020A", SiteKind.BRANCH, "020D"),
            _site("020D", SiteKind.DISPATCH, None, "centre@020d.example"),
            _site("010A", SiteKind.BRANCH, "010D"),
            _site("010D", SiteKind.DISPATCH),
            _site("755W", SiteKind.LEVEL_2, "755D"),
        ),
        lane=(Lane(origin="755A", destination="020A", planned_h=9),),
        shift=(
            Shift(site="755A", name="day", starts="08:00", ends="18:00"),
            Shift(site="755W", name="day", starts="08:00", ends="18:00"),
        ),
    )


def left(waybill: str, at: datetime = NOON, site: str = "755A", **fields: object) -> Scan:
    return scan(0, site, Step.DEPART, waybill, at=format_at(at), **fields)


def tell(hub: HubHome, *events: Event) -> None:
    with hub.database.writing() as tx:
        facts = [fact(each) for each in events]
        ParcelProjection().apply(tx, facts, hub.clock.now())
        DispatchProjection(hub.role.policy, hub.role.network).apply(tx, facts, hub.clock.now())


def work(hub: HubHome, at: datetime) -> None:
    """The clock's turn at a time."""
    hub.clock.at = at
    with hub.database.writing() as tx:
        DispatchDuty(hub.role.network).run(tx, at)


def mails(hub: HubHome, list_id: int = 1) -> list[tuple[str, ...]]:
    with hub.database.reading() as tx:
        return [each.to for each in receipts_about(tx, f"dispatch/{list_id}")]


def told(hub: HubHome, kind: AlertKind) -> list[tuple[AlertState, str | None, int]]:
    return [(each.state, each.site, each.count) for each in hub.alerts(kind)]


async def declare(admin: httpx.AsyncClient, waybill: str, destination: str) -> None:
    person = {"name": "王芳", "address": "天河路 1 号", "phone": "13900001234"}
    body = {"declared_value_cny": "30000", "destination": destination, "recipient": person}
    assert (await admin.put(f"{API}/parcels/{waybill}", json=body)).status_code == 200


async def whole(admin: httpx.AsyncClient) -> dict[str, object]:
    answer = await admin.get(f"{URL}/1")
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def waybills(found: dict[str, object]) -> Sequence[str]:
    return [each["waybill"] for each in found["entries"]]  # type: ignore[attr-defined] # JSON


# ---------------------------------------------------------------- drafting


@on_both_databases
async def test_hv_parcels_that_leave_in_a_shift_are_its_draft(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    tell(hub, left(TWO, NOON + timedelta(hours=1)), left("755123456789"))
    tell(hub, left(ONE, NOON), left(ONE, NOON, "755W"), scan(0, "755A", Step.SORT, THREE))
    found = await whole(admin)
    assert waybills(found) == [ONE, TWO]
    assert (found["site"], found["shift"], found["date"]) == ("755A", "day", "2026-11-22")
    assert (found["state"], found["centre"]) == ("draft", "755D")
    assert found["list_due_at"] == "2026-11-22T10:30:00.000Z"
    assert found["forward_due_at"] == "2026-11-22T16:00:00.000Z"
    listing = (await admin.get(f"{URL}?site=755A&date=2026-11-22")).json()
    assert [each["parcels"] for each in listing["items"]] == [2]
    assert (await admin.get(f"{URL}?site=755A&date=2026-11-23")).json()["items"] == []


@on_both_databases
async def test_a_transfer_that_takes_longer_moves_the_list_s_time(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    # Whatever the order: the last departure counts.
    tell(hub, left(ONE, NOON + timedelta(hours=7)))
    tell(hub, left(TWO, NOON), left(ONE, NOON))
    found = await whole(admin)
    assert found["last_depart_at"] == "2026-11-22T11:00:00.000Z"
    assert found["list_due_at"] == "2026-11-22T11:30:00.000Z"
    assert waybills(found) == [TWO, ONE]


async def test_a_bag_that_leaves_takes_its_parcels_onto_the_list(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    tell(hub, scan(0, "755A", Step.PACK, ONE, **IN_BAG))
    tell(hub, label(9, "755A", Step.DEPART, "CX:BAG:B-1", **IN_TRUCK))
    assert waybills(await whole(admin)) == [ONE]


async def test_high_value_by_declared_value_is_on_the_list_too(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    body = {"declared_value_cny": "30000", "reason": "no HV material"}
    await admin.put(f"{API}/parcels/755123456789", json=body)
    tell(hub, left("755123456789"))
    assert waybills(await whole(admin)) == ["755123456789"]


# ---------------------------------------------------------------- sending


@on_both_databases
async def test_a_sent_list_is_a_mail_and_a_manifest_and_keeps_what_was_told(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    await declare(admin, ONE, "020A")
    tell(hub, left(ONE), left(TWO))
    hub.clock.at = NOON
    sent = (await admin.post(f"{URL}/1/send")).json()
    assert (sent["state"], sent["sent_by"], sent["send_late"]) == ("sent", "administrator", False)
    assert mails(hub) == [("centre@755d.example",)]
    with hub.database.reading() as tx:
        manifest = find_manifest(tx, "dispatch-1")
    assert manifest is not None
    assert (manifest.origin, manifest.destination) == ("755A", "755D")
    assert manifest.waybills == (ONE, TWO)
    await declare(admin, ONE, "010A")
    first, second = (await whole(admin))["entries"]  # type: ignore[misc] # JSON
    assert (first["serial"], first["destination"], first["centre"]) == (1, "020A", "020D")
    assert first["destination_area"] == "020"
    assert (second["serial"], second["destination"], second["address"]) == (2, None, None)


async def test_a_list_that_is_sent_is_not_sent_again(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    tell(hub, left(ONE))
    await admin.post(f"{URL}/1/send")
    before = await whole(admin)
    problem(await admin.post(f"{URL}/1/send"), 409)
    assert await whole(admin) == before
    assert len(mails(hub)) == 1


@on_both_databases
async def test_a_departure_that_comes_after_the_sending_is_sent_as_a_supplement(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    tell(hub, left(ONE))
    await admin.post(f"{URL}/1/send")
    tell(hub, left(ONE, NOON + timedelta(hours=1)))
    assert (await whole(admin))["state"] == "sent"
    tell(hub, left(TWO, NOON - timedelta(hours=1)))
    assert (await whole(admin))["state"] == "draft"
    again = (await admin.post(f"{URL}/1/send")).json()
    assert [(each["serial"], each["waybill"]) for each in again["entries"]] == [(2, TWO), (1, ONE)]
    assert len(mails(hub)) == 2
    with hub.database.reading() as tx:
        manifest = find_manifest(tx, "dispatch-1")
    assert manifest is not None
    assert manifest.waybills == (ONE, TWO)


@pytest.mark.parametrize(
    ("superior", "why"), [(None, "no dispatch centre"), ("010D", "no address")]
)
async def test_without_a_centre_or_its_address_nothing_is_sent(
    hub: HubHome, superior: str | None, why: str
) -> None:
    sites = (_site("755A", SiteKind.BRANCH, superior), _site("010D", SiteKind.DISPATCH))
    network = Network(site=sites, shift=hub.role.network.shift[:1])
    desk = Desk(network, hub.search().mails, hub.keys.bodies, hub.clock.random_bytes)
    with hub.database.writing() as tx:
        DispatchProjection(hub.role.policy, network).apply(tx, [fact(left(ONE))], NOON)
    with pytest.raises(DispatchError, match=why), hub.database.writing() as tx:
        send_list(tx, desk, 1, "li", NOON)
    assert mails(hub) == []
    assert hub.count("manifest") == 0


# ---------------------------------------------------------------- forwarding, receiving


@on_both_databases
async def test_each_destination_centre_gets_its_part_and_receives_it(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    await declare(admin, ONE, "020A")
    await declare(admin, TWO, "010A")
    tell(hub, left(ONE), left(TWO))
    problem(await admin.post(f"{URL}/1/forward"), 409)
    await admin.post(f"{URL}/1/send")
    forwarded = (await admin.post(f"{URL}/1/forward")).json()
    assert (forwarded["state"], forwarded["forwarded_by"]) == ("forwarded", "administrator")
    # The second centre has no address in the network: it finds its part here.
    assert mails(hub) == [("centre@755d.example",), ("centre@020d.example",)]
    problem(await admin.post(f"{URL}/1/receive"), 409)
    problem(await admin.post(f"{URL}/1/receive", json={"centre": "755D"}), 409)
    for centre in ("010D", "020D", "020D"):
        received = await admin.post(f"{URL}/1/receive", json={"centre": centre})
        assert received.status_code == 200
        hub.clock.move(60)
    done = received.json()
    assert done["state"] == "received"
    assert [each["received_by"] for each in done["receipts"]] == ["administrator"] * 2
    assert done["receipts"][1]["received_at"] == "2026-11-22T01:01:00.000Z"


async def test_a_parcel_without_a_known_destination_waits_for_one(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    tell(hub, left(ONE))
    await admin.post(f"{URL}/1/send")
    problem(await admin.post(f"{URL}/1/forward"), 409)
    assert (await whole(admin))["state"] == "sent"
    await declare(admin, ONE, "020A")
    assert (await admin.post(f"{URL}/1/forward")).json()["state"] == "forwarded"


# ---------------------------------------------------------------- lateness


@on_both_databases
async def test_a_list_not_sent_in_time_is_one_alert_that_the_sending_closes(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    tell(hub, left(ONE))
    due = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
    work(hub, due)
    assert hub.alerts() == []
    for minute in range(1, 4):
        work(hub, due + timedelta(minutes=minute))
    assert told(hub, AlertKind.DISPATCH_UNSENT) == [(AlertState.OPEN, "755A", 1)]
    sent = (await admin.post(f"{URL}/1/send")).json()
    assert sent["send_late"] is True
    assert told(hub, AlertKind.DISPATCH_UNSENT) == [(AlertState.CLOSED, "755A", 1)]


async def test_an_alarm_that_somebody_closed_is_not_raised_again_for_the_same_list(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    tell(hub, left(ONE))
    work(hub, NOON + timedelta(hours=8))
    await admin.post(f"{API}/alerts/1/accept")
    tell(hub, left(TWO))
    work(hub, NOON + timedelta(hours=9))
    assert told(hub, AlertKind.DISPATCH_UNSENT) == [(AlertState.CLOSED, "755A", 1)]


@on_both_databases
async def test_a_list_not_forwarded_by_midnight_is_an_alert_for_the_centre(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    await declare(admin, ONE, "020A")
    tell(hub, left(ONE))
    hub.clock.at = NOON
    await admin.post(f"{URL}/1/send")
    midnight = datetime(2026, 11, 22, 16, tzinfo=UTC)
    work(hub, midnight)
    assert hub.alerts() == []
    work(hub, midnight + timedelta(seconds=1))
    (alert,) = hub.alerts(AlertKind.DISPATCH_UNFORWARDED)
    assert (alert.site, alert.state) == ("755D", AlertState.OPEN)
    assert "755A" in alert.text_zh
    assert "11-23 00:00" in alert.text_en
    assert (await admin.post(f"{URL}/1/forward")).json()["forward_late"] is True
    assert told(hub, AlertKind.DISPATCH_UNFORWARDED) == [(AlertState.CLOSED, "755D", 1)]


async def test_lists_in_time_raise_nothing(hub: HubHome, admin: httpx.AsyncClient) -> None:
    await declare(admin, ONE, "020A")
    tell(hub, left(ONE))
    hub.clock.at = NOON
    await admin.post(f"{URL}/1/send")
    await admin.post(f"{URL}/1/forward")
    work(hub, NOON + timedelta(days=3))
    assert hub.alerts() == []


# ---------------------------------------------------------------- who sees what


async def test_addresses_are_masked_encrypted_and_shown_only_for_a_reason_on_record(
    hub: HubHome, app: FastAPI, admin: httpx.AsyncClient
) -> None:
    await declare(admin, ONE, "020A")
    tell(hub, left(ONE))
    for _ in range(2):
        (entry,) = (await whole(admin))["entries"]  # type: ignore[misc] # JSON
        assert entry["phone"] == "139****1234"
        assert "天河路" not in entry["address"]
        await admin.post(f"{URL}/1/send")
    shown = (await admin.get(f"{URL}/1", params={"unmask": "the driver asks"})).json()["entries"]
    assert (shown[0]["phone"], shown[0]["address"]) == ("13900001234", "天河路 1 号")
    with hub.database.reading() as tx:
        rows = tx.exec_driver_sql("SELECT * FROM dispatch_entry").all()
        looks = tx.exec_driver_sql("SELECT about, reason FROM look").all()
    assert "13900001234" not in repr(rows)
    assert [tuple(each) for each in looks] == [(ONE, "the driver asks")]


async def test_each_site_does_its_own_part(
    hub: HubHome, app: FastAPI, admin: httpx.AsyncClient
) -> None:
    await declare(admin, ONE, "020A")
    tell(hub, left(ONE))
    tokens = {
        site: make_account(hub, f"keeper-{site.lower()}", Role.WAREHOUSE, site)
        for site in ("755A", "755D", "020D", "010D")
    }

    async def post(site: str, act: str) -> int:
        async with client_of(app, Authorization=f"Bearer {tokens[site]}") as client:
            return (await client.post(f"{URL}/1/{act}")).status_code

    assert [await post(site, "send") for site in ("020D", "755D", "755A")] == [404, 403, 200]
    assert [await post(site, "forward") for site in ("020D", "755A", "755D")] == [404, 403, 200]
    assert [await post(site, "receive") for site in ("010D", "755A", "020D")] == [404, 409, 200]
    with hub.database.reading() as tx:
        seen = [
            [each.state for each in list_lists(tx, frozenset({site}), None, None, 10)]
            for site in tokens
        ]
    assert seen == [[ListState.RECEIVED]] * 3 + [[]]


async def test_lists_are_paged_newest_first(hub: HubHome, admin: httpx.AsyncClient) -> None:
    tell(hub, *[left(ONE, NOON + timedelta(days=day)) for day in range(3)])
    first = (await admin.get(f"{URL}?limit=2")).json()
    rest = (await admin.get(f"{URL}?limit=2&cursor={first['next']}")).json()
    found = [each["date"] for each in first["items"] + rest["items"]]
    assert found == ["2026-11-24", "2026-11-23", "2026-11-22"]
    problem(await admin.get(f"{URL}/9"), 404)
