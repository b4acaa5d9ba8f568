"""What may happen to an incident: HV-2.11.2, HV-3, design section 7."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hub.config import load_policy
from hub.incidents.rules import (
    OPEN,
    REASONS_MAX,
    SEARCHED,
    WAYBILLS_MAX,
    Act,
    Claim,
    IncidentError,
    Kind,
    State,
    Suspicion,
    Timer,
    Wish,
    check_act,
    first_deadlines,
    name_of,
    state_after_release,
    state_after_scan,
    state_after_timer,
    wish_of,
)

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
POLICY = load_policy(None).incident

SUSPICION = Suspicion(
    kind=Kind.PARCEL,
    subject="103000000001",
    waybills=("103000000001",),
    site="755W",
    previous_site="755A",
    since=NOW - timedelta(hours=9),
    expected_site="755W",
    expected_by=NOW - timedelta(hours=4),
    p_lost=None,
    tier="T0",
    reasons_zh=("晚点 4 小时",),
    reasons_en=("4 hours behind plan",),
)


def test_a_search_goes_to_the_region_after_one_hour() -> None:
    (deadline,) = first_deadlines(Kind.PARCEL, NOW, POLICY)
    assert (deadline.timer, deadline.due_at) == (Timer.ESCALATE, NOW + timedelta(hours=1))
    assert first_deadlines(Kind.SITE, NOW, POLICY) == []


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("timer", Timer)
def test_a_timer_moves_only_the_state_it_was_set_for(state: State, timer: Timer) -> None:
    moves = {
        (State.SELF_CHECK, Timer.ESCALATE): State.ESCALATED,
        (State.ESCALATED, Timer.LOSE): State.LOST,
    }
    assert state_after_timer(state, timer) == moves.get((state, timer))


@pytest.mark.parametrize("state", State)
def test_any_scan_finds_what_is_searched_for_or_lost_but_releases_nothing(state: State) -> None:
    found = State.FOUND if state in SEARCHED | {State.LOST} else None
    assert state_after_scan(state, 0) is found
    assert state_after_scan(state, 1) is None


ALLOWED = {
    Act.STOPPED: SEARCHED,
    Act.RELEASED: {State.STOPPED},
    Act.LOST: {State.ESCALATED},
    Act.CHECKED: OPEN,
    Act.TRIAGED: OPEN,
    Act.FOLLOWED_UP: OPEN,
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("act", ALLOWED)
def test_a_persons_act_fits_its_states_and_no_other(act: Act, state: State) -> None:
    if state in ALLOWED[act]:
        check_act(Kind.PARCEL, state, act)
    else:
        with pytest.raises(IncidentError):
            check_act(Kind.PARCEL, state, act)


def test_a_silent_site_cannot_be_stopped() -> None:
    with pytest.raises(IncidentError, match="no parcel"):
        check_act(Kind.SITE, State.SELF_CHECK, Act.STOPPED)
    with pytest.raises(IncidentError):
        check_act(Kind.ANOMALY, State.STOPPED, Act.CHECKED)
    check_act(Kind.GROUP, State.SELF_CHECK, Act.STOPPED)


@pytest.mark.parametrize("was_escalated", [False, True])
def test_released_unseen_the_search_goes_on_where_it_was_stopped(was_escalated: bool) -> None:
    """HV-2.11.2, HV-3: a release tells no region."""
    before = State.ESCALATED if was_escalated else State.SELF_CHECK
    assert state_after_release(is_seen=False, was_escalated=was_escalated) is before
    assert state_after_release(is_seen=True, was_escalated=was_escalated) is State.FOUND


def claim(number: int, state: State, *sites: str, is_seen: bool = False) -> Claim:
    return Claim(number, state, sites, is_seen)


def test_what_the_list_says_of_a_parcel_is_the_most_that_any_incident_asks() -> None:
    """HV-3: a stop outweighs every search, and ends with no other incident's find."""
    here, there = claim(3, State.SELF_CHECK, "A", "B"), claim(4, State.SELF_CHECK, "B", "C")
    assert wish_of([]) is None
    assert wish_of([here]) == Wish(3, False, ("A", "B"))
    assert wish_of([here, there]) == Wish(3, False, ("A", "B", "C"))
    for known in (State.ESCALATED, State.LOST):
        assert wish_of([here, claim(5, known, "A")]) == Wish(3, False, None)
    stop = claim(9, State.STOPPED, "A", is_seen=True)
    assert wish_of([here, stop]) == Wish(9, True, None)
    assert wish_of([claim(3, State.SELF_CHECK, "A", is_seen=True)]) is None


def test_a_suspicion_has_bounds() -> None:
    replace(SUSPICION, waybills=("1",) * WAYBILLS_MAX, reasons_en=("x",) * REASONS_MAX)
    with pytest.raises(ValueError, match="parcels"):
        replace(SUSPICION, waybills=("1",) * (WAYBILLS_MAX + 1))
    with pytest.raises(ValueError, match="reasons"):
        replace(SUSPICION, reasons_zh=("x",) * (REASONS_MAX + 1))


def test_what_is_searched_for_has_a_name_in_both_languages() -> None:
    assert name_of(SUSPICION) == ("快件 103000000001", "parcel 103000000001")
    bag = replace(SUSPICION, kind=Kind.GROUP, subject="bag B-1", waybills=("1", "2"))
    assert name_of(bag) == ("bag B-1 内的 2 件快件", "2 parcels of bag B-1")
    site = replace(SUSPICION, kind=Kind.SITE, subject="755W", waybills=())
    assert name_of(site) == ("网点 755W 全部扫描", "every scan of site 755W")
