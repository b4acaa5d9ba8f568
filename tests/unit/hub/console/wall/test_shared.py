"""What stands on a wall is worked out once for all who see the same of it."""

from hub.console.rules import Filter, wall_of
from hub.console.views import State
from hub.console.wall.shared import WALLS_MAX, Shared
from tests.unit.hub.console.cards import card, passage

CARDS = {
    1: card(1),
    2: card(2, state=State.ACKED, site="021W"),
    3: passage(3, site="021W"),
    4: card(4, site=None),
}


def test_a_wall_holds_what_may_be_seen_and_counts_all_of_it_however_narrowed() -> None:
    wall = wall_of(CARDS, frozenset({"021W"}), Filter(kind="hv_passage"))
    assert set(wall.cards) == {2, 3}
    assert wall.counted.sites == (("021W", 2),)
    assert wall.acts.items == ()
    assert [each.id for each in CARDS.values() if each in wall.passages.items] == [3]


def test_who_is_of_no_site_in_particular_sees_every_card_and_how_many_wait() -> None:
    wall = wall_of(CARDS, None, Filter())
    assert wall.cards is CARDS
    assert (wall.acts.count, wall.acts.waiting, wall.passages.count) == (3, 2, 1)


def test_the_same_wall_is_the_same_object_until_the_cards_change() -> None:
    shared = Shared({})
    first = shared.wall(CARDS, None, Filter())
    assert shared.wall(CARDS, None, Filter()) is first
    assert shared.wall(CARDS, None, Filter(site="021W")) is not first
    assert shared.wall(CARDS, frozenset(), Filter()).cards == {}
    assert shared.wall(dict(CARDS), None, Filter()) is not first


def test_only_so_many_ways_to_look_are_kept() -> None:
    shared = Shared({})
    first = shared.wall(CARDS, None, Filter())
    for number in range(WALLS_MAX):
        shared.wall(CARDS, None, Filter(site=str(number)))
    again = shared.wall(CARDS, None, Filter())
    assert again is not first
    assert again == first
