"""From scans to suspects and incidents: HV-2.11.2, HV-1.2.6, design section 7."""

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from hub.alerts.service import AlertKind
from hub.incidents.service import Kind, State
from hub.missing import store, watchman
from hub.missing.judge import OUTAGES_KEPT
from hub.missing.rules.plan import Phase
from hub.missing.rules.watch import Watch
from hub.network import Network
from hub.wanted.rules import entry_id_of
from hub.wanted.service import put_entry, remove_entry
from tests.hub_parts import HubHome
from tests.integration.hub.suspect_parts import HV, ORDINARY, Watching
from tests.missing_parts import HOUR, local, seen
from tests.missing_parts import network as small_network
from tests.postgres_parts import on_both_databases
from wire.events import ActKind
from wire.names import Step
from wire.wanted import WantedEntry, WantedResult

EVENING = local(14, "15:00")
LEFT_AT = local(14, "19:30")
SIBLINGS = tuple(f"1030000001{n:02d}" for n in range(10))
LONG_H = 60.0


@pytest.fixture
def network() -> Network:
    return small_network()


@pytest.fixture
def watching(hub: HubHome) -> Watching:
    hub.clock.at = EVENING
    return Watching(hub)


def accept(watching: Watching, *waybills: str) -> None:
    watching.declare(*waybills)
    watching.scan(waybills, "755A", Step.ACCEPT, EVENING)


def leave(watching: Watching, *waybills: str, into: str = "VEH:V-1") -> None:
    accept(watching, *waybills)
    watching.scan(waybills, "755A", Step.DEPART, LEFT_AT, into)


# ---------------------------------------------------------------- one parcel


@on_both_databases
def test_a_silent_parcel_becomes_suspect_once_with_its_reasons(watching: Watching) -> None:
    leave(watching, HV)
    watching.turn(LEFT_AT + 3 * HOUR)
    assert watching.suspects() == []
    watching.watch(LEFT_AT, LONG_H)
    watching.restart()
    watching.watch(LEFT_AT + LONG_H * HOUR, 5)
    (suspect,) = watching.suspects()
    assert (suspect.waybill, suspect.site, suspect.previous_site) == (HV, "755W", "755A")
    assert (suspect.since, suspect.expected_site) == (LEFT_AT, "755W")
    assert suspect.expected_by == LEFT_AT + 2 * HOUR
    assert suspect.p_lost is not None
    assert 0 < suspect.p_lost < 1
    assert suspect.high_value
    assert "755W" in suspect.reasons_en[0]
    assert len(suspect.reasons_zh) == len(suspect.reasons_en) == 3
    (incident,) = watching.incidents(Kind.PARCEL)
    assert (incident.id, incident.state) == (suspect.incident, State.SELF_CHECK)
    assert incident.sites == ("755W", "755A")
    assert len(watching.hub.alerts(AlertKind.SUSPECT)) == 1


def test_what_fails_before_the_commit_is_raised_once_afterwards(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(watching, HV)
    at = LEFT_AT + LONG_H * HOUR
    with monkeypatch.context() as broken:
        broken.setattr(watchman.store, "put", _fail)
        with pytest.raises(ConnectionError):
            watching.turn(at)
    assert (watching.suspects(), watching.incidents(Kind.PARCEL)) == ([], [])
    watching.turn(at + HOUR)
    watching.turn(at + 2 * HOUR)
    assert len(watching.suspects()) == len(watching.incidents(Kind.PARCEL)) == 1


def _fail(*_: object) -> None:
    raise ConnectionError("the database went away")


@on_both_databases
def test_any_scan_finds_a_suspect_and_sets_its_next_deadline(watching: Watching) -> None:
    leave(watching, HV)
    watching.watch(LEFT_AT, LONG_H)
    found_at = LEFT_AT + LONG_H * HOUR
    watching.scan(HV, "020W", Step.INSPECT, found_at)
    assert watching.suspects() == []
    (past,) = watching.suspects(day=date(2026, 9, 16))
    assert past.closed_at == found_at
    (incident,) = watching.incidents(Kind.PARCEL)
    assert incident.state is State.FOUND
    watching.watch(found_at, LONG_H)
    assert [each.site for each in watching.suspects()] == ["020W"]


def test_an_older_scan_that_comes_late_finds_nothing(watching: Watching) -> None:
    leave(watching, HV)
    watching.watch(LEFT_AT, LONG_H)
    old = watching.fact(HV, "755A", Step.SORT, EVENING + HOUR)
    watching.receive([old], LEFT_AT + (LONG_H + 1) * HOUR)
    assert len(watching.suspects()) == 1


def test_a_newer_scan_that_comes_late_is_judged_by_its_own_time(watching: Watching) -> None:
    leave(watching, HV)
    watching.watch(LEFT_AT, LONG_H)
    arrived = watching.fact(HV, "755W", Step.ARRIVE, LEFT_AT + 2 * HOUR)
    now = LEFT_AT + (LONG_H + 1) * HOUR
    watching.receive([arrived], now)
    assert watching.suspects() == []
    watching.turn(now)
    (again,) = watching.suspects()
    assert (again.site, again.since) == ("755W", LEFT_AT + 2 * HOUR)


def test_skipped_scans_do_not_make_a_suspect(watching: Watching) -> None:
    accept(watching, HV)
    at = local(15, "06:30")
    watching.scan(HV, "020W", Step.SORT, at)
    watching.watch(at, 3)
    watching.scan(HV, "020B", Step.DELIVER, at + 5 * HOUR)
    watching.watch(at + 5 * HOUR, LONG_H)
    assert watching.suspects(day=date(2026, 9, 15)) == []


def test_a_delivery_that_was_only_typed_is_an_end_too(watching: Watching) -> None:
    leave(watching, HV)
    watching.act(ActKind.DELIVER, "020B", LEFT_AT + 20 * HOUR, waybill=HV)
    watching.watch(LEFT_AT + 20 * HOUR, LONG_H)
    assert watching.suspects() == []


def test_a_site_that_finds_it_in_its_self_check_ends_the_suspicion(watching: Watching) -> None:
    leave(watching, HV)
    watching.watch(LEFT_AT, LONG_H)
    (suspect,) = watching.suspects()
    at = LEFT_AT + (LONG_H + 1) * HOUR
    fields = {"waybill": HV, "incident": suspect.incident}
    watching.act(ActKind.SELF_CHECK, "755W", at, found=False, **fields)
    assert len(watching.suspects()) == 1
    watching.act(ActKind.SELF_CHECK, "755W", at, found=True, **fields)
    assert watching.suspects() == []


# ---------------------------------------------------------------- without a plan


@on_both_databases
def test_without_a_route_only_a_high_value_parcel_is_suspect_by_its_silence(
    watching: Watching,
) -> None:
    watching.scan([HV, ORDINARY], "755A", Step.ACCEPT, EVENING)
    watching.watch(EVENING, 69)
    assert watching.suspects() == []
    watching.watch(EVENING + 69 * HOUR, 3)
    (suspect,) = watching.suspects()
    assert (suspect.waybill, suspect.expected_by, suspect.p_lost) == (HV, None, None)
    assert "No route" in suspect.reasons_en[1]


@on_both_databases
def test_a_route_that_is_declared_after_the_first_scan_counts_from_then_on(
    watching: Watching,
) -> None:
    watching.scan(ORDINARY, "755A", Step.ACCEPT, EVENING)
    watching.turn(EVENING + HOUR)
    watching.declare(ORDINARY)
    watching.watch(EVENING + HOUR, LONG_H)
    (suspect,) = watching.suspects()
    assert (suspect.waybill, suspect.expected_by) == (ORDINARY, LEFT_AT)
    assert not suspect.high_value


def test_a_holiday_gives_what_waits_in_store_another_day(watching: Watching) -> None:
    """HV-1.2.6, with the real calendar: National Day begins on 1 October."""
    at = local(30, "07:30")
    watching.declare(HV)
    watching.scan(HV, "020B", Step.ARRIVE, at)
    watching.watch(at, 7 * 24)
    assert watching.suspects() == []
    watching.watch(at + 7 * 24 * HOUR, 48)
    assert len(watching.suspects()) == 1


def test_what_a_stop_holds_is_no_suspect_until_it_is_released(watching: Watching) -> None:
    """HV-3: its flow stands still because somebody asked for that."""
    leave(watching, HV)
    stop = WantedEntry(
        id=entry_id_of(HV), waybill=HV, result=WantedResult.STOP, reason="破损", owner="li"
    )
    with watching.hub.database.writing() as tx:
        put_entry(tx, stop, LEFT_AT)
    watching.watch(LEFT_AT, LONG_H)
    assert watching.suspects() == []
    with watching.hub.database.writing() as tx:
        remove_entry(tx, HV, LEFT_AT + LONG_H * HOUR)
    watching.watch(LEFT_AT + LONG_H * HOUR, 6)
    assert [each.waybill for each in watching.suspects()] == [HV]


# ---------------------------------------------------------------- bags, vehicles, sites


@on_both_databases
def test_a_whole_vehicle_unseen_is_one_incident(watching: Watching) -> None:
    leave(watching, *SIBLINGS)
    watching.watch(LEFT_AT, LONG_H)
    (incident,) = watching.incidents(Kind.GROUP)
    assert incident.suspicion.subject == "vehicle:V-1@755A"
    assert incident.suspicion.waybills == SIBLINGS
    assert {each.waybill for each in watching.suspects()} == set(SIBLINGS)
    assert watching.incidents(Kind.PARCEL) == []
    assert any("None of the 10" in each for each in incident.suspicion.reasons_en)


def test_one_of_a_vehicle_unseen_is_itself_suspect_and_its_siblings_are_told(
    watching: Watching,
) -> None:
    leave(watching, HV, *SIBLINGS)
    watching.scan(SIBLINGS, "755W", Step.ARRIVE, LEFT_AT + 2 * HOUR, "VEH:V-1")
    watching.scan(SIBLINGS, "020B", Step.DELIVER, LEFT_AT + 16 * HOUR)
    watching.watch(LEFT_AT, LONG_H)
    (suspect,) = watching.suspects()
    assert suspect.waybill == HV
    assert any("10 of 11" in each for each in suspect.reasons_en)
    assert watching.incidents(Kind.GROUP) == []


def test_others_of_its_vehicle_that_came_say_more_than_silence_alone(watching: Watching) -> None:
    leave(watching, ORDINARY, into="VEH:V-9")
    leave(watching, HV, *SIBLINGS)
    watching.scan(SIBLINGS, "755W", Step.ARRIVE, LEFT_AT + 2 * HOUR, "VEH:V-1")
    watching.scan(SIBLINGS, "020B", Step.DELIVER, LEFT_AT + 16 * HOUR)
    watching.watch(LEFT_AT, LONG_H)
    lost = {each.waybill: each.p_lost for each in watching.suspects()}
    assert lost[HV] is not None
    assert lost[ORDINARY] is not None
    assert lost[HV] > lost[ORDINARY]


def test_what_waits_for_one_departure_is_counted_until_it_is_seen(watching: Watching) -> None:
    accept(watching, *SIBLINGS)
    with watching.hub.database.reading() as tx:
        stop = store.known(tx, SIBLINGS)[SIBLINGS[0]].fold.stops[0]
        assert store.waiting(tx, stop) == len(SIBLINGS)
    watching.scan(SIBLINGS[0], "755A", Step.DEPART, LEFT_AT, "VEH:V-1")
    coming = Watch(seen("755W", Phase.OUT, LEFT_AT), Step.LOAD, (replace(stop, phase=Phase.IN),), 2)
    with watching.hub.database.writing() as tx:
        store.put(tx, [store.Watched(ORDINARY, coming)])
        assert store.waiting(tx, stop) == len(SIBLINGS) - 1


def test_who_came_out_of_a_bag_is_not_looked_at_for_those_that_come_after(
    watching: Watching,
) -> None:
    """Together in one commit or one after the other, they have the same deadlines."""
    first, second, left = SIBLINGS[:3]
    watching.declare(first, second, left)
    watching.scan((first, second, left), "755A", Step.PACK, EVENING, "BAG:B-1")
    watching.scan("CX:BAG:B-1", "755W", Step.UNLOAD, LEFT_AT)
    watching.scan(first, "755W", Step.SORT, LEFT_AT + HOUR)
    with watching.hub.database.reading() as tx:
        before = store.known(tx, [first, left])
    watching.scan(second, "755W", Step.SORT, LEFT_AT + HOUR)
    with watching.hub.database.reading() as tx:
        after = store.known(tx, [first, left])
    assert after[first].due_at == before[first].due_at
    assert after[left].due_at is not None
    assert after[first].due_at is not None
    assert after[left].due_at < after[first].due_at


def test_a_bags_scan_speaks_for_what_is_in_it(watching: Watching) -> None:
    leave(watching, *SIBLINGS)
    packed_at = LEFT_AT + 3 * HOUR
    watching.scan(SIBLINGS, "755W", Step.PACK, packed_at, "BAG:B-1")
    watching.scan("CX:BAG:B-1", "755W", Step.LOAD, packed_at + HOUR, "VEH:V-2")
    watching.watch(packed_at, 24)
    assert watching.suspects() == []
    watching.watch(packed_at + 24 * HOUR, LONG_H)
    (incident,) = watching.incidents(Kind.GROUP)
    assert incident.suspicion.subject == "bag:B-1@755W"
    assert incident.sites == ("020W", "755W")


def busy_site(watching: Watching) -> None:
    """Three trucks are due at 755W on one evening; the site was last heard the day before."""
    watching.scan(ORDINARY, "755W", Step.SORT, EVENING - HOUR)
    for n in range(3):
        own = tuple(f"10300000{n}{m:03d}" for m in range(4))
        watching.declare(*own)
        left_at = LEFT_AT + n * HOUR
        watching.scan(own, "755A", Step.DEPART, left_at, f"VEH:V-{n}")


def test_a_silent_site_is_one_incident_and_its_parcels_are_no_suspects(
    watching: Watching,
) -> None:
    busy_site(watching)
    watching.watch(LEFT_AT, LONG_H)
    watching.restart()
    watching.watch(LEFT_AT + LONG_H * HOUR, 24)
    (incident,) = watching.incidents(Kind.SITE)
    assert (incident.suspicion.subject, incident.suspicion.site) == ("755W", "755W")
    assert incident.suspicion.since == EVENING - HOUR
    assert watching.suspects() == []


@on_both_databases
def test_after_a_sites_return_its_parcels_are_judged_again(watching: Watching) -> None:
    busy_site(watching)
    watching.watch(LEFT_AT, 24)
    back_at = LEFT_AT + 24 * HOUR
    watching.scan(ORDINARY, "755W", Step.SORT, back_at)
    (incident,) = watching.incidents(Kind.SITE)
    assert incident.state is State.FOUND
    watching.turn(back_at)
    assert watching.suspects() == []
    # Where the site could not tell, the next one can: what never comes there is suspect.
    watching.watch(back_at, LONG_H)
    assert len(watching.suspects()) == 12
    assert len(watching.incidents(Kind.SITE)) == 1


def test_a_quiet_night_is_no_outage(watching: Watching) -> None:
    watching.scan(ORDINARY, "755W", Step.SORT, EVENING - HOUR)
    leave(watching, HV)
    watching.watch(LEFT_AT, LONG_H, timedelta(minutes=30))
    assert watching.incidents(Kind.SITE) == []


@on_both_databases
@pytest.mark.parametrize(("later", "kept"), [(timedelta(), 1), (timedelta(seconds=1), 0)])
def test_an_outage_is_kept_as_long_as_it_excuses_anything(
    watching: Watching, later: timedelta, kept: int
) -> None:
    with watching.hub.database.writing() as tx:
        store.begin_outage(tx, "755W", EVENING - HOUR)
        store.begin_outage(tx, "755A", EVENING - HOUR)
        store.end_outage(tx, "755W", EVENING)
    watching.turn(EVENING + OUTAGES_KEPT + later)
    with watching.hub.database.reading() as tx:
        left = [each.site for each in store.outages(tx, EVENING - HOUR)]
    assert sorted(left) == ["755A", "755W"][: 1 + kept]


def test_each_turn_is_bounded_and_the_rest_follows(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchman, "DUE_PER_TURN_MAX", 4)
    many = tuple(f"1030000002{n:02d}" for n in range(6))
    watching.declare(*many)
    for n, waybill in enumerate(many):
        watching.scan(waybill, "755A", Step.DEPART, LEFT_AT, f"VEH:W-{n}")
    at = LEFT_AT + LONG_H * HOUR
    watching.turn(at)
    assert len(watching.suspects()) == 4
    watching.turn(at)
    assert len(watching.suspects()) == 6
