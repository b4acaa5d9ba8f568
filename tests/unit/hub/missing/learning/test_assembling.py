"""From a carrier's past to the tables that the hub asks."""

from datetime import timedelta

from hub.missing.learning.assembling import counted
from hub.missing.rules.watch import Lesson
from tests.missing_parts import learned


def test_what_is_counted_stands_in_the_order_of_the_lessons() -> None:
    """Not in a set's, which differs by program: the same past makes the same bytes."""
    keys = [f"in-4h:{number:03d}A" for number in range(50)]
    found = counted([Lesson(key, late=timedelta()) for key in keys], learned())
    assert list(found.counts) == [*keys, "in-4h:*"]
