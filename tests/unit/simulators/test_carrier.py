"""The simulated carrier: same seed, same days; the truth is whole and the labels are real."""

import json
import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import pytest

from devices.symbology import CommandLabel, HostileLabel, UnknownLabel, Verb
from simulators.carrier.build import Size
from simulators.carrier.day import CarrierDays, Setting, simulate
from simulators.carrier.faults import RULES
from simulators.carrier.noise import QUIET, Noise, OutageKind
from simulators.carrier.parcels import Doom, Parcel, TurnsUp
from simulators.carrier.pulls import Call, Pull
from simulators.carrier.timetable import BRISK
from simulators.carrier.truth import FateKind, How
from simulators.carrier.world import World
from tests.carrier_bridge import network_of, read

PARCELS = 1_200


@pytest.fixture(scope="module")
def days() -> CarrierDays:
    return simulate(7, PARCELS, Noise(stolen_pct=(2, 2), lost_pct=(3, 3)), days=6)


def test_one_seed_gives_one_carrier_and_another_a_different_one() -> None:
    one, again, other = (simulate(seed, 60, days=2) for seed in (1, 1, 2))
    assert one.doings == again.doings
    assert list(one.truth.lines()) == list(again.truth.lines())
    assert one.doings != other.doings


def test_the_dice_of_others_are_left_alone() -> None:
    random.seed(5)
    before = random.getstate()
    simulate(1, 20, days=1)
    assert random.getstate() == before


def test_doings_come_in_order_of_time_and_a_device_never_pulls_twice_at_once(
    days: CarrierDays,
) -> None:
    assert all(one.at <= other.at for one, other in pairwise(days.doings))
    by_device: dict[tuple[str, str], list[Pull]] = {}
    for pull in days.pulls():
        by_device.setdefault((pull.site, pull.device), []).append(pull)
    for pulls in by_device.values():
        assert all(other.at - one.at >= timedelta(seconds=1) for one, other in pairwise(pulls))


def test_every_label_is_a_waybill_or_a_command_of_the_interface(days: CarrierDays) -> None:
    labels = [read(code) for code in {pull.code for pull in days.pulls()}]
    assert not [each for each in labels if isinstance(each, HostileLabel | UnknownLabel)]
    commands = {each.verb for each in labels if isinstance(each, CommandLabel)}
    assert commands == set(Verb) - {Verb.PAL}


def test_badges_places_and_sites_of_the_pulls_stand_in_the_network_file(days: CarrierDays) -> None:
    network = network_of(days)
    place = {}
    for pull in days.pulls():
        assert pull.site in network.sites
        _, _, badge = pull.code.partition("CX:BY:")
        assert not badge or badge in network.people
        _, _, id_ = pull.code.partition("CX:PLACE:")
        if id_:
            place[pull.site, id_] = network.places[pull.site, id_]
    assert {each.kind for each in place.values()} >= {"dock", "cage", "counter", "dedicated_area"}


def test_routes_are_those_that_the_hub_finds_by_the_lanes(days: CarrierDays) -> None:
    network = network_of(days)
    for call in days.calls():
        if call.path.startswith("parcels/") and call.body is not None:
            origin, destination = str(call.body["origin"]), str(call.body["destination"])
            assert network.route(origin, destination) == days.world.route(origin, destination)


def test_every_parcel_has_one_fate_and_one_truth_at_every_instant(days: CarrierDays) -> None:
    assert len(days.truth.fates) == len(days.truth.plans) == PARCELS
    for waybill, fate in days.truth.fates.items():
        holdings = days.truth.holdings[waybill]
        assert all(one.at < other.at for one, other in pairwise(holdings))
        assert holdings[0].why == "accept"
        gone = [each.at for each in holdings if each.why == fate.kind.value]
        assert fate.at in gone or fate.kind is FateKind.DELIVERED
        last = holdings[-1]
        assert (last.why == "deliver") == (fate.delivered_at is not None)
        assert last.holder is None


def test_only_who_vanished_or_was_delivered_has_no_holder(days: CarrierDays) -> None:
    nobody = {"stolen", "lost", "deliver"}
    for holdings in days.truth.holdings.values():
        for each in holdings:
            assert (each.holder is None) == (each.why in nobody), each


def test_nothing_is_scanned_of_a_parcel_that_vanished_until_it_is_found(days: CarrierDays) -> None:
    gone = {fate.waybill: fate for fate in days.truth.vanished()}
    for pull in days.pulls():
        fate = gone.get(pull.code)
        if fate is not None and pull.at > fate.at:
            assert fate.found_at is not None and pull.at >= fate.found_at


def test_every_fate_and_every_way_to_it_is_there(days: CarrierDays) -> None:
    vanished = list(days.truth.vanished())
    assert {fate.kind for fate in vanished} == {FateKind.STOLEN, FateKind.LOST}
    assert {fate.how for fate in vanished} == set(How) - {How.SIGNED}
    assert any(fate.found_at and fate.delivered_at for fate in vanished)
    assert any(fate.found_at is None for fate in vanished if fate.kind is FateKind.LOST)
    for fate in vanished:
        assert fate.due_at is not None
        assert fate.due_at - fate.at < timedelta(hours=60)


def test_each_rule_is_broken_as_often_as_it_is_told(days: CarrierDays) -> None:
    broken = Counter(breach.what for breach in days.truth.breaches)
    rare = {"mixed_bag", "bag_split"}
    assert broken["no_camera"] == 1
    assert broken["arrived_alone"] > 10, "skipped handovers are breaches, too"
    assert broken["left_lying"] >= 1
    for fault in RULES:
        assert broken[fault.value] >= (0 if fault.value in rare else 1), fault
    assert all(breach.rule.startswith("HV-") for breach in days.truth.breaches)


def test_rates_come_out_as_they_were_drawn(days: CarrierDays) -> None:
    drawn = list(days.rates.skip.values())
    assert all(0.03 <= rate <= 0.18 for rate in drawn)
    assert 0.04 < days.skipped / days.turns < 0.16
    kinds = Counter(fate.kind for fate in days.truth.fates.values())
    assert kinds[FateKind.STOLEN] == pytest.approx(PARCELS * days.rates.stolen, rel=0.5)
    assert kinds[FateKind.LOST] == pytest.approx(PARCELS * days.rates.lost, rel=0.5)
    assert any("skipped" in line for line in days.lines())


def test_a_power_cut_silences_a_site_and_a_cut_link_delays_it(days: CarrierDays) -> None:
    kinds = {outage.kind: outage for outage in days.truth.outages}
    dark, cut = kinds[OutageKind.POWER], kinds[OutageKind.LINK]
    during = [p for p in days.pulls() if p.site == dark.site and dark.starts_at <= p.at]
    assert not [pull for pull in during if pull.at < dark.ends_at]
    assert during, "it works again afterwards"
    delayed = [p for p in days.pulls() if p.site == cut.site and cut.starts_at <= p.at]
    held = [pull for pull in delayed if pull.at < cut.ends_at]
    assert held
    assert {days.rates.heard_at(pull.site, pull.at) for pull in held} == {cut.ends_at}


def test_no_statutory_holiday_has_a_pickup_or_a_delivery() -> None:
    days = simulate(3, 300, QUIET, days=6)
    (holiday,) = days.world.holidays
    whys = {
        (each.why, days.world.local(each.site, each.at).date() == holiday)
        for holdings in days.truth.holdings.values()
        for each in holdings
    }
    assert ("deliver", False) in whys
    assert ("deliver", True) not in whys
    assert ("accept", True) not in whys
    assert ("arrive", True) in whys, "what is under way goes on"


def test_quiet_days_go_to_plan() -> None:
    days = simulate(4, 200, QUIET, days=2)
    assert days.skipped == 0
    assert {breach.what for breach in days.truth.breaches} <= {"no_camera"}
    assert not list(days.truth.vanished())
    assert all(each.told for holdings in days.truth.holdings.values() for each in holdings)
    for waybill, visits in days.truth.plans.items():
        arrived = {each.site: each.at for each in reversed(days.truth.holdings[waybill])}
        for visit in visits[1:]:
            late = arrived[visit.site] - visit.arrives_at
            assert timedelta(minutes=-30) < late < timedelta(minutes=30)


def test_a_script_may_doom_a_parcel_that_turns_up_elsewhere() -> None:
    chosen: list[str] = []

    def script(world: World, parcels: Sequence[Parcel]) -> None:
        victim = next(each for each in parcels if each.high_value and len(each.route) == 3)
        victim.doom = Doom(FateKind.STOLEN, 3, TurnsUp("755C", timedelta(hours=2)))
        chosen.append(victim.waybill)

    small = Setting(size=Size(1, 1, 3), timetable=BRISK, holidays=(), script=script)
    days = simulate(2, 60, QUIET, days=1, setting=small)
    fate = days.truth.fates[chosen[0]]
    assert fate.due_at is not None and fate.site == "755X1"
    assert fate.found_at == fate.due_at + timedelta(hours=2)
    assert fate.delivered_at is not None
    found = next(each for each in days.truth.holdings[chosen[0]] if each.why == "found")
    assert found.site == "755C"
    hours = [each.delivered_at - each.at for each in days.truth.fates.values() if each.delivered_at]
    assert len(hours) == 60, "brisk days deliver everything"


def test_one_scanner_can_do_the_work_of_several_and_keeps_away_from_shifts_ends() -> None:
    one = dict.fromkeys(("in-1", "out-1", "sort-1", "cage-1"), "dock-1")
    slack = timedelta(minutes=2)
    setting = Setting(
        size=Size(1, 1, 3), timetable=BRISK, holidays=(), devices=one, clock_slack=slack
    )
    days = simulate(2, 60, QUIET, days=1, setting=setting)
    assert {p.device for p in days.pulls() if not p.device.startswith("hht-")} == {"dock-1"}
    world = days.world
    for pull in days.pulls():
        end = world.next_shift_end(pull.site, pull.at - slack)
        assert end - pull.at > slack, pull
    dock = [p for p in days.pulls() if (p.site, p.device) == ("755X1", "dock-1")]
    assert all(one.at < other.at for one, other in pairwise(dock))


def test_the_truth_is_readable_line_by_line(days: CarrierDays) -> None:
    kinds = Counter(json.loads(line)["kind"] for line in days.truth.lines())
    assert set(kinds) == {"holding", "fate", "plan", "breach", "diversion", "outage"}
    assert kinds["fate"] == PARCELS


def test_orders_are_declared_before_their_parcels_come_to_the_keeper(days: CarrierDays) -> None:
    declared = {c.path.removeprefix("parcels/"): c for c in days.calls() if "parcels/" in c.path}
    assert len(declared) == PARCELS
    for waybill, holdings in days.truth.holdings.items():
        assert declared[waybill].at < holdings[1].at
    manifests = [call for call in days.calls() if call.path.startswith("manifests/")]
    assert {str(call.body["kind"]) for call in manifests if call.body} == {
        "bag",
        "vehicle",
        "flight",
    }
    assert all(isinstance(call, Call) for call in manifests)
