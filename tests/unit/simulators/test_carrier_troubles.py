"""What befalls a whole simulated carrier: a broken scanner, a peak day, branches that open."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest

from simulators.carrier.day import CarrierDays, Setting, simulate
from simulators.carrier.noise import NEVER, QUIET, Noise

TROUBLES = Noise(
    skip_pct=NEVER,
    pack_skip_pct=NEVER,
    broken=3,
    broken_pct=(90, 90),
    broken_h=(40, 40),
    peak_times=3,
    new_branches=2,
)
CALM_DAYS = 3
FIRST_DAY = date(2026, 7, 6)


@pytest.fixture(scope="module")
def days() -> CarrierDays:
    setting = Setting(holidays=(), first_day=FIRST_DAY, calm_days=CALM_DAYS)
    return simulate(8, 1_600, TROUBLES, days=8, setting=setting)


def accepted(days: CarrierDays) -> Counter[date]:
    return Counter(
        days.world.local(visits[0].site, visits[0].arrives_at).date()
        for visits in days.truth.plans.values()
    )


def test_a_broken_scanner_misses_most_labels_for_as_long_as_it_is_broken(days: CarrierDays) -> None:
    assert len(days.rates.broken) == TROUBLES.broken
    for each in days.rates.broken:
        assert each.ends_at - each.starts_at == timedelta(hours=40)
        middle = each.starts_at + timedelta(hours=20)
        assert days.rates.skip_at(each.site, each.device, middle) == 0.9
        assert days.rates.skip_at(each.site, "another", middle) == 0
        for outside in (each.starts_at - timedelta(seconds=1), each.ends_at):
            assert days.rates.skip_at(each.site, each.device, outside) == 0
    whole = simulate(8, 200, QUIET, days=2)
    broken = simulate(8, 200, replace(QUIET, broken=20, broken_h=(99, 99)), days=2)
    assert whole.skipped == 0
    assert 0.05 < broken.skipped / broken.turns < 0.6


def test_on_the_peak_day_so_many_times_as_many_are_accepted(days: CarrierDays) -> None:
    counts = accepted(days)
    peak = days.rates.peak_day
    assert peak is not None
    usual = [count for day, count in counts.items() if day != peak]
    assert counts[peak] == pytest.approx(3 * sum(usual) / len(usual), rel=0.25)
    shares = [days.rates.left_on(peak + timedelta(days=n)) for n in (-1, 0, 1, 2)]
    assert shares == [days.rates.left * times for times in (1, 3, 3, 1)]


def test_a_new_branch_has_no_parcels_before_it_opens_and_some_then(days: CarrierDays) -> None:
    assert len(days.rates.opens_on) == TROUBLES.new_branches
    for branch, opens_on in days.rates.opens_on.items():
        ends = [
            days.world.local(visits[0].site, visits[0].arrives_at).date()
            for visits in days.truth.plans.values()
            if branch in (visits[0].site, visits[-1].site)
        ]
        assert min(ends) >= opens_on
        assert len(ends) > 5


def test_nothing_befalls_sites_in_the_calm_days(days: CarrierDays) -> None:
    first = FIRST_DAY + timedelta(days=CALM_DAYS)
    rates = days.rates
    starts = [each.starts_at for each in (*rates.outages, *rates.broken)]
    sites = [each.site for each in (*rates.outages, *rates.broken)]
    begun = [days.world.local(*each).date() for each in zip(sites, starts, strict=True)]
    assert rates.peak_day is not None
    assert min([*begun, rates.peak_day, *rates.opens_on.values()]) >= first
    assert len(begun) == 5
    text = "\n".join(days.lines())
    assert all(word in text for word in ("misses 90%", "3 times as many", "opens on"))
