"""One row of a carrier's scan history, checked: a scan, or what is wrong with it. Pure.

Source: docs/backtest.md.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import TypeVar

from wire.names import Step

REQUIRED = ("waybill", "site", "step", "at")
OPTIONAL = ("next_site", "planned_at", "outcome", "product", "value_class")
COLUMNS_MAX = 100
NAME_MAX = 64
SHOWN_MAX = 40
"""Characters of a wrong value that are shown."""
YEAR_MIN = 2000
PLAN_MAX = timedelta(days=60)
"""A plan further away from its scan is a slip of a date."""
CLOCK_AHEAD_MAX = timedelta(minutes=5)
"""By so much a good clock may be ahead of ours."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Word = TypeVar("_Word", bound=StrEnum)


class Fault(StrEnum):
    """What is wrong with a row; the row is left out."""

    LINE_LONG = "line_long"
    NOT_UTF8 = "not_utf8"
    NO_CSV = "no_csv"
    FIELDS = "fields"
    EMPTY = "empty"
    ODD = "odd"
    NO_ZONE = "no_zone"
    NO_TIME = "no_time"
    TOO_OLD = "too_old"
    FUTURE = "future"
    PLAN_FAR = "plan_far"
    UNKNOWN_SITE = "unknown_site"
    UNKNOWN_STEP = "unknown_step"
    UNKNOWN_OUTCOME = "unknown_outcome"
    DUPLICATE = "duplicate"


class Doubt(StrEnum):
    """What looks wrong with a row; the row counts."""

    OTHER_ZONE = "other_zone"
    UNSORTED = "unsorted"
    TWO_OUTCOMES = "two_outcomes"


class Outcome(StrEnum):
    """What became of a parcel, as far as the history says."""

    NONE = ""
    DELIVERED = "delivered"
    LOST = "lost"


@dataclass(frozen=True)
class Finding:
    """What is wrong, or looks so, where. ``row``: a line of the file, the header is 1."""

    row: int
    column: str
    what: Fault | Doubt
    value: str = ""
    more: str = ""


class RowError(Exception):
    """A row cannot be used."""

    def __init__(self, what: Fault, column: str = "", value: str = "", more: str = "") -> None:
        super().__init__(what)
        self.what, self.column, self.value, self.more = what, column, value, more

    def at(self, row: int) -> Finding:
        """With its place in the file."""
        return Finding(row, self.column, self.what, _shown(self.value), self.more)


@dataclass(frozen=True)
class Layout:
    """In which place each column stands; ``unread`` are columns that nobody asked for."""

    place: Mapping[str, int]
    width: int
    unread: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scan:
    """One row. Seconds since 1970; ``offset_s`` is the site's local time less UTC."""

    row: int
    waybill: str
    site: str
    step: Step
    at_s: float
    offset_s: float
    next_site: str
    planned_s: float | None
    outcome: Outcome
    product: str
    value_class: str


@dataclass(frozen=True)
class Checks:
    """What rows are held against: our clock, and the zones of the sites, if they are known."""

    now: datetime
    zones: Mapping[str, tzinfo] | None


def read_header(line: str) -> Layout:
    """Read the first line.

    Raises:
        RowError: no CSV, a column that has to be there is not, or stands there twice.
    """
    names = [each.strip().lower() for each in _fields(line)]
    for name in REQUIRED:
        if name not in names:
            raise RowError(Fault.FIELDS, name, line)
    known = [name for name in names if name in REQUIRED + OPTIONAL]
    twice = next((name for name in known if known.count(name) > 1), None)
    if twice is not None or len(names) > COLUMNS_MAX:
        raise RowError(Fault.NO_CSV, twice or "", line)
    unread = tuple(_shown(name) for name in names if name not in known)
    return Layout({name: names.index(name) for name in known}, len(names), unread)


def read_row(line: str, row: int, layout: Layout, checks: Checks) -> tuple[Scan, list[Finding]]:
    """Read one line; with the scan comes what looks wrong with it.

    Raises:
        RowError: it cannot be used.
    """
    fields = _fields(line)
    if len(fields) != layout.width:
        raise RowError(Fault.FIELDS, "", str(len(fields)), str(layout.width))
    told = {name: fields[place].strip() for name, place in layout.place.items()}
    waybill, site, step = (_name(told, name) for name in ("waybill", "site", "step"))
    at = _time(told, "at")
    if at > checks.now + CLOCK_AHEAD_MAX:
        raise RowError(Fault.FUTURE, "at", told["at"])
    next_site, planned = told.get("next_site", ""), _plan(told, at)
    for name in ("site", "next_site"):
        if checks.zones is not None and told.get(name) and told[name] not in checks.zones:
            raise RowError(Fault.UNKNOWN_SITE, name, told[name])
    offset, findings = _offset(at, site, row, told["at"], checks)
    scan = Scan(
        row=row,
        waybill=waybill,
        site=site,
        step=_one_of(Step, Fault.UNKNOWN_STEP, "step", step.lower()),
        at_s=(at - EPOCH).total_seconds(),
        offset_s=offset.total_seconds(),
        next_site=_plain("next_site", next_site),
        planned_s=None if planned is None else (planned - EPOCH).total_seconds(),
        outcome=_one_of(Outcome, Fault.UNKNOWN_OUTCOME, "outcome", told.get("outcome", "").lower()),
        product=_plain("product", told.get("product", "")),
        value_class=_plain("value_class", told.get("value_class", "")),
    )
    return scan, findings


def _fields(line: str) -> list[str]:
    try:
        rows = list(csv.reader([line], strict=True))
    except csv.Error as error:
        raise RowError(Fault.NO_CSV, "", line) from error
    return rows[0] if rows else []


def _name(told: Mapping[str, str], column: str) -> str:
    if not told[column]:
        raise RowError(Fault.EMPTY, column)
    return _plain(column, told[column])


def _plain(column: str, value: str) -> str:
    if len(value) > NAME_MAX or not value.isprintable():
        raise RowError(Fault.ODD, column, value)
    return value


def _time(told: Mapping[str, str], column: str) -> datetime:
    if not told[column]:
        raise RowError(Fault.EMPTY, column)
    try:
        at = datetime.fromisoformat(told[column])
    except ValueError as error:
        raise RowError(Fault.NO_TIME, column, told[column]) from error
    if at.tzinfo is None:
        raise RowError(Fault.NO_ZONE, column, told[column])
    if at.year < YEAR_MIN:
        raise RowError(Fault.TOO_OLD, column, told[column])
    return at


def _plan(told: Mapping[str, str], at: datetime) -> datetime | None:
    if not told.get("planned_at"):
        return None
    planned = _time(told, "planned_at")
    if abs(planned - at) > PLAN_MAX:
        raise RowError(Fault.PLAN_FAR, "planned_at", told["planned_at"])
    return planned


def _offset(
    at: datetime, site: str, row: int, value: str, checks: Checks
) -> tuple[timedelta, list[Finding]]:
    """The site's local time less UTC, and a word if the row's own says otherwise."""
    own = at.utcoffset() or timedelta()
    zone = checks.zones.get(site) if checks.zones else None
    if zone is None:
        return own, []
    due = at.astimezone(zone).utcoffset() or timedelta()
    if due == own:
        return due, []
    return due, [Finding(row, "at", Doubt.OTHER_ZONE, _shown(value), str(zone))]


def _one_of(kind: type[_Word], fault: Fault, column: str, value: str) -> _Word:
    try:
        return kind(value)
    except ValueError as error:
        raise RowError(fault, column, value, ", ".join(each for each in kind if each)) from error


def _shown(value: str) -> str:
    """A value that may be put on a screen: short, and without what moves a cursor."""
    plain = "".join(each if each.isprintable() else "?" for each in value)
    return plain if len(plain) <= SHOWN_MAX else plain[: SHOWN_MAX - 1] + "…"
