"""What goes wrong on the simulated days: ranges, and the rates drawn from them for one seed.

Pure. Ranges follow what real scan logs show: sites skip 3 to 18 % of scans, trucks come about on
time with a tail of disruptions, a few parcels stray. Source: design section 7.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import cycle

from simulators.carrier.timetable import SiteKind
from simulators.carrier.world import DAY, World

Range = tuple[float, float]
NEVER: Range = (0.0, 0.0)
OUTAGE_H: Range = (6.0, 9.0)
BUSY_FROM = {SiteKind.LEVEL_2: timedelta(hours=17), SiteKind.LEVEL_1: timedelta(hours=24)}
"""Branches' vehicles come to a level-2 hub in the evening, the hubs' own to a level-1 hub in the
night after it; from local midnight. Outages begin within the two hours after that, before most of
them have come, and last until all of them are late: else nobody could tell."""
OUTAGE_WITHIN_MIN = 120
FIXED_SCANNERS = ("in-1", "out-1", "sort-1")
"""Of a site, that may break (``floor``); a courier's own is replaced at once."""


class OutageKind(StrEnum):
    """How a site goes silent."""

    LINK = "link"
    """Scans are made and reach the hub when the link is back."""
    POWER = "power"
    """The work goes on and nobody can scan."""


@dataclass(frozen=True, slots=True)
class Noise:
    """Ranges that one seed draws its rates from; percentages, or counts where they say so.

    ``skip_pct`` each site its own, of every scan but acceptance, packing and delivery;
    ``pack_skip_pct`` bags are counted when they are closed, so few are missed. ``late_sigma`` the
    spread of a trip's time around the plan (lognormal). ``disrupted_pct`` trips with extra hours,
    whose median is ``disrupted_h``. ``left_pct`` units that miss the departure they were ready
    for. ``astray_pct`` parcels sent to a wrong neighbour once. ``absent_pct`` deliveries that
    nobody opens to. ``forgotten_pct`` parcels delivered without any scan. ``stolen_pct``,
    ``lost_pct`` of all parcels; ``found_pct`` of the lost ones. ``whole_bags`` stolen, a count.
    ``faults`` is how many parcels each kind of wrong work is tried on; ``links`` and ``powers``
    count outages. ``sacking_pct`` level-2 hubs that sack parcels themselves. ``broken`` counts
    scanners that miss ``broken_pct`` of the labels held before them for ``broken_h``.
    ``peak_times``: on one day so many times as many parcels are accepted, and then and on the
    day after so many times as many miss their departure. ``new_branches`` open later, and with
    them their lanes: nobody has any history of these.
    """

    skip_pct: Range = (3.0, 18.0)
    pack_skip_pct: Range = (0.2, 1.5)
    late_sigma: Range = (0.06, 0.16)
    disrupted_pct: Range = (0.3, 0.9)
    disrupted_h: Range = (3.0, 6.0)
    left_pct: Range = (0.2, 0.8)
    astray_pct: Range = (0.3, 1.0)
    absent_pct: Range = (3.0, 8.0)
    forgotten_pct: Range = (0.0, 0.15)
    stolen_pct: Range = (0.5, 0.9)
    lost_pct: Range = (0.5, 0.9)
    found_pct: Range = (40.0, 60.0)
    second_form_pct: Range = (10.0, 30.0)
    seal_check_pct: Range = (2.0, 6.0)
    sacking_pct: Range = (50.0, 50.0)
    whole_bags: int = 1
    faults: int = 4
    links: int = 1
    powers: int = 1
    broken: int = 0
    broken_pct: Range = (60.0, 95.0)
    broken_h: Range = (10.0, 30.0)
    peak_times: int = 1
    new_branches: int = 0


QUIET = Noise(
    skip_pct=NEVER,
    pack_skip_pct=NEVER,
    late_sigma=NEVER,
    disrupted_pct=NEVER,
    left_pct=NEVER,
    astray_pct=NEVER,
    absent_pct=NEVER,
    forgotten_pct=NEVER,
    stolen_pct=NEVER,
    lost_pct=NEVER,
    second_form_pct=NEVER,
    seal_check_pct=NEVER,
    whole_bags=0,
    faults=0,
    links=0,
    powers=0,
)
"""Days on which everything goes to plan; replace single fields to add single troubles."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A site that the hub hears nothing from for hours."""

    site: str
    kind: OutageKind
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class BrokenScanner:
    """A scanner that misses the share ``skip`` of its labels, until somebody replaces it."""

    site: str
    device: str
    skip: float
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Rates:
    """What one seed drew; shares are 0 to 1, ``skip`` by site, ``opens_on`` by new branch."""

    skip: dict[str, float]
    pack_skip: float
    late_sigma: float
    disrupted: float
    disrupted_h: float
    left: float
    astray: float
    absent: float
    forgotten: float
    stolen: float
    lost: float
    found: float
    second_form: float
    seal_check: float
    sacking_sites: frozenset[str]
    whole_bags: int
    faults: int
    outages: tuple[Outage, ...]
    broken: tuple[BrokenScanner, ...] = ()
    peak_day: date | None = None
    peak_times: int = 1
    opens_on: Mapping[str, date] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """The rates for a person to read."""
        skips = sorted(self.skip.values())
        yield (
            f"skipped scans {skips[0]:.1%} to {skips[-1]:.1%} by site, packing {self.pack_skip:.1%}"
        )
        yield (
            f"trips: spread {self.late_sigma:.2f}, {self.disrupted:.2%} disrupted by a median of "
            f"{self.disrupted_h:.1f} h; left behind {self.left:.2%}, astray {self.astray:.2%}"
        )
        yield (
            f"stolen {self.stolen:.2%} and {self.whole_bags} whole bags, lost {self.lost:.2%} "
            f"(found again {self.found:.0%}), delivered unscanned {self.forgotten:.2%}, "
            f"recipients absent {self.absent:.1%}"
        )
        for each in self.outages:
            hours = (each.ends_at - each.starts_at) / timedelta(hours=1)
            start = f"{each.starts_at:%m-%d %H:%M} UTC"
            yield f"outage ({each.kind}) at {each.site} from {start}, {hours:.1f} h"
        for scanner in self.broken:
            start = f"{scanner.starts_at:%m-%d %H:%M} UTC"
            yield f"{scanner.device} at {scanner.site} misses {scanner.skip:.0%} from {start}"
        if self.peak_day is not None:
            yield f"{self.peak_times} times as many parcels on {self.peak_day:%m-%d}"
        for branch, day in self.opens_on.items():
            yield f"{branch} opens on {day:%m-%d}"

    def skip_at(self, site: str, device: str, at: datetime) -> float:
        """How many labels are not scanned by a device now."""
        found = self.skip[site]
        for each in self.broken:
            if (each.site, each.device) == (site, device) and each.starts_at <= at < each.ends_at:
                found = max(found, each.skip)
        return found

    def left_on(self, day: date) -> float:
        """How many units miss the departure that they are ready for on a site's local day."""
        peak = self.peak_day
        return self.left * (
            self.peak_times if peak is not None and day in (peak, peak + DAY) else 1
        )

    def is_open(self, site: str, day: date) -> bool:
        """Say whether a site takes and delivers parcels that are accepted then."""
        return site not in self.opens_on or day >= self.opens_on[site]

    def is_dark(self, site: str, at: datetime) -> bool:
        """Say whether nobody can scan at a site now."""
        return any(
            each.site == site
            and each.kind is OutageKind.POWER
            and each.starts_at <= at < each.ends_at
            for each in self.outages
        )

    def heard_at(self, site: str, at: datetime) -> datetime:
        """When the hub hears of what was scanned then."""
        ends = (
            each.ends_at
            for each in self.outages
            if each.site == site
            and each.kind is OutageKind.LINK
            and each.starts_at <= at < each.ends_at
        )
        return next(ends, at)


def draw_rates(
    rng: random.Random,
    noise: Noise,
    world: World,
    first_day: date,
    days: int,
    calm_days: int = 0,
) -> Rates:
    """Draw the rates of one seed; outages fall on the busy hours of transfer sites.

    In the first ``calm_days`` there is no outage, no broken scanner, no peak and no new branch.
    """
    inner = _inner_days(first_day, days, calm_days)

    def share(percent: Range) -> float:
        return rng.uniform(*percent) / 100

    sacks = share(noise.sacking_pct)
    seconds = [site for site in world.hubs if site[3] == "X"]
    return Rates(
        skip={site.code: share(noise.skip_pct) for site in world.sites},
        pack_skip=share(noise.pack_skip_pct),
        late_sigma=rng.uniform(*noise.late_sigma),
        disrupted=share(noise.disrupted_pct),
        disrupted_h=rng.uniform(*noise.disrupted_h),
        left=share(noise.left_pct),
        astray=share(noise.astray_pct),
        absent=share(noise.absent_pct),
        forgotten=share(noise.forgotten_pct),
        stolen=share(noise.stolen_pct),
        lost=share(noise.lost_pct),
        found=share(noise.found_pct),
        second_form=share(noise.second_form_pct),
        seal_check=share(noise.seal_check_pct),
        sacking_sites=frozenset(site for site in seconds if rng.random() < sacks),
        whole_bags=noise.whole_bags,
        faults=noise.faults,
        outages=tuple(_outages(rng, noise, world, inner)),
        broken=tuple(_broken(rng, noise, world, inner)),
        peak_day=_peak_day(rng, noise, world, inner),
        peak_times=noise.peak_times,
        opens_on=_openings(rng, noise, world, inner),
    )


def _inner_days(first_day: date, days: int, calm_days: int) -> list[date]:
    """Days on which something may befall the carrier: not the first one, nor the last."""
    return [first_day + DAY * n for n in range(max(1, calm_days), days - 1)] or [first_day]


def _outages(
    rng: random.Random, noise: Noise, world: World, inner: Sequence[date]
) -> Iterator[Outage]:
    kinds = [OutageKind.LINK] * noise.links + [OutageKind.POWER] * noise.powers
    # Not on the first day, the last, or next to a holiday, when fewer parcels are under way or
    # nothing is late, and not two in one night: what cannot be scanned at one hub is not due at
    # the next. Nobody could tell.
    works = world.is_working_day
    nights = [day for day in inner if works(day) and works(day + DAY)] or inner
    drawn = rng.sample(nights, k=min(len(nights), len(kinds)))
    sites = rng.sample(world.hubs, k=len(kinds))
    for kind, site, day in zip(kinds, sites, cycle(drawn)):
        starts_at = world.moment(site, day, time()) + BUSY_FROM[world.site[site].kind]
        starts_at += timedelta(minutes=rng.randrange(OUTAGE_WITHIN_MIN))
        length = timedelta(hours=rng.uniform(*OUTAGE_H))
        yield Outage(site, kind, starts_at, starts_at + length)


def _broken(
    rng: random.Random, noise: Noise, world: World, inner: Sequence[date]
) -> Iterator[BrokenScanner]:
    """A fixed scanner of a branch or a hub each, from some hour of a day on."""
    sites = [*world.branches, *world.hubs]
    for site in rng.sample(sites, k=noise.broken):
        starts_at = world.moment(site, rng.choice(inner), time())
        starts_at += timedelta(hours=rng.uniform(0, 24))
        length = timedelta(hours=rng.uniform(*noise.broken_h))
        skip = rng.uniform(*noise.broken_pct) / 100
        device = rng.choice(FIXED_SCANNERS)
        yield BrokenScanner(site, device, skip, starts_at, starts_at + length)


def _peak_day(rng: random.Random, noise: Noise, world: World, inner: Sequence[date]) -> date | None:
    if noise.peak_times == 1:
        return None
    return rng.choice([day for day in inner if world.is_working_day(day)] or inner)


def _openings(
    rng: random.Random, noise: Noise, world: World, inner: Sequence[date]
) -> dict[str, date]:
    """New branches open in the first half of those days, so that there is something to see."""
    early = inner[: max(1, len(inner) // 2)]
    branches = rng.sample(world.branches, k=noise.new_branches)
    return {branch: rng.choice(early) for branch in branches}
