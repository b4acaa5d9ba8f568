"""What a camera's trouble hides of its footage: never less than it may have (P5)."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.video.rules.coverage import Missing, Stretch
from hub.video.rules.troubles import (
    FROZEN_BEFORE,
    SHOWS_NOTHING,
    TOLD_WITHIN,
    VIEW_FACTS,
    ToldTrouble,
    doubt_of,
    hidden_in,
)
from wire.events import CameraFact

START = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
NONE = timedelta()


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


ASKED = Stretch(at(0), at(30))


def trouble(fact: str, until: float | None, doubt_ms: int = 0) -> ToldTrouble:
    return ToldTrouble(fact, at(10), None if until is None else at(until), doubt_ms)


@pytest.mark.parametrize("fact", sorted(VIEW_FACTS))
def test_black_covered_and_frozen_pictures_show_nothing_and_others_something(fact: str) -> None:
    found = hidden_in(ASKED, [trouble(fact, 20)], NONE)
    hides = fact in {"black", "covered", "frozen"}
    assert found == ([Missing(at(10), at(20), fact)] if hides else [])


def test_a_trouble_whose_end_nobody_told_hides_all_that_follows() -> None:
    assert hidden_in(ASKED, [trouble("black", None)], NONE) == [Missing(at(10), at(30), "black")]


def test_a_trouble_hides_as_much_as_it_may_have_begun_earlier_and_times_be_wrong() -> None:
    (found,) = hidden_in(ASKED, [trouble("frozen", 20, 4000)], timedelta(seconds=1))
    assert (found.since, found.until) == (at(5), at(21))


def test_a_trouble_touches_what_it_may_cover_and_nothing_else() -> None:
    error = timedelta(seconds=1)
    for since, until, touches in ((0, 5, False), (0, 5.1, True), (20.9, 30, True), (21, 30, False)):
        told = trouble("moved", 20, 4000)
        assert told.touches(Stretch(at(since), at(until)), error) is touches
    assert trouble("black", None).touches(Stretch(at(1000), at(1001)), NONE)


def test_where_nobody_says_when_it_began_the_bound_of_its_detection_counts() -> None:
    for fact in VIEW_FACTS:
        assert doubt_of(fact, is_since_told=False) == TOLD_WITHIN[fact] > NONE
    for fact in VIEW_FACTS - {CameraFact.FROZEN}:
        assert doubt_of(fact, is_since_told=True) == NONE
    assert doubt_of(CameraFact.FROZEN, is_since_told=True) == FROZEN_BEFORE


def test_only_facts_of_the_picture_hide_footage() -> None:
    assert SHOWS_NOTHING < VIEW_FACTS
    assert CameraFact.LOST not in VIEW_FACTS
