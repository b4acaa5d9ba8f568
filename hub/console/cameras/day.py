"""A day of a camera on a ruler: where there is footage, and where there certainly is none. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hub.console.cameras.views import Bar, BarKind
from hub.video.service import FoundGap, Span

SEAM = timedelta(milliseconds=500)
"""So little between two segments is the seam of their times."""
DELETED = "deleted"
BEFORE = timedelta(seconds=10)
"""So much before a chosen moment the footage begins."""
STRETCH = timedelta(minutes=5)
STRETCHES_MAX = 6
"""So many follow each other before somebody chooses again."""
_HOURS = 24


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """The calendar day of a moment."""
    return at.astimezone(zone).date()


def window_of(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """A day's first moment and the next day's.

    Raises:
        OverflowError: the calendar ends there.
    """
    begins = datetime.combine(day, time(), zone)
    ends = datetime.combine(day + timedelta(days=1), time(), zone)
    utc = ZoneInfo("UTC")
    return begins.astimezone(utc), ends.astimezone(utc)


def place_of(at: datetime, since: datetime, until: datetime) -> float:
    """Where a moment stands on a ruler, from 0 to 1."""
    return min(1.0, max(0.0, (at - since) / (until - since)))


def moment_at(place: float, since: datetime, until: datetime) -> datetime:
    """The moment at a place of the ruler, from 0 to 1, to the second."""
    at = since + min(1.0, max(0.0, place)) * (until - since)
    return at.replace(microsecond=0)


def bars_of(
    spans: Sequence[Span],
    gaps: Iterable[FoundGap],
    since: datetime,
    until: datetime,
) -> list[Bar]:
    """Footage in runs, and gaps; footage that was deleted is a gap with that reason."""
    kept = _runs(each for each in spans if not each.is_deleted)
    gone = _runs(each for each in spans if each.is_deleted)
    told = [(each.began_at, each.ended_at, each.reason) for each in gaps]
    found = [_bar(BarKind.FOOTAGE, *run, None, since, until) for run in kept]
    found += [_bar(BarKind.GAP, *run, DELETED, since, until) for run in gone]
    found += [_bar(BarKind.GAP, *each, since, until) for each in _joined(told)]
    return sorted((bar for bar in found if bar.until > bar.since), key=lambda bar: bar.since)


def hours_of(since: datetime, until: datetime) -> list[tuple[float, datetime]]:
    """The hours that are written on a day's ruler, every other one, with their places."""
    step = (until - since) / (_HOURS // 2)
    return [(nth / (_HOURS // 2), since + nth * step) for nth in range(_HOURS // 2)]


def stretches_from(at: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """The day from a little before a moment on, in stretches; at least one of some length."""
    begins = [at - BEFORE + nth * STRETCH for nth in range(STRETCHES_MAX)]
    later = [begin for begin in begins[1:] if begin < until]
    return [(begin, begin + STRETCH) for begin in [begins[0], *later]]


def _bar(
    kind: BarKind,
    began_at: datetime,
    ended_at: datetime,
    reason: str | None,
    since: datetime,
    until: datetime,
) -> Bar:
    first, last = max(began_at, since), min(ended_at, until)
    return Bar(
        kind,
        place_of(first, since, until),
        place_of(last, since, until),
        first,
        last,
        reason,
    )


def _runs(spans: Iterable[Span]) -> list[tuple[datetime, datetime]]:
    """Neighbours put together, whose seams are no time."""
    told = ((span.began_at, span.ended_at, "") for span in spans)
    return [(began, ended) for began, ended, _ in _joined(told)]


def _joined(
    spans: Iterable[tuple[datetime, datetime, str]],
) -> list[tuple[datetime, datetime, str]]:
    """Neighbours of one reason put together: a camera that is away is told of minute by minute."""
    found: list[tuple[datetime, datetime, str]] = []
    for began, ended, reason in sorted(spans):
        if found and found[-1][2] == reason and began - found[-1][1] <= SEAM:
            found[-1] = (found[-1][0], max(found[-1][1], ended), reason)
        else:
            found.append((began, ended, reason))
    return found
