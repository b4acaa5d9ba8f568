"""The bridge from scanner pulls to facts keeps what the stations' rules say."""

from datetime import timedelta
from itertools import pairwise

import pytest

from edge.acts import ActHint
from edge.session import EMPTY, Session, current, follow, touch
from edge.shifts import Shifts
from hub.config import load_policy
from hub.fact import Fact
from hub.network import Network
from simulators.carrier.day import CarrierDays, simulate
from simulators.carrier.noise import QUIET, Noise, OutageKind
from simulators.carrier.pulls import Call
from tests.carrier_bridge import NOT_FIXED, by_of, facts, inputs, network_of, read, salt_of
from wire.badges import badge_sha256, pseudonym
from wire.events import Act, ActKind, ContainerKind, Scan
from wire.lines import parse_line, seal_line
from wire.names import Result, Step
from wire.site_pack import PackShift


@pytest.fixture(scope="module")
def days() -> CarrierDays:
    return simulate(5, 150, Noise(skip_pct=(3, 3)), days=2)


@pytest.fixture(scope="module")
def found(days: CarrierDays) -> list[Fact]:
    return facts(days)


def test_every_fact_is_a_line_that_the_wire_takes(found: list[Fact]) -> None:
    for fact in found:
        event = fact.event
        assert parse_line(seal_line(event, event.spool, event.seq, event.prev)) == event


def test_each_spool_counts_from_one_without_gaps(found: list[Fact]) -> None:
    seqs: dict[str, list[int]] = {}
    for fact in found:
        seqs.setdefault(fact.event.spool, []).append(fact.event.seq)
    assert all(sorted(each) == list(range(1, len(each) + 1)) for each in seqs.values())


def test_facts_come_in_the_order_in_which_the_hub_hears_them(days: CarrierDays) -> None:
    times = [each.received_at if isinstance(each, Fact) else each.at for each in inputs(days)]
    assert all(one <= other for one, other in pairwise(times))
    (cut,) = (each for each in days.rates.outages if each.kind is OutageKind.LINK)
    late = [fact for fact in facts(days) if fact.late]
    assert {fact.event.site for fact in late} == {cut.site}
    assert all(fact.received_at - cut.ends_at < timedelta(seconds=2) for fact in late)


def test_a_quiet_parcel_is_told_from_acceptance_to_signature() -> None:
    days = simulate(6, 40, QUIET, days=1)
    waybill = next(
        call.path.removeprefix("parcels/") for call in days.calls() if "parcels/103" in call.path
    )
    own = [fact.event for fact in facts(days) if _is_about(fact.event, waybill)]
    steps = [event.step for event in own if isinstance(event, Scan)]
    assert steps[0] is Step.ACCEPT and steps[-1] is Step.DELIVER
    assert {Step.HANDOVER, Step.LOAD, Step.DEPART, Step.ARRIVE} <= set(steps)
    assert isinstance(own[-1], Act) and own[-1].act is ActKind.DELIVER
    assert all(event.result is Result.HV for event in own if isinstance(event, Scan))


def test_a_handover_act_covers_the_givers_scans(days: CarrierDays, found: list[Fact]) -> None:
    scans = {(f.event.spool, f.event.seq): f.event for f in found if isinstance(f.event, Scan)}
    accepts = [f.event for f in found if _is_act(f.event, ActKind.HANDOVER_ACCEPT)]
    assert accepts
    badges = {by_of(site.code, p.badge) for site in days.world.sites for p in days.world.people}
    for act in accepts:
        assert act.scans and act.giver in badges and act.receiver in badges
        for seq in act.scans:
            scan = scans[act.spool, seq]
            assert scan.step is Step.HANDOVER and scan.by == act.giver


def test_a_bag_is_loaded_as_one_unit_of_its_vehicle(found: list[Fact]) -> None:
    units = [
        fact.event for fact in found if isinstance(fact.event, Scan) and fact.event.waybill is None
    ]
    assert {scan.step for scan in units} == {
        Step.LOAD,
        Step.DEPART,
        Step.ARRIVE,
        Step.HANDOVER,
    }
    for scan in units:
        assert scan.text is not None and scan.text.startswith("CX:BAG:")
        if scan.step is not Step.HANDOVER:
            assert scan.container_kind in (ContainerKind.VEHICLE, ContainerKind.FLIGHT)


def test_bags_hold_what_was_packed_into_them(days: CarrierDays, found: list[Fact]) -> None:
    packed: dict[str, set[str]] = {}
    for fact in found:
        event = fact.event
        if isinstance(event, Scan) and event.step is Step.PACK:
            assert event.container_kind is ContainerKind.BAG
            packed.setdefault(str(event.container), set()).add(str(event.waybill))
    bags = [each for each in days.calls() if each.body and each.body.get("kind") == "bag"]
    assert packed
    for call in bags:
        held = call.body["waybills"] if call.body else []
        assert packed.get(call.path.removeprefix("manifests/"), set()) <= set(map(str, held))


def test_a_stopped_parcel_is_answered_by_stop_until_it_is_released() -> None:
    days = simulate(8, 300, Noise(faults=6), days=3)
    stopped = {b.waybill for b in days.truth.breaches if b.what == "stop_moved"}
    assert stopped
    answered = {
        fact.event.waybill
        for fact in facts(days)
        if isinstance(fact.event, Scan) and fact.event.result is Result.STOP
    }
    assert stopped <= answered


def test_pseudonyms_are_the_edges_and_names_are_the_networks(days: CarrierDays) -> None:
    person = network_of(days).staff[0]
    at_home = pseudonym(badge_sha256(person.badge), salt_of(person.site))
    assert by_of(person.site, person.badge) == at_home
    assert by_of("elsewhere", person.badge) != at_home


def test_no_session_of_the_carrier_outlives_its_shift_or_half_an_hour(days: CarrierDays) -> None:
    network = network_of(days)
    idle_min = load_policy(None).session.idle_min
    sessions: dict[tuple[str, str], Session] = {}
    for pull in days.pulls():
        desk = (pull.site, pull.device)
        known = sessions.get(desk, EMPTY)
        shifts = Shifts(network.zone_of(pull.site), _windows(network, pull.site))
        assert current(known, idle_min, shifts, pull.at) == known
        outcome = follow(known, read(pull.code), 1, NOT_FIXED, salt_of(pull.site))
        sessions[desk] = touch(outcome.after, pull.at)
        assert outcome.hint in (None, ActHint.NO_RECEIVER)


def test_calls_stand_among_the_facts(days: CarrierDays) -> None:
    assert sum(isinstance(each, Call) for each in inputs(days)) == len(list(days.calls()))


def _windows(network: Network, site: str) -> tuple[PackShift, ...]:
    shifts = network.shifts_of.get(site, ())
    return tuple(PackShift(name=each.name, starts=each.starts, ends=each.ends) for each in shifts)


def _is_about(event: object, waybill: str) -> bool:
    return isinstance(event, Scan | Act) and event.waybill == waybill


def _is_act(event: object, kind: ActKind) -> bool:
    return isinstance(event, Act) and event.act is kind
