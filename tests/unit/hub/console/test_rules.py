"""What stands where on the wall."""

import pytest

from hub.alerts.service import Act, AlertKind
from hub.alerts.service import AlertState as StoredState
from hub.alerts.service import Level as StoredLevel
from hub.console.looks import (
    ICON_OF,
    MEANING_OF,
    RESULT_ICON,
    RESULT_MEANING,
    STANDING_MEANING,
    Meaning,
)
from hub.console.rules import (
    CARDS_KEPT_MAX,
    GROUP_MIN,
    LIMIT_S,
    Counters,
    Filter,
    Group,
    acts_of,
    changed_wall,
    counters,
    grouped,
    is_waybill,
    new_ids,
    next_on_route,
    passages_of,
    previous_on_route,
    sound_for,
)
from hub.console.views import Card, Decision, Level, State
from hub.custody.service import Standing
from tests.unit.hub.console.cards import card, passage
from wire.names import Result


def ids(cards: list[Card]) -> list[int]:
    return [each.id for each in cards]


def test_unseen_stands_before_seen_whatever_its_level() -> None:
    seen = card(1, state=State.ACKED, ago_s=900)
    warning = card(2, AlertKind.DEVICE_LOST, Level.WARN, ago_s=1)
    assert ids(acts_of([seen, warning])) == [2, 1]


def test_level_beats_money_and_money_beats_age() -> None:
    warning = card(1, AlertKind.DEVICE_LOST, Level.WARN, ago_s=9000, value_cny="99999")
    old = card(2, ago_s=500)
    dear = card(3, ago_s=1, value_cny="48500.00")
    cheap = card(4, ago_s=1000, value_cny="20000.01")
    assert ids(acts_of([warning, old, dear, cheap])) == [3, 4, 2, 1]


def test_of_equals_the_one_that_waited_longest_comes_first() -> None:
    assert ids(acts_of([card(1, ago_s=10), card(2, ago_s=20)])) == [2, 1]


def test_passages_are_a_flow_newest_first_and_apart_from_acts() -> None:
    cards = [passage(1, ago_s=30, value_cny="50000"), passage(2, ago_s=10), card(3)]
    assert ids(passages_of(cards)) == [2, 1]
    assert ids(acts_of(cards)) == [3]


def test_ten_of_a_kind_at_a_site_within_a_second_are_one_group_in_their_place() -> None:
    burst = [passage(i, ago_s=5 - i / GROUP_MIN) for i in range(GROUP_MIN)]
    later, earlier = passage(98, ago_s=1), passage(99, ago_s=60)
    found = grouped(passages_of([*burst, later, earlier]))
    assert found[0] == later
    assert found[2] == earlier
    assert isinstance(found[1], Group)
    assert {each.id for each in found[1].cards} == set(range(GROUP_MIN))
    assert found[1].cards[0].raised_at >= found[1].cards[-1].raised_at


@pytest.mark.parametrize(
    "cards",
    [
        [passage(i, ago_s=5) for i in range(GROUP_MIN - 1)],
        [passage(i, ago_s=5, site=f"755{i % 2}") for i in range(GROUP_MIN)],
        [passage(i, ago_s=50 - i) for i in range(GROUP_MIN)],
    ],
    ids=["nine", "two sites", "ten seconds"],
)
def test_what_is_no_burst_stays_single(cards: list[Card]) -> None:
    assert grouped(cards) == cards


def test_a_group_keeps_its_key_when_a_card_joins() -> None:
    burst = [passage(i, ago_s=5) for i in range(1, GROUP_MIN + 2)]
    before, after = grouped(burst[:-1])[0], grouped(burst)[0]
    assert isinstance(before, Group)
    assert isinstance(after, Group)
    assert before.key == after.key


def test_counters_count_kinds_and_sites_the_most_first() -> None:
    cards = [passage(1), passage(2, site="755W"), passage(3), card(4, site=None)]
    assert counters(cards) == Counters(
        kinds=((AlertKind.HV_PASSAGE, 3), (AlertKind.WANTED, 1)),
        sites=(("755A", 2), ("755W", 1)),
    )


def test_a_filter_narrows_by_kind_and_by_site() -> None:
    here, there = passage(1), passage(2, site="755W")
    assert Filter().lets_through(here)
    assert Filter(site="755A").lets_through(here)
    assert not Filter(site="755A").lets_through(there)
    assert not Filter(kind=AlertKind.STOP).lets_through(here)


def test_a_closed_alert_leaves_the_wall_and_the_old_wall_is_untouched() -> None:
    wall = {1: card(1), 2: card(2)}
    after = changed_wall(wall, [card(2, state=State.CLOSED), card(3)])
    assert sorted(after) == [1, 3]
    assert sorted(wall) == [1, 2]


def test_the_wall_keeps_the_newest_when_it_is_full() -> None:
    after = changed_wall({}, [card(i) for i in range(CARDS_KEPT_MAX + 3)])
    assert len(after) == CARDS_KEPT_MAX
    assert min(after) == 3


def test_only_open_alerts_that_were_not_on_the_wall_are_new() -> None:
    changed = [card(1), card(2), card(3, state=State.ACKED), card(4, state=State.CLOSED)]
    assert new_ids({1: card(1)}, changed) == {2}


def test_one_moment_sounds_once_with_its_strongest_level() -> None:
    warning = card(1, AlertKind.DEVICE_LOST, Level.WARN)
    assert sound_for([]) is None
    assert sound_for([passage(2), warning]) is Level.WARN
    assert sound_for([passage(2), warning, card(3)]) is Level.ACT


def test_every_kind_and_result_has_its_looks_and_only_wanted_and_stop_are_red() -> None:
    assert set(MEANING_OF) == set(ICON_OF) == set(AlertKind)
    assert set(RESULT_MEANING) == set(RESULT_ICON) == set(Result)
    assert set(STANDING_MEANING) == set(Standing)
    assert set(LIMIT_S) == set(Level)
    red = {kind for kind, meaning in MEANING_OF.items() if meaning is Meaning.STOP}
    stopped = {AlertKind.STOP, AlertKind.STOPPED_MOVED, AlertKind.EXCEPTION}
    assert red == {AlertKind.WANTED, *stopped}


def test_the_console_speaks_of_alerts_as_their_room_does() -> None:
    assert {level.value for level in Level} == {level.value for level in StoredLevel}
    assert {state.value for state in State} == {state.value for state in StoredState}
    assert {decision.value for decision in Decision} < {act.value for act in Act}


def test_a_route_tells_what_lies_before_and_after_a_site() -> None:
    route = ("755A", "755W", "021W")
    assert next_on_route(route, "755W") == "021W"
    assert previous_on_route(route, "755W") == "755A"
    for end, beside in (("021W", next_on_route), ("755A", previous_on_route)):
        assert beside(route, end) is None
        assert beside(route, "999") is None
        assert beside((), end) is None


def test_what_can_be_no_waybill_is_refused() -> None:
    assert is_waybill("103000000001")
    for bad in ("", "a" * 65, "10 3", "../x", "1030\n", "<script>"):
        assert not is_waybill(bad)
