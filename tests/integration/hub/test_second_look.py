"""A suspicion that was doubtful is looked at again: HV-2.11.2, docs/adr/0044."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import msgspec
import pytest

from hub.alerts.service import AlertKind
from hub.evidence import Verdict, percent
from hub.incidents.service import Act, Kind, State, confirm_lost
from hub.missing import second_look, store, suspect_store
from hub.missing.rules import second_look as rules
from hub.missing.service import Asked, Order, Suspect, list_suspects
from hub.network import Network
from hub.parcels.declaring import declare_parcel
from hub.parcels.service import Declaration
from tests.hub_parts import HubHome
from tests.integration.hub.look_parts import (
    DUE_AT,
    EVENING,
    LATE_UNTIL,
    LEFT_AT,
    MINUTE,
    OTHER_HV,
    RAISED_AT,
    SIBLINGS,
    acts,
    cut_off,
    dossier,
    escalate,
    look_of,
    lose,
    make_doubtful,
    only,
    suspect_a_bag,
)
from tests.integration.hub.suspect_parts import HV, ORDINARY, Watching
from tests.missing_parts import HOUR, ROUTE
from tests.missing_parts import network as small_network
from tests.postgres_parts import on_both_databases
from wire.names import Step


@pytest.fixture
def network() -> Network:
    return small_network()


@pytest.fixture
def watching(hub: HubHome) -> Watching:
    hub.clock.at = EVENING
    return Watching(hub, looks_again=True)


# ---------------------------------------------------------------- doubt


@on_both_databases
def test_a_doubtful_suspicion_is_looked_at_each_hour_until_it_is_surer(watching: Watching) -> None:
    lose(watching, HV)
    first = only(watching)
    assert first.p_lost is not None
    assert first.p_lost < 0.5
    assert (first.look, first.look_at) == (None, RAISED_AT + HOUR)
    chances = [first.p_lost]
    for hour in range(1, 10):
        watching.turn(RAISED_AT + hour * HOUR - MINUTE)
        watching.restart()
        watching.turn(RAISED_AT + hour * HOUR)
        suspect = only(watching)
        chances.append(suspect.newest.p_lost or 0)
    looked_at = look_of(suspect).evidence.at
    assert chances == sorted(chances)
    assert [each for each in chances if each < 0.5] == chances[: suspect.looks]
    assert (look_of(suspect).verdict, suspect.look_at) == (Verdict.SURER, None)
    assert looked_at == RAISED_AT + suspect.looks * HOUR
    # What the first alert said stays beside it, in the same row.
    assert (suspect.p_lost, suspect.evidence) == (first.p_lost, first.evidence)


@on_both_databases
def test_the_history_tells_once_that_it_became_surer_and_nothing_else_moves(
    watching: Watching,
) -> None:
    lose(watching, HV)
    before, alerts = dossier(watching), watching.hub.alerts(AlertKind.SUSPECT)
    watching.watch(RAISED_AT, 12, HOUR)
    after = dossier(watching)
    assert acts(before) == [Act.OPENED]
    assert acts(after) == [Act.OPENED, Act.SURER]
    line = after.history[-1]
    assert (line.who, line.note) == ("custos", "15% → 51%")
    assert after.incident.look == look_of(only(watching))
    assert after.incident.suspicion == before.incident.suspicion
    assert (after.incident.state, after.timers) == (State.SELF_CHECK, before.timers)
    assert after.mails == before.mails
    assert watching.hub.alerts(AlertKind.SUSPECT) == alerts
    assert len(alerts) == 1


@pytest.mark.parametrize(("doubtful_pct", "looks"), [(14, 0), (15, 1)])
def test_what_is_not_doubtful_by_the_policy_is_not_looked_at(
    watching: Watching, doubtful_pct: int, looks: int
) -> None:
    policy = watching.hub.role.policy
    missing = msgspec.structs.replace(policy.missing, doubtful_pct=doubtful_pct)
    role = replace(watching.hub.role, policy=msgspec.structs.replace(policy, missing=missing))
    other = Watching(replace(watching.hub, role=role), looks_again=True)
    lose(other, HV)
    other.watch(RAISED_AT, 3, HOUR)
    suspect = only(other)
    assert (suspect.looks, suspect.look_at) == (looks, None)


def test_without_an_estimate_it_is_looked_at_for_a_route_may_still_be_told(
    watching: Watching,
) -> None:
    watching.scan(HV, "755A", Step.ACCEPT, EVENING)
    watching.turn(EVENING + 72 * HOUR)
    first = only(watching)
    assert (first.p_lost, first.look_at) == (None, EVENING + 73 * HOUR)
    watching.declare(HV)
    watching.turn(EVENING + 73 * HOUR)
    suspect = only(watching)
    assert suspect.newest.p_lost is not None
    assert (suspect.newest.expected_site, suspect.expected_site) == ("755A", None)
    assert dossier(watching).history[-1].note == f"– → {percent(suspect.newest.p_lost)}"


def test_what_became_of_its_vehicle_since_counts_in_the_next_look(
    watching: Watching,
) -> None:
    lose(watching, HV, OTHER_HV)
    for site, step, at in (
        ("755A", Step.DEPART, LEFT_AT),
        ("755W", Step.ARRIVE, RAISED_AT - 2 * HOUR),
    ):
        late = [watching.fact(each, site, step, at, "VEH:V-0") for each in SIBLINGS]
        watching.receive(late, RAISED_AT + MINUTE)
    watching.turn(RAISED_AT + HOUR)
    known, alone = only_of(watching, HV), only_of(watching, OTHER_HV)
    assert known.p_lost == alone.p_lost
    assert (known.newest.p_lost or 0) > (alone.newest.p_lost or 0)
    assert known.evidence is not None
    assert known.evidence.lines[2].en.startswith("Nothing travels with it")
    _, rarity, company = look_of(known).evidence.lines
    assert "whose company has come" in rarity.en
    assert company.en.startswith("6 of 7 in vehicle V-0 (from 755A) were scanned at 755W")


# ---------------------------------------------------------------- explained for now


def test_a_vehicle_that_is_late_as_a_whole_explains_it_until_it_is_too_late(
    watching: Watching,
) -> None:
    lose(watching, HV)
    left = [watching.fact(each, "755A", Step.DEPART, LEFT_AT, "VEH:V-0") for each in SIBLINGS]
    watching.receive(left, RAISED_AT + MINUTE)
    watching.turn(RAISED_AT + HOUR)
    look = look_of(only(watching))
    assert look.verdict is Verdict.VEHICLE_LATE
    assert look.why_en == (
        "vehicle V-0 (from 755A) is late as a whole: none of its 7 parcels was scanned at another "
        "site yet"
    )
    assert look.why_zh is not None
    assert "7 件" in look.why_zh
    watching.watch(RAISED_AT + HOUR, 3, HOUR)
    found = dossier(watching)
    # Told once, and the search is people's: nothing of it has ended.
    assert acts(found) == [Act.OPENED, Act.VEHICLE_LATE]
    assert (found.incident.state, len(watching.suspects())) == (State.SELF_CHECK, 1)
    watching.turn(LATE_UNTIL + HOUR)
    assert acts(dossier(watching)) == [Act.OPENED, Act.VEHICLE_LATE, Act.DOUBTFUL]
    assert look_of(only_of(watching, HV)).why_en is None


def only_of(watching: Watching, waybill: str) -> Suspect:
    (suspect,) = [each for each in watching.suspects() if each.waybill == waybill]
    return suspect


@on_both_databases
def test_a_site_that_turns_out_to_be_cut_off_explains_it_and_puts_it_behind_the_others(
    watching: Watching,
) -> None:
    watching.declare(ORDINARY, route=("020W", "755W"))
    watching.scan(ORDINARY, "020W", Step.SORT, EVENING + 2 * HOUR)
    lose(watching, HV)
    watching.turn(RAISED_AT + HOUR)
    assert [each.waybill for each in by_worth(watching)] == [HV, ORDINARY]
    cut_off(watching, "755W", LEFT_AT)
    watching.turn(RAISED_AT + 2 * HOUR)
    suspects = {each.waybill: each for each in watching.suspects()}
    look = look_of(suspects[HV])
    assert look.verdict is Verdict.CUT_OFF
    assert look.why_en is not None
    assert look.why_en.startswith("Nothing was heard of 755W since 2026-09-14 19:30 +0800")
    # The other one should have left 020W, of which much is heard.
    assert not suspects[ORDINARY].is_explained
    assert [each.waybill for each in by_worth(watching)] == [ORDINARY, HV]


def by_worth(watching: Watching) -> list[Suspect]:
    network = watching.hub.role.network
    with watching.hub.database.reading() as tx:
        return list_suspects(tx, network, Asked(), order=Order.WORTH)


def test_what_explained_it_explains_no_more_once_the_site_is_heard_again(
    watching: Watching,
) -> None:
    lose(watching, HV)
    cut_off(watching, "755W", DUE_AT + 20 * HOUR)
    watching.turn(RAISED_AT + HOUR)
    assert look_of(only(watching)).verdict is Verdict.DOUBTFUL
    with watching.hub.database.writing() as tx:
        store.end_outage(tx, "755W", RAISED_AT)
    cut_off(watching, "755W", DUE_AT)
    watching.turn(RAISED_AT + 2 * HOUR)
    assert look_of(only(watching)).verdict is Verdict.CUT_OFF
    watching.scan(ORDINARY, "755W", Step.SORT, RAISED_AT + 2.5 * HOUR)
    watching.watch(RAISED_AT + 2 * HOUR, 40, HOUR)
    told = acts(dossier(watching))
    assert told[:2] == [Act.OPENED, Act.CUT_OFF]
    assert told[-1] in (Act.DOUBTFUL, Act.SURER)
    assert only(watching).is_explained is False


def test_a_route_that_changed_is_the_one_that_a_look_goes_by(watching: Watching) -> None:
    """It was to stay where it is and be delivered there: for that there is still time."""
    lose(watching, HV)
    watching.declare(HV, route=("755A",))
    watching.turn(RAISED_AT + HOUR)
    suspect = only(watching)
    look = look_of(suspect)
    assert (look.verdict, suspect.newest.expected_site) == (Verdict.NOT_DUE, "755A")
    assert suspect.expected_site == "755W"
    assert look.why_en is not None
    told, _, zone = look.why_en.partition("only from ")[2].removesuffix(" on").rpartition(" ")
    due_at = datetime.fromisoformat(f"{told}{zone}")
    assert zone == "+0800"
    watching.turn(due_at - MINUTE)
    assert acts(dossier(watching)) == [Act.OPENED, Act.NOT_DUE]
    watching.turn(due_at - MINUTE + HOUR)
    assert acts(dossier(watching)) == [Act.OPENED, Act.NOT_DUE, Act.DOUBTFUL]


def test_nothing_more_being_expected_explains_an_ordinary_parcel(watching: Watching) -> None:
    lose(watching, ORDINARY)
    watching.declare(ORDINARY, route=("991A",))
    watching.turn(RAISED_AT + HOUR)
    look = look_of(only(watching))
    assert (look.verdict, look.evidence.p_lost) == (Verdict.NOT_DUE, None)
    assert look.why_en == "By what is known now, no further scan is expected"


def test_a_value_that_changed_counts_in_the_next_look(watching: Watching) -> None:
    lose(watching, HV, OTHER_HV)
    for waybill, cny in ((OTHER_HV, 48_000), (HV, 21_000)):
        said = Declaration(Decimal(cny), ROUTE[0], ROUTE[-1], ROUTE, None, None)
        with watching.hub.database.writing() as tx:
            now = watching.hub.clock.now()
            declare_parcel(tx, waybill, said, "li", watching.hub.role.policy, now)
    watching.turn(RAISED_AT + HOUR)
    dear, cheap = by_worth(watching)
    assert (dear.waybill, cheap.waybill) == (OTHER_HV, HV)
    for each, cny in ((dear, 48_000), (cheap, 21_000)):
        assert each.value is not None
        assert (each.value.cny, each.looks) == (cny, 1)


# ---------------------------------------------------------------- when it ends


@on_both_databases
def test_who_is_found_between_two_looks_is_looked_at_no_more(watching: Watching) -> None:
    lose(watching, HV)
    watching.turn(RAISED_AT + HOUR)
    looked_at = look_of(only(watching)).evidence.at
    watching.scan(HV, "755W", Step.ARRIVE, RAISED_AT + 1.5 * HOUR)
    watching.watch(RAISED_AT + HOUR, 6, HOUR)
    found = dossier(watching)
    assert found.incident.state is State.FOUND
    assert found.incident.look is not None
    assert found.incident.look.evidence.at == looked_at
    (suspect,) = watching.suspects(day=date(2026, 9, 16))
    assert (suspect.look_at, suspect.looks) == (None, 1)


@on_both_databases
def test_a_find_that_comes_while_a_look_is_worked_out_stands(watching: Watching) -> None:
    lose(watching, HV)
    with watching.hub.database.reading() as tx:
        (due,) = suspect_store.due_looks(tx, RAISED_AT + HOUR, 10)
    watching.scan(HV, "755W", Step.ARRIVE, RAISED_AT + HOUR)
    with watching.hub.database.writing() as tx:
        assert due.value is not None
        suspect_store.put_looks(tx, [(due, due.value)])
        assert suspect_store.due_looks(tx, RAISED_AT + 99 * HOUR, 10) == []


def test_what_people_declared_lost_is_looked_at_no_more(watching: Watching) -> None:
    lose(watching, HV)
    (incident,) = watching.incidents(Kind.PARCEL)
    escalate(watching, RAISED_AT + HOUR)
    looks = only(watching).looks
    with watching.hub.database.writing() as tx:
        confirm_lost(tx, watching.hub.search(), incident.id, "zhao", "空", RAISED_AT + 1.5 * HOUR)
    watching.watch(RAISED_AT + HOUR, 3, HOUR)
    suspect = only(watching)
    assert (suspect.look_at, suspect.looks, suspect.closed_at) == (None, looks, None)


def test_looks_at_one_suspicion_are_bounded(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "LOOKS_MAX", 2)
    lose(watching, HV)
    watching.watch(RAISED_AT, 5, HOUR)
    suspect = only(watching)
    assert (suspect.looks, suspect.look_at) == (2, None)
    assert look_of(suspect).verdict is Verdict.DOUBTFUL


def test_a_clock_that_stood_still_makes_up_for_no_looks(watching: Watching) -> None:
    lose(watching, HV)
    now = RAISED_AT + 5 * HOUR
    watching.turn(now)
    watching.turn(now + MINUTE)
    suspect = only(watching)
    assert (suspect.looks, suspect.look_at) == (1, now + HOUR)


# ---------------------------------------------------------------- groups, and bounds


def test_a_groups_history_tells_of_all_its_parcels_in_one_line(watching: Watching) -> None:
    raised_at = suspect_a_bag(watching, *SIBLINGS)
    make_doubtful(watching, raised_at)
    watching.turn(raised_at + HOUR)
    found = dossier(watching, Kind.GROUP)
    assert acts(found) == [Act.OPENED, Act.SURER]
    note = found.history[-1].note
    assert note is not None
    assert note.startswith(f"{SIBLINGS[0]} … {SIBLINGS[-1]} (6): ")
    looked = [look_of(each) for each in watching.suspects()]
    assert len(looked) == len(SIBLINGS)
    assert found.incident.look in looked


def test_a_group_is_not_explained_by_those_of_it_who_would_be_suspected_later(
    watching: Watching,
) -> None:
    """Nothing has changed since: they were suspected because another of their bag was."""
    soon, later = SIBLINGS[:2], SIBLINGS[2:]
    watching.declare(*soon, route=("755A", "755W", "020W"))
    watching.declare(*later)
    watching.scan(SIBLINGS, "755W", Step.PACK, LEFT_AT, "BAG:B-1")
    now = LEFT_AT
    while not watching.suspects():
        now += MINUTE * 15
        watching.turn(now)
    assert len(watching.suspects()) == len(SIBLINGS)
    make_doubtful(watching, now)
    watching.turn(now + MINUTE)
    assert {look_of(each).verdict.is_explained for each in watching.suspects()} == {False}


def test_a_group_is_looked_at_in_one_turn_and_each_turn_is_bounded(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_look, "LOOKS_PER_TURN_MAX", 8)
    raised_at = suspect_a_bag(watching, *SIBLINGS)
    lonely = [f"1030000002{n:02d}" for n in range(3)]
    watching.declare(*lonely)
    for number, waybill in enumerate(lonely):
        watching.scan(waybill, "755A", Step.DEPART, LEFT_AT, f"VEH:W-{number}")
    watching.turn(raised_at + 40 * HOUR)
    assert len(watching.suspects()) == 9
    make_doubtful(watching, raised_at)
    with watching.hub.database.writing() as tx:
        # So that what fits into the first turn ends amid the group.
        alone = suspect_store.suspect.c.kind == Kind.PARCEL
        before = raised_at - MINUTE
        tx.execute(suspect_store.suspect.update().where(alone).values(look_at=before))
    looked, before = [], sum(each.looks for each in watching.suspects())
    for minute in range(3):
        watching.turn(raised_at + 41 * HOUR + minute * MINUTE)
        looked.append(sum(each.looks for each in watching.suspects()) - before)
    assert looked == [3, 9, 9]
    assert acts(dossier(watching, Kind.GROUP)).count(Act.SURER) == 1
