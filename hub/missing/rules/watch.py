"""What is known of one parcel's way, folded from its scans in whatever order they arrive. Pure.

A scan that is older than the newest one moves nothing; it only takes back what was counted against
its site as skipped. Source: HV-2.11.2, design section 7.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from hub.missing.rules.learned import Counts, add_scan, add_skip, after_skips, pool_of
from hub.missing.rules.plan import LastScan, Phase, Planner, Stop, departure_of, phase_of
from wire.names import Step

SKIPPED_MAX = 32
"""Skipped scans that are remembered of one parcel, to be taken back when they come late."""
LATE_H = 48
"""Hours late, or early, beyond which it makes no difference."""
_NO_TIME = timedelta(0)
_HOUR = timedelta(hours=1)


class Ride(Struct, frozen=True, array_like=True):
    """What a parcel left a site in, or was packed into there; ``container`` is a kind and an id."""

    container: str
    site: str
    at: datetime

    @property
    def name(self) -> str:
        """One text for container and site; with ``at`` it tells one ride from another."""
        return f"{self.container}@{self.site}"


class ParcelScan(Struct, frozen=True):
    """A scan of a parcel itself, or of the closed bag that it lies in (``is_own`` false).

    ``container`` is what it went into or came from: a kind and an id.
    """

    site: str
    step: Step | None
    at: datetime
    container: str | None = None
    is_own: bool = True


class Watch(Struct, frozen=True, array_like=True):
    """A parcel that is watched; ``stops`` is empty when nothing more is expected of it.

    ``sites`` is the length of its route, 0 where nobody planned one. ``skipped`` are the keys of
    scans that were counted as such, ``skipped_at`` says of the last ones of them when they were
    owed (older releases did not keep it). ``came_from`` is the site before this one. ``ride`` and
    ``bag`` are the last of their kind, also when it was seen by itself since. ``done``: delivered
    or returned. ``late_h``: so many hours after its plan it was scanned last, at most ``LATE_H``.
    ``leaves_at``: when what is loaded leaves, unless that is at once, or nobody knew.
    A million of these are kept by place, without names: a new field comes last.
    """

    last: LastScan
    step: Step | None
    stops: tuple[Stop, ...]
    sites: int
    skipped: tuple[str, ...] = ()
    ride: Ride | None = None
    came_from: str | None = None
    returning: bool = False
    done: bool = False
    bag: Ride | None = None
    is_in_bag: bool = False
    skipped_at: tuple[datetime, ...] = ()
    late_h: int = 0
    leaves_at: datetime | None = None

    @property
    def is_riding(self) -> bool:
        """It has left in a container and was not seen since."""
        return self.ride is not None and self.last.phase is Phase.OUT

    @property
    def rests_on_holidays(self) -> bool:
        """It waits in store, or for its delivery: statutory holidays are no lateness (HV-1.2.6)."""
        if not self.stops or self.stops[0].phase is Phase.IN:
            return False
        first = self.stops[0]
        return first.is_last or first.phase is Phase.DELIVERED or self.step is Step.STORE


class Lesson(Struct, frozen=True):
    """What a scan teaches of a key: it came so ``late``, or so many more were ``skipped``.

    ``missed_turn``: it came with the next departure, and ``late`` counts from that one's plan.
    ``at``: when the skipped scan was owed; ``None``: of one that is taken back nobody noted it.
    """

    key: str
    late: timedelta | None = None
    missed_turn: bool = False
    skipped: int = 0
    at: datetime | None = None


def fold_scan(
    known: Watch | None, scan: ParcelScan, route: tuple[str, ...] | None, planner: Planner
) -> tuple[Watch, list[Lesson]]:
    """Take one scan in.

    Args:
        known: what was known of the parcel.
        scan: in event time.
        route: where it is to go, from its origin to its destination; ``None``: nobody said.
        planner: the carrier's plan.

    Returns:
        What is known now, and what there is to learn from it.
    """
    last = LastScan(scan.site, phase_of(scan.step), scan.at)
    if known is None:
        return _seen(None, scan, last, 0, route, planner), []
    if scan.at < known.last.at:
        return _take_back(known, scan, last.phase)
    if known.done and scan.step is not Step.RETURN:
        return replace(known, last=last, step=scan.step), []
    matched = match_stop(known.stops, last)
    if matched is None:
        return _seen(known, scan, last, 0, route, planner), _missed(known, last, planner)
    stop = known.stops[matched]
    seen = _seen(known, scan, last, _late_h(stop, last), route, planner)
    hit = _hit(known, stop, last, planner)
    if not matched:
        return seen, [hit]
    skipped = known.stops[:matched]
    owed_at = tuple(_owed_at(each, known.last, last) for each in skipped)
    lessons = [
        Lesson(each.key, skipped=1, at=at) for each, at in zip(skipped, owed_at, strict=True)
    ]
    lessons += [Lesson(after_skips(run), skipped=1) for run in range(1, matched)]
    lessons += [Lesson(after_skips(matched), late=_NO_TIME), hit]
    return replace(
        seen,
        skipped=(*known.skipped, *(each.key for each in skipped))[-SKIPPED_MAX:],
        skipped_at=(*known.skipped_at, *owed_at)[-SKIPPED_MAX:],
    ), lessons


def _seen(
    known: Watch | None,
    scan: ParcelScan,
    last: LastScan,
    late_h: int,
    route: tuple[str, ...] | None,
    planner: Planner,
) -> Watch:
    """The parcel as its newest scan leaves it, so late, but for what was skipped on the way."""
    known_stops = () if known is None else known.stops
    returning = scan.step is Step.RETURN or (known is not None and known.returning)
    to = _direction(route, returning=returning)
    way = planner.remaining_route(to, scan.site)
    came_back = returning and to is not None and scan.site == to[-1]
    done = last.phase is Phase.DELIVERED or came_back
    leaves_at = departure_of(known_stops, last)
    stops: tuple[Stop, ...] = ()
    if way and not done:
        # What is stored now does not leave with a shift that is about to end.
        before = () if scan.step is Step.STORE else known_stops
        stops = planner.stops_ahead(last, way, before, leaves_at)
    is_packed = scan.step is Step.PACK and scan.container is not None
    return Watch(
        last=last,
        step=scan.step,
        stops=stops,
        sites=len(route) if route and way else 0,
        skipped=() if known is None else known.skipped,
        ride=_ride(known, scan, last.phase),
        bag=_packed(scan) if is_packed else (known.bag if known else None),
        is_in_bag=is_packed or not scan.is_own,
        came_from=_came_from(known, scan.site),
        returning=returning,
        done=done,
        skipped_at=() if known is None else known.skipped_at,
        late_h=late_h,
        leaves_at=leaves_at,
    )


def match_stop(stops: tuple[Stop, ...], last: LastScan) -> int | None:
    """Which of the expected scans this is; those before it were skipped."""
    for index, stop in enumerate(stops):
        if (stop.site, stop.phase) == (last.site, last.phase):
            return index
    return None


def replan(known: Watch, route: tuple[str, ...] | None, planner: Planner) -> Watch:
    """What is expected of a parcel whose route was told, or changed, since its last scan."""
    if known.done:
        return known
    way = planner.remaining_route(_direction(route, returning=known.returning), known.last.site)
    stops = planner.stops_ahead(known.last, way, known.stops, known.leaves_at) if way else ()
    return replace(known, stops=stops, sites=len(route) if route and way else 0)


def ended(known: Watch) -> Watch:
    """It goes on under a new waybill: nothing more is expected of this one, with whomever it was.

    Source: HV-2.9.
    """
    return replace(known, stops=(), done=True, ride=None, bag=None, is_in_bag=False)


def learn(counts: dict[str, Counts], lessons: Sequence[Lesson]) -> None:
    """Add lessons to ``counts``, each under its own key and under its phase's pool."""
    for lesson in lessons:
        for key in {lesson.key, pool_of(lesson.key)}:
            if lesson.late is not None:
                late, missed = lesson.late, lesson.missed_turn
                counts[key] = add_scan(counts[key], late, missed_turn=missed)
            if lesson.skipped:
                counts[key] = add_skip(counts[key], lesson.skipped)


def _ride(known: Watch | None, scan: ParcelScan, phase: Phase) -> Ride | None:
    before = None if known is None else known.ride
    if phase is not Phase.OUT:
        return before
    if before is not None and (before.container, before.site) == (scan.container, scan.site):
        return before  # Loaded, and now departing: one ride.
    return _packed(scan)


def _packed(scan: ParcelScan) -> Ride | None:
    return None if scan.container is None else Ride(scan.container, scan.site, scan.at)


def _direction(route: tuple[str, ...] | None, *, returning: bool) -> tuple[str, ...] | None:
    return route[::-1] if route and returning else route


def _came_from(known: Watch | None, site: str) -> str | None:
    if known is None:
        return None
    return known.came_from if known.last.site == site else known.last.site


def _missed(known: Watch, last: LastScan, planner: Planner) -> list[Lesson]:
    """It is still where it should have left from: that ended its silence, not a departure."""
    first = known.stops[0] if known.stops else None
    if first is None or (first.site, first.phase, last.phase) != (last.site, Phase.OUT, Phase.IN):
        return []
    lesson = _hit(known, first, last, planner)
    return [lesson] if lesson.missed_turn else []


def _hit(known: Watch, stop: Stop, last: LastScan, planner: Planner) -> Lesson:
    late, turn = last.at - stop.by, stop.again - stop.by
    if known.rests_on_holidays and late > _NO_TIME:
        site, schedule = known.stops[0].site, planner.schedule
        late -= schedule.holiday_time(site, stop.by, last.at)
        turn -= schedule.holiday_time(site, stop.by, stop.again)
    if turn > _NO_TIME and late > turn / 2:
        return Lesson(stop.key, late=late - turn, missed_turn=True)
    return Lesson(stop.key, late=late)


def _late_h(stop: Stop, last: LastScan) -> int:
    return min(max(round((last.at - stop.by) / _HOUR), -LATE_H), LATE_H)


def _owed_at(stop: Stop, before: LastScan, after: LastScan) -> datetime:
    """When a scan was owed that is missing between two others: as planned, but between them."""
    return min(max(stop.by, before.at), after.at)


def _take_back(known: Watch, scan: ParcelScan, phase: Phase) -> tuple[Watch, list[Lesson]]:
    undated = len(known.skipped) - len(known.skipped_at)
    skips = list(zip(known.skipped, (*(None,) * undated, *known.skipped_at), strict=True))
    for key, at in skips:
        pool, _, place = key.partition(":")
        if pool.startswith(phase.value) and place.rpartition(">")[2] == scan.site:
            left = [each for each in skips if each[0] != key]
            after = replace(
                known,
                skipped=tuple(each for each, _ in left),
                skipped_at=tuple(owed_at for _, owed_at in left if owed_at is not None),
            )
            # It was made after all: no skip, but how late it came says nothing of its lane.
            return after, [Lesson(key, skipped=-1, at=at)]
    return known, []
