"""The carriers that are judged: what befalls them, and which of their parcels count."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from simulators.carrier.day import PARCELS_PER_DAY, CarrierDays, Setting, simulate
from simulators.carrier.noise import Noise
from simulators.carrier.truth import Fate, FateKind

WARM_UP_DAYS = 14
"""The hub has seen so many days of a carrier before any parcel counts."""
JUDGED_DAYS = 10
LAST_WARM_DAY = date(2026, 7, 5)
"""A Sunday. No statutory holiday is near: of the rules that people use none knows one."""
MISSED_PCT = (0.5, 1.5, 7.0)
"""Of all scans, in the mean over the sites: each site's own share lies within half of it."""
PACK_MISSED_PCT = (0.2, 1.5)
"""Bags are counted when they are closed: the simulator's own range, but never above the rest."""


@dataclass(frozen=True)
class Carrier:
    """A carrier's days; parcels accepted from ``judged_from`` on count, those before teach."""

    days: CarrierDays
    judged_from: datetime

    def fates(self) -> list[Fate]:
        """What became of the parcels that count."""
        plans = self.days.truth.plans
        return [
            fate
            for waybill, fate in self.days.truth.fates.items()
            if plans[waybill][0].arrives_at >= self.judged_from
        ]

    def vanished(self) -> list[Fate]:
        """The stolen and the lost of them."""
        return [fate for fate in self.fates() if fate.kind is not FateKind.DELIVERED]

    def good(self) -> list[Fate]:
        """Those that were delivered, and scanned then."""
        return [each for each in self.fates() if each.kind is FateKind.DELIVERED and each.told]

    def unscanned(self) -> list[Fate]:
        """Delivered without any scan: nobody but the courier can tell them from stolen ones."""
        return [each for each in self.fates() if each.kind is FateKind.DELIVERED and not each.told]


def noise_of(missed_pct: float) -> Noise:
    """All troubles, and so many missed reads."""
    low, high = PACK_MISSED_PCT
    return Noise(
        skip_pct=(missed_pct / 2, missed_pct * 3 / 2),
        pack_skip_pct=(min(low, missed_pct), min(high, missed_pct)),
        broken=1,
        peak_times=3,
        new_branches=2,
    )


def draw(
    seed: int,
    missed_pct: float,
    warm_up_days: int = WARM_UP_DAYS,
    judged_days: int = JUDGED_DAYS,
    parcels_per_day: int = PARCELS_PER_DAY,
) -> Carrier:
    """One carrier; a day of it is as busy as another but for holidays and the peak."""
    days = warm_up_days + judged_days
    first_day = LAST_WARM_DAY - timedelta(days=warm_up_days - 1)
    setting = Setting(holidays=(), first_day=first_day, calm_days=warm_up_days)
    drawn = simulate(seed, days * parcels_per_day, noise_of(missed_pct), days, setting)
    world = drawn.world
    first_judged = first_day + timedelta(days=warm_up_days)
    return Carrier(drawn, world.moment(world.sites[0].code, first_judged, time()))
