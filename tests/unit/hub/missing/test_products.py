"""Products and figures: by what names, and by which hours, a model is taught and asked."""

import pytest

from hub.config import load_policy
from hub.missing.products import OTHER, Products
from hub.missing.rules.figures import AHEAD_MAX, figures_of
from hub.missing.rules.plan import Phase, Stop
from hub.missing.rules.scoring import Silence
from tests.missing_parts import HOLIDAY, local
from tests.small_models import calendar


@pytest.mark.parametrize(
    ("waybill", "high_value", "product"),
    [
        ("103000000001", True, "domestic/hv"),
        ("755000000001", False, "domestic/plain"),
        ("no waybill", False, f"{OTHER}/plain"),
        ("7550000000010", True, f"{OTHER}/hv"),
        ("755000000001\n", False, f"{OTHER}/plain"),
        ("", False, f"{OTHER}/plain"),
    ],
)
def test_a_product_is_a_kind_of_waybill_and_a_value_class(
    waybill: str, high_value: bool, product: str
) -> None:
    assert Products(load_policy(None)).of(waybill, high_value=high_value) == product


def test_hours_and_days_are_those_of_the_site() -> None:
    at = local(14, "01:30")
    china = Stop("755A", Phase.OUT, at, at)
    west = Stop("991A", Phase.OUT, at, at)
    found = calendar().place(china, at)
    assert (found.pool, found.lane, found.turn) == ("out:*", "out:755A", "out:755A@01")
    assert (found.hour, found.weekday, found.rests) == (1, 0, False)
    assert (calendar().place(west, at).hour, calendar().place(west, at).weekday) == (23, 6)


def test_a_holiday_is_one_by_the_plan_that_is_asked_for() -> None:
    at = local(HOLIDAY.day, "09:00", month=HOLIDAY.month)
    stop = Stop("755A", Phase.OUT, local(30, "09:00"), at)
    days = calendar(HOLIDAY)
    assert not days.place(stop, stop.by).rests
    assert days.place(stop, stop.again).rests
    assert days.place(stop, stop.again).turn == "out:755A@09"


def test_a_silence_begins_with_its_figures() -> None:
    at = local(14, "19:30")
    stop = Stop("755A", Phase.OUT, at, at)
    asked = Silence((stop,), 4, rests_on_holidays=False, lead_h=5, late_h=-3)
    found = figures_of(calendar().place(stop, at), asked, AHEAD_MAX + 4)
    assert found == (19.0, 0.0, 0.0, 5.0, -3.0, float(AHEAD_MAX))
