"""What a history and a shadow week must show before a model counts (design section 7)."""

from dataclasses import replace

import pytest
from msgspec.structs import replace as with_

from hub.missing.rules.backtest import (
    DAYS_MIN,
    JUDGED_MIN,
    PARCELS_MIN,
    STRAY_SHARE_MAX,
    Drift,
    Extent,
    Report,
    has_drifted,
    out_of_band,
    too_odd,
    too_thin,
)

ENOUGH = Extent(PARCELS_MIN, DAYS_MIN, 1_000, {}, 1_000, {})
GOOD = Report(6.0, judged=1_000, suspected=6, wait_h=10.0, before_wait_h=14.0, fresh_wait_h=20.0)


def test_enough_is_enough_and_one_less_is_not() -> None:
    assert too_thin(ENOUGH) is None
    assert too_thin(replace(ENOUGH, parcels=PARCELS_MIN - 1)) is not None
    assert too_thin(replace(ENOUGH, days=DAYS_MIN - 1)) is not None


@pytest.mark.parametrize(("odd", "is_refused"), [(200, False), (201, True)])
def test_times_that_nobody_could_believe_are_refused(odd: int, is_refused: bool) -> None:
    found = too_odd(replace(ENOUGH, odd={"755A": 1, "755W": odd - 1}))
    assert (found is not None) == is_refused
    if found is not None:
        assert "755W" in found[0]
        assert f"most of them at 755W ({odd - 1})" in found[1]


@pytest.mark.parametrize("more", [0, 1])
def test_scans_where_nobody_expected_them_are_refused_above_a_share(more: int) -> None:
    strays = int(STRAY_SHARE_MAX * 1_000) + more
    found = too_odd(replace(ENOUGH, strays={"755A": strays}))
    assert (found is not None) == bool(more)
    if found is not None:
        assert f"755A ({strays}): a clock or a route is wrong" in found[1]
        assert "755A" in found[0]


def test_nothing_that_ended_is_not_odd() -> None:
    assert too_odd(replace(ENOUGH, taught=0, ended=0)) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"judged": JUDGED_MIN - 1}, f"at least {JUDGED_MIN} needed"),
        ({"suspected": 30}, "30.0 false alarms in 1,000"),
        ({"wait_h": 21.1}, "the rule that stands waits 14.0"),
        ({"fresh_wait_h": 6.0}, "the week of the test by itself asks for 6.0"),
        ({"fresh_wait_h": None, "wait_h": 21.1}, "the rule that stands waits 14.0"),
    ],
)
def test_what_is_out_of_its_band_is_refused_in_both_languages(
    changes: dict[str, float | None], words: str
) -> None:
    found = out_of_band(with_(GOOD, **changes))
    assert found is not None
    assert words in found[1]
    assert any("\u4e00" <= each <= "\u9fff" for each in found[0])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"judged": JUDGED_MIN},
        {"suspected": 18},  # Chance explains that many.
        {"wait_h": 21.0},
        {"fresh_wait_h": None},
        {"fresh_wait_h": 0.1, "before_wait_h": 0.1, "wait_h": 2.1},
    ],
)
def test_what_is_within_its_band_counts(changes: dict[str, float | None]) -> None:
    assert out_of_band(with_(GOOD, **changes)) is None


def test_a_site_has_drifted_if_chance_does_not_explain_it() -> None:
    assert not has_drifted(Drift("755A", 0, 0))
    assert not has_drifted(Drift("755A", 50, 1_000))
    assert not has_drifted(Drift("755A", 1, 5))
    assert has_drifted(Drift("755A", 100, 1_000))
