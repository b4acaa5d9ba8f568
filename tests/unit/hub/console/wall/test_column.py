"""A column hears what a person does on a card that stands in it, and nothing else."""

import pytest

from hub.console.wall.column import named
from tests.unit.hub.console.cards import passage

SHOWN = {"1": passage(1)}


def test_a_card_that_stands_there_is_found() -> None:
    assert named(SHOWN, {"detail": "1"}) == passage(1)


@pytest.mark.parametrize(
    "args", [None, "1", [], {}, {"detail": 1}, {"detail": ["1"]}, {"detail": "2"}]
)
def test_what_a_browser_makes_up_names_nothing(args: object) -> None:
    assert named(SHOWN, args) is None
