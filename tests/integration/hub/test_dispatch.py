"""The dispatch register, from depart scans to receipts: HV-2.7."""

from datetime import datetime, timedelta

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.alerts.service import AlertKind, AlertState
from hub.dispatch.project import DispatchProjection
from hub.dispatch.service import Desk, DispatchError, entries_of, list_lists, send_list
from hub.network import Network, SiteKind
from hub.parcels.service import find_manifest
from tests.hub_parts import HubHome
from tests.integration.hub.dispatch_parts import (
    NETWORK,
    NOON,
    ONE,
    THREE,
    TWO,
    URL,
    declare,
    left,
    mails,
    make_site,
    tell,
    told,
    waybills,
    whole,
    work,
)
from tests.integration.hub.parcel_parts import IN_BAG, IN_TRUCK, fact, label, scan
from tests.postgres_parts import on_both_databases
from tests.rest_parts import API, problem
from wire.events import Scan
from wire.names import Step, format_at

pytestmark = pytest.mark.anyio


@pytest.fixture
def network() -> Network:
    return NETWORK


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


@settings(
    deadline=None,
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_order_of_departures_drafts_the_same_lists(hub: HubHome, data: st.DataObject) -> None:
    departures = [
        left(waybill, NOON + timedelta(hours=hour))
        for waybill, hour in ((ONE, 0), (TWO, 1), (ONE, 2), (THREE, 9), (TWO, 24), (THREE, 30))
    ]
    told_in = data.draw(st.permutations(departures))
    cut = data.draw(st.integers(0, len(told_in)))
    tell(hub, *told_in[:cut])
    tell(hub, *told_in[cut:])
    with hub.database.writing() as tx:
        lists = {
            (each.day.day, each.deadlines.list_at, each.last_depart_at): [
                (entry.waybill, entry.departed_at) for entry in entries_of(tx, each.id)
            ]
            for each in list_lists(tx, None, None, None, 10)
        }
        for table in ("dispatch_entry", "dispatch_list", "unit_state", "unit_trace"):
            tx.exec_driver_sql(f"DELETE FROM {table}")
    late, next_day = NOON + timedelta(hours=9), NOON + timedelta(hours=30)
    assert lists == {
        (22, late + timedelta(minutes=30), late): [
            (TWO, NOON + timedelta(hours=1)),
            (ONE, NOON + timedelta(hours=2)),
            (THREE, late),
        ],
        (23, next_day + timedelta(minutes=30), next_day): [
            (TWO, NOON + timedelta(hours=24)),
            (THREE, next_day),
        ],
    }


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
    sites = (make_site("755A", SiteKind.BRANCH, superior), make_site("010D", SiteKind.DISPATCH))
    network = Network(site=sites, shift=hub.role.network.shift[:1])
    desk = Desk(network, hub.search().mails, hub.keys.bodies, hub.clock.random_bytes, 120)
    with hub.database.writing() as tx:
        DispatchProjection(hub.role.policy, network).apply(tx, [fact(left(ONE))], NOON)
    with pytest.raises(DispatchError, match=why), hub.database.writing() as tx:
        send_list(tx, desk, 1, "li", NOON)
    assert mails(hub) == []
    assert hub.count("manifest") == 0


@on_both_databases
async def test_a_sending_that_was_never_committed_has_told_nobody(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    tell(hub, left(ONE))
    before = await whole(admin)
    desk = Desk(NETWORK, hub.search().mails, hub.keys.bodies, hub.clock.random_bytes, 120)
    with pytest.raises(ZeroDivisionError), hub.database.writing() as tx:
        send_list(tx, desk, 1, "li", NOON)
        raise ZeroDivisionError
    assert await whole(admin) == before
    assert (mails(hub), hub.count("manifest")) == ([], 0)


# ---------------------------------------------------------------- forwarding, receiving


@on_both_databases
async def test_each_destination_centre_gets_its_part_and_receives_it(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    await declare(admin, ONE, "020A")
    await declare(admin, TWO, "755B")
    tell(hub, left(ONE), left(TWO))
    problem(await admin.post(f"{URL}/1/forward"), 409)
    await admin.post(f"{URL}/1/send")
    forwarded = (await admin.post(f"{URL}/1/forward")).json()
    assert (forwarded["state"], forwarded["forwarded_by"]) == ("forwarded", "administrator")
    to = ("centre@755d.example",)
    assert mails(hub) == [to, ("centre@020d.example",), to]
    problem(await admin.post(f"{URL}/1/receive"), 409)
    problem(await admin.post(f"{URL}/1/receive", json={"centre": "010D"}), 409)
    for centre in ("755D", "020D", "020D"):
        received = await admin.post(f"{URL}/1/receive", json={"centre": centre})
        assert received.status_code == 200
        hub.clock.move(60)
    done = received.json()
    assert done["state"] == "received"
    assert [each["received_by"] for each in done["receipts"]] == ["administrator"] * 2
    assert [each["received_at"] for each in done["receipts"]] == [
        "2026-11-22T01:01:00.000Z",
        "2026-11-22T01:00:00.000Z",
    ]


async def test_to_a_centre_without_an_address_nothing_is_forwarded_and_its_alarm_stays(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    await declare(admin, TWO, "010A")
    tell(hub, left(TWO))
    await admin.post(f"{URL}/1/send")
    assert "no address of 010D" in problem(await admin.post(f"{URL}/1/forward"), 409)
    found = await whole(admin)
    assert (found["state"], found["unforwarded"], found["receipts"]) == ("sent", 1, [])
    # What can go on goes on; the rest stays where it is seen and alarmed.
    await declare(admin, ONE, "020A")
    tell(hub, left(ONE))
    await admin.post(f"{URL}/1/send")
    found = (await admin.post(f"{URL}/1/forward")).json()
    assert (found["state"], found["unforwarded"]) == ("sent", 1)
    assert [each["centre"] for each in found["receipts"]] == ["020D"]
    assert mails(hub)[-1] == ("centre@020d.example",)
    work(hub, NOON + timedelta(days=1))
    assert told(hub, AlertKind.DISPATCH_UNFORWARDED) == [(AlertState.OPEN, "755D", 1)]


# ---------------------------------------------------------------- without a depart scan


def seen(waybill: str, site: str, at: datetime, step: Step) -> Scan:
    return scan(0, site, step, waybill, at=format_at(at))


@on_both_databases
async def test_who_left_without_a_depart_scan_is_added_late_when_it_is_seen_elsewhere(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    plain = "755000000001"
    await declare(admin, ONE, "020A")
    tell(hub, *(seen(each, "755A", NOON, Step.ACCEPT) for each in (ONE, plain)))
    assert (await admin.get(URL)).json()["items"] == []
    later = NOON + timedelta(hours=8)
    for step in (Step.ARRIVE, Step.SORT):
        tell(hub, *(seen(each, "755W", later, step) for each in (ONE, plain)))
    found = await whole(admin)
    assert (found["site"], found["shift"], found["state"]) == ("755A", "day", "draft")
    (entry,) = found["entries"]
    assert (entry["waybill"], entry["is_presumed"]) == (ONE, True)
    assert entry["departed_at"] == "2026-11-22T04:00:00.000Z"
    work(hub, later)
    assert told(hub, AlertKind.DISPATCH_UNSENT) == [(AlertState.OPEN, "755A", 1)]
    await admin.post(f"{URL}/1/send")
    assert (await whole(admin))["entries"][0]["is_presumed"] is True


async def test_after_the_sending_it_is_a_supplement_and_a_depart_scan_puts_the_draft_right(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    tell(hub, *(seen(each, "755A", NOON, Step.ACCEPT) for each in (ONE, TWO)))
    tell(hub, left(ONE, NOON + timedelta(hours=1)))
    await admin.post(f"{URL}/1/send")
    arrived_at = NOON + timedelta(hours=5)
    tell(hub, *(seen(each, "755W", arrived_at, Step.ARRIVE) for each in (ONE, TWO)))
    found = await whole(admin)
    assert (found["state"], found["parcels"], found["unsent"]) == ("draft", 2, 1)
    presumed = {each["waybill"]: each["is_presumed"] for each in found["entries"]}
    assert presumed == {ONE: False, TWO: True}
    tell(hub, left(TWO, NOON + timedelta(hours=2)))
    entries = (await whole(admin))["entries"]
    assert [each["is_presumed"] for each in entries] == [False, False]


async def test_a_parcel_without_a_known_destination_waits_for_one(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    tell(hub, left(ONE))
    await admin.post(f"{URL}/1/send")
    problem(await admin.post(f"{URL}/1/forward"), 409)
    assert (await whole(admin))["state"] == "sent"
    await declare(admin, ONE, "020A")
    assert (await admin.post(f"{URL}/1/forward")).json()["state"] == "forwarded"
