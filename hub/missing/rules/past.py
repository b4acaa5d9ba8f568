"""What became of a parcel's silences: from its scans, folded again in the order of time. Pure.

A silence begins with the scan after which something else is expected than before, and ends with the
next such scan; one more scan at the place where a parcel waits ends nothing. What ended it
competes: a scan that was expected, one at a site where nobody expected it, or the end of its way.
What has not ended yet is kept, as long as it has lasted ("censored"). Source: design section 7.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from hub.missing.rules.plan import Planner, Stop
from hub.missing.rules.scoring import Silence, silence_of
from hub.missing.rules.watch import Lesson, ParcelScan, Ride, Watch, fold_scan, match_stop

SCANS_MAX = 500
"""Scans of one parcel that are folded again, the oldest first: more are no way of a parcel."""


class Ending(StrEnum):
    """What ended a silence."""

    EXPECTED = "expected"
    ELSEWHERE = "elsewhere"
    """It was scanned where nobody expected it."""
    STAYED = "stayed"
    """It was scanned where it waited, and goes on with another departure."""
    OVER = "over"
    """It was delivered, or given back, before what was expected."""
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class PastSilence:
    """One silence that was.

    ``since`` and ``until``: its first moment, and its last one (of an open one: the last that is
    known of). ``hit``: which of the expected scans ended it, and ``late`` how late against its
    plan, or against that of the next departure where it ``missed_turn``. ``ride`` and ``bag``: what
    it was under way in, and what it lay in. ``seen_site``: where it ended; ``None``: it did not.
    ``unpacked_at``: when it was seen out of its bag where it waits, which ended nothing.
    """

    waybill: str
    silence: Silence
    since: datetime
    until: datetime
    ending: Ending
    hit: int | None = None
    late: timedelta = timedelta(0)
    missed_turn: bool = False
    ride: Ride | None = None
    bag: Ride | None = None
    seen_site: str | None = None
    unpacked_at: datetime | None = None

    @property
    def stop(self) -> Stop:
        """The scan that ended it, or the first one that was expected."""
        return self.silence.stops[self.hit or 0]

    @property
    def group(self) -> str:
        """What shares its fate: whatever left the same site, or waited there, on the same day."""
        return f"{self.silence.stops[0].site}/{self.since.date()}"

    @property
    def late_at_all(self) -> timedelta:
        """How long it lasted beyond the plan of the first scan that was expected."""
        return self.until - self.silence.stops[0].by


@dataclass(frozen=True, slots=True)
class Way:
    """All that is recorded of one parcel: its scans in order of time, and its route."""

    waybill: str
    scans: Sequence[ParcelScan]
    route: tuple[str, ...] | None


def silences_of(
    way: Way, planner: Planner, until: datetime
) -> tuple[list[PastSilence], list[Lesson]]:
    """A parcel's silences, the oldest first, and what its scans taught.

    Args:
        way: its scans; one that was made after ``until`` does not count.
        planner: the carrier's plan.
        until: up to when the past is looked at.
    """
    found: list[PastSilence] = []
    taught: list[Lesson] = []
    known: Watch | None = None
    begun: Watch | None = None
    unpacked_at: datetime | None = None
    for scan in _of_time(way.scans, until):
        before, (known, lessons) = known, fold_scan(known, scan, way.route, planner)
        taught += lessons
        if before is not None and known.stops == before.stops and not known.done:
            if unpacked_at is None and before.is_in_bag and not known.is_in_bag:
                unpacked_at = scan.at
            continue
        if begun is not None and begun.stops:
            ended = _ended(way.waybill, begun, scan, known, lessons)
            found.append(replace(ended, unpacked_at=unpacked_at))
        begun, unpacked_at = known, None
    if begun is not None and begun.stops:
        last = _past(way.waybill, begun, until, Ending.OPEN)
        found.append(replace(last, unpacked_at=unpacked_at))
    return found, taught


def as_of(past: PastSilence, until: datetime) -> PastSilence:
    """A silence as it stood at a moment that does not lie before it."""
    if past.until <= until:
        return past
    unpacked_at = past.unpacked_at
    return PastSilence(
        past.waybill,
        past.silence,
        past.since,
        until,
        Ending.OPEN,
        ride=past.ride,
        bag=past.bag,
        unpacked_at=unpacked_at if unpacked_at is not None and unpacked_at <= until else None,
    )


def _of_time(scans: Iterable[ParcelScan], until: datetime) -> list[ParcelScan]:
    return sorted((each for each in scans if each.at <= until), key=lambda s: s.at)[:SCANS_MAX]


def _ended(
    waybill: str, begun: Watch, scan: ParcelScan, after: Watch, lessons: Sequence[Lesson]
) -> PastSilence:
    hit = match_stop(begun.stops, after.last)
    lesson = next((each for each in reversed(lessons) if each.late is not None), None)
    if lesson is not None and lesson.late is not None:
        # That it missed its departure shows where it waits, too: that ended its silence.
        ending = Ending.STAYED if hit is None else Ending.EXPECTED
        past = _past(waybill, begun, scan.at, ending, scan.site)
        return replace(past, hit=hit or 0, late=lesson.late, missed_turn=lesson.missed_turn)
    stays = after.last.site == begun.last.site and not after.done
    ending = Ending.OVER if after.done else Ending.STAYED if stays else Ending.ELSEWHERE
    return _past(waybill, begun, scan.at, ending, scan.site)


def _past(
    waybill: str, begun: Watch, until: datetime, ending: Ending, seen_site: str | None = None
) -> PastSilence:
    return PastSilence(
        waybill,
        silence_of(begun),
        begun.last.at,
        until,
        ending,
        ride=begun.ride if begun.is_riding else None,
        bag=begun.bag if begun.is_in_bag else None,
        seen_site=seen_site,
    )
