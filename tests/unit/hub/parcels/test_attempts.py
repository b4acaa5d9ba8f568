"""HV-2.6, CS-D1: each time out for delivery is an attempt; the second and later ones are free."""

from datetime import timedelta

import pytest

from hub.moves import ENDS_OUTING
from hub.parcels.rules.attempts import Attempt, Outcome, attempts_of, delivery_of
from hub.parcels.rules.traces import Sighting
from tests.hub_parts import START
from tests.unit.hub.parcels.signs import trace
from wire.names import Step

SITE, OTHER = "020R", "020W"
OUT = Step.OUT_FOR_DELIVERY


def attempts(*signs: tuple[float, Step | None]) -> tuple[Attempt, ...]:
    return attempts_of([trace(minute, SITE, step) for minute, step in signs])


def told(*signs: tuple[float, Step | None]) -> list[tuple[Outcome, bool]]:
    return [(each.outcome, each.is_free) for each in attempts(*signs)]


def test_a_parcel_that_never_went_out_has_no_attempt() -> None:
    assert attempts_of([]) == ()
    # Handed out over the counter.
    assert attempts((0, Step.ARRIVE), (5, Step.DELIVER)) == ()


def test_the_second_attempt_is_free_and_registered_with_its_time_and_site() -> None:
    first, second = attempts((0, OUT), (60, Step.STORE), (600, OUT), (660, Step.DELIVER))
    assert first == Attempt(1, START, SITE, START + timedelta(minutes=60), Outcome.CAME_BACK)
    assert (second.n, second.out_at, second.outcome) == (
        2,
        START + timedelta(minutes=600),
        Outcome.DELIVERED,
    )
    assert (first.is_free, second.is_free) == (False, True)


def test_each_later_attempt_is_free_too_and_the_last_may_be_open() -> None:
    tries = ((0, OUT), (1, Step.STORE), (2, OUT), (3, Step.RETURN), (4, OUT))
    back, free = Outcome.CAME_BACK, True
    assert told(*tries) == [(back, False), (back, free), (Outcome.OPEN, free)]


def test_going_out_again_without_a_scan_of_coming_back_ends_the_one_before() -> None:
    assert told((0, OUT), (600, OUT)) == [(Outcome.CAME_BACK, False), (Outcome.OPEN, True)]


@pytest.mark.parametrize("step", [*Step, None])
def test_an_outing_ends_with_what_ends_it_in_custody_and_with_nothing_else(
    step: Step | None,
) -> None:
    first = attempts((0, OUT), (60, step))[0]
    assert (first.outcome is not Outcome.OPEN) == (step in ENDS_OUTING or step is OUT)


def test_a_delivery_that_is_typed_after_its_scan_makes_no_second_attempt() -> None:
    assert told((0, OUT), (60, Step.DELIVER), (65, Step.DELIVER)) == [(Outcome.DELIVERED, False)]


def test_a_delivery_stands_at_its_own_moment_whatever_is_recorded_afterwards() -> None:
    signs = [trace(0, SITE, OUT), trace(60, SITE, Step.DELIVER)]
    delivered = Sighting(SITE, START + timedelta(minutes=60))
    assert delivery_of(signs) == delivered
    later = [trace(65, OTHER, Step.DELIVER), trace(90, OTHER, Step.INSPECT)]
    assert delivery_of([*signs, *later]) == delivered


def test_what_came_back_is_not_delivered_until_it_is_again() -> None:
    signs = [trace(60, SITE, Step.DELIVER), trace(90, SITE, Step.STORE)]
    assert delivery_of(signs) is None
    again = delivery_of([*signs, trace(600, OTHER, Step.DELIVER)])
    assert again == Sighting(OTHER, START + timedelta(minutes=600))


def test_given_back_to_the_sender_is_not_delivered() -> None:
    assert delivery_of([trace(0, SITE, Step.RETURN), trace(60, SITE, Step.DELIVER)]) is None
    assert delivery_of([]) is None
