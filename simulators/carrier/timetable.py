"""When a carrier works: shifts, couriers' rounds, and how long trips take.

Pure. ``USUAL`` is a carrier's day; ``BRISK`` moves a parcel across a region in hours, so that a
day can be watched.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum

Window = tuple[time, time]
"""Local times; one that ends at or before its start ends the next day."""


class SiteKind(StrEnum):
    """What a site is, as network.toml writes it."""

    BRANCH = "branch"
    LEVEL_2 = "level-2"
    LEVEL_1 = "level-1"
    DISPATCH = "dispatch"


@dataclass(frozen=True, slots=True)
class Timetable:
    """The hours of all sites.

    ``up`` and ``down`` name the level-2 hubs' shifts towards the level-1 hub and the branches.
    What is not ready ``cut_off`` before a shift's end leaves with the next one; what waits longer
    than ``store_after`` is locked away (HV-2.8). ``homecomings`` are when couriers hand in what
    they accepted during ``pickups``, most at the share ``pickup_peak`` of those hours; ``rounds``
    when they go out and have to be done. The ``_h`` are hours of trips to choose from.
    """

    shifts: Mapping[SiteKind, Mapping[str, Window]]
    up: tuple[str, ...]
    down: tuple[str, ...]
    cut_off: timedelta
    store_after: timedelta
    pickups: Window
    pickup_peak: float
    homecomings: tuple[time, ...]
    rounds: tuple[Window, ...]
    branch_h: tuple[float, ...]
    trunk_h: tuple[float, ...]
    road_h: tuple[float, ...]
    air_h: tuple[float, ...]


USUAL = Timetable(
    shifts={
        SiteKind.BRANCH: {"am": (time(8), time(12, 30)), "pm": (time(13), time(19, 30))},
        SiteKind.LEVEL_2: {
            "dawn": (time(2), time(6)),
            "noon": (time(9), time(11, 30)),
            "day": (time(12), time(17)),
            "night": (time(19), time(0, 30)),
        },
        SiteKind.LEVEL_1: {
            "dawn": (time(23), time(5)),
            "day": (time(9), time(15)),
            "night": (time(16), time(22)),
        },
        SiteKind.DISPATCH: {"day": (time(8), time(20))},
    },
    up=("day", "night"),
    down=("dawn", "noon"),
    cut_off=timedelta(minutes=45),
    store_after=timedelta(hours=4),
    # HV-2.2.1: orders until 18:00, pickups until 19:00; the last ones miss the evening's shift.
    pickups=(time(9), time(18, 50)),
    pickup_peak=0.6,
    homecomings=(time(11, 15), time(15), time(18), time(19, 15)),
    # HV-2.6: in principle done by 18:00.
    rounds=((time(9), time(12)), (time(14), time(17, 40))),
    branch_h=(1.0, 1.5, 2.0),
    trunk_h=(1.5, 2.0, 2.5),
    road_h=(7.5, 8.0),
    air_h=(4.0, 4.5, 5.0),
)


def _every_hour(minute: int) -> dict[str, Window]:
    return {
        f"s{hour:02d}{minute:02d}": (time(hour, minute), time((hour + 1) % 24, minute))
        for hour in range(24)
    }


_FULL, _QUARTER_TO = _every_hour(0), _every_hour(45)

BRISK = Timetable(
    shifts={
        SiteKind.BRANCH: _FULL,
        SiteKind.LEVEL_2: _QUARTER_TO,
        SiteKind.LEVEL_1: _FULL,
        SiteKind.DISPATCH: {"day": (time(8), time(20))},
    },
    up=tuple(_QUARTER_TO),
    down=tuple(_QUARTER_TO),
    cut_off=timedelta(minutes=10),
    store_after=timedelta(minutes=45),
    pickups=(time(9, 12), time(23, 30)),
    pickup_peak=0.02,
    homecomings=tuple(time(hour, 30) for hour in range(24)),
    rounds=tuple((time(hour, 20), time(hour + 1, 10)) for hour in range(23)),
    branch_h=(0.25,),
    trunk_h=(0.25,),
    road_h=(1.0,),
    air_h=(1.0,),
)
"""For days that are watched sixty times as fast: a departure every minute."""
