"""From a carrier's past silences to what a model is taught with: one row for each scan that came.

A scan is taught by how late it came against its own plan, also where others before it were skipped:
whether a scan is made at all is counted apart (``read``). Of a silence that lasts still its first
scan is a row that has not ended, unless it is more likely lost than late. Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from hub.missing.learning.silences import Recipe, Silences
from hub.missing.rules.figures import AHEAD_MAX, Calendar, Figures, Place, figures_of
from hub.missing.rules.past import Ending, PastSilence
from hub.missing.rules.scoring import LEAD_H_MAX
from hub.missing.rules.watch import LATE_H

RECIPE = Recipe(
    keys=("pool", "lane", "turn"),
    weights=(50.0, 30.0, 20.0),
    knots={
        "hour": (0, 3, 6, 9, 12, 15, 18, 21, 23),
        "weekday": (0, 1, 2, 3, 4, 5, 6),
        "rests": (0, 1),
        "lead_h": (0, 1, 2, 4, 8, 12, 24, 48, LEAD_H_MAX),
        "late_h": (-LATE_H, -12, -4, -1, 0, 1, 4, 12, LATE_H),
        "ahead": tuple(range(AHEAD_MAX + 1)),
    },
    by_kind=frozenset({"hour", "lead_h", "late_h"}),
    clip_h=24.0,
    newcomer="lane",
)
"""What tells how late the scans of a carrier come."""
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Rows:
    """Silences with the names behind their numbers; a name's number is its place."""

    silences: Silences
    pools: tuple[str, ...]
    lanes: tuple[str, ...]
    turns: tuple[str, ...]
    waybills: tuple[str, ...]


def rows_of(past: Sequence[PastSilence], calendar: Calendar) -> Rows | None:
    """The rows that a model is taught with; ``None``: there are none.

    Args:
        past: silences of all parcels.
        calendar: tells hours and days.
    """
    taught = [(each, place_of(each, calendar)) for each in past if is_taught(each)]
    if not taught:
        return None
    places = [place for _, place in taught]
    pools, pool = _numbered(place.pool for place in places)
    lanes, lane = _numbered(place.lane for place in places)
    turns, turn = _numbered(place.turn for place in places)
    waybills, waybill = _numbered(each.waybill for each, _ in taught)
    _, group = _numbered(each.group for each, _ in taught)
    figures = np.array(
        [figures_of(place, each.silence, each.hit or 0) for each, place in taught],
        dtype=np.float64,
    )
    plan_h, hours = np.array([_times(each) for each, _ in taught], dtype=np.float64).T
    silences = Silences(
        parcel=waybill,
        group=group,
        hours=hours,
        plan_h=plan_h,
        is_open=np.array([each.ending is Ending.OPEN for each, _ in taught], dtype=np.bool_),
        kind=pool,
        keys={"pool": pool, "lane": lane, "turn": turn},
        figures={name: figures[:, at] for at, name in enumerate(Figures._fields)},
    )
    return Rows(silences, pools, lanes, turns, waybills)


def is_taught(past: PastSilence) -> bool:
    """Say whether it tells how late a scan comes: one came that was expected, or it is awaited."""
    return past.ending is Ending.OPEN or past.hit is not None


def place_of(past: PastSilence, calendar: Calendar) -> Place:
    """Of the scan that ended it, as it was planned when it came."""
    stop = past.stop
    return calendar.place(stop, stop.again if past.missed_turn else stop.by)


def _times(past: PastSilence) -> tuple[float, float]:
    """Hours from its begin to the plan, and to its end."""
    stop = past.stop
    planned = (stop.again if past.missed_turn else stop.by) - past.since
    late = past.until - stop.by if past.ending is Ending.OPEN else past.late
    return planned / _HOUR, (planned + late) / _HOUR


def _numbered(
    names: Iterable[str],
) -> tuple[tuple[str, ...], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    found: dict[str, int] = {}
    numbers = [found.setdefault(name, len(found)) for name in names]
    return tuple(found), np.array(numbers, dtype=np.int64)
