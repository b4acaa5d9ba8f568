"""Read what somebody typed, pasted or took from a spreadsheet; wrong lines say why. Computed only.

The same rules hold for one entry in the form and for five hundred in a file.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from hub.console.wanted.views import Becomes, Column, Draft, Fault, Fields, ImportLine
from wire.limits import SCOPE_SITES_MAX
from wire.policy import WaybillKind
from wire.wanted import WantedEntry, WantedResult

LINES_MAX = 500
"""Of one import: its transaction holds up the hub's other writers for a third of a second."""
CHARS_MAX = 200_000
REASON_CHARS_MAX = 200
BANNER_CHARS_MAX = 80
PRIORITY_DEFAULT = 5

_DELIMITERS = ("\t", ";", ",")
_SPREADSHEET = re.compile(r"[0-9][.,][0-9]+[Ee]\+?[0-9]+")
_LOCAL_TIME = re.compile(
    r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?:[ T]([0-9]{1,2}):([0-9]{2})(?::[0-9]{2})?)?"
)
_SITE = re.compile(r"[A-Za-z0-9_-]{1,32}")
_WAYBILL = re.compile(r"[0-9A-Za-z-]{1,64}")
_SEPARATORS = re.compile(r"[\s,;、，；|/]+")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What people write for columns, results, yes and no, in both languages; all folded."""

    columns: dict[str, Column]
    results: dict[str, WantedResult]
    yes: frozenset[str]
    no: frozenset[str]

    def column(self, heading: str) -> Column | None:
        """The column that a heading means."""
        folded = heading.strip().casefold()
        own = {column.value: column for column in Column}
        return own.get(folded) or self.columns.get(folded)

    def result(self, typed: str) -> WantedResult | None:
        """The result that somebody means; nothing written means wanted."""
        own = {"": WantedResult.WANTED} | {each.value: each for each in WantedResult}
        return own.get(typed) or self.results.get(typed)


@dataclass(frozen=True, slots=True)
class Reader:
    """What a line is held against.

    ``terms``: what words mean. ``kinds``: what a scanner takes for a waybill. ``sites``: codes
    that exist; empty: any. ``own_sites``: those of the person, None: all.
    """

    terms: Terms
    kinds: Sequence[WaybillKind]
    sites: frozenset[str]
    own_sites: frozenset[str] | None
    zone: ZoneInfo
    now: datetime

    def read(self, fields: Fields) -> tuple[Draft | None, tuple[Fault, ...]]:
        """Make a draft of what was filled in, or say everything that is wrong with it."""
        faults: list[Fault] = []
        waybill = _waybill(fields.get(Column.WAYBILL, ""), self.kinds, faults)
        result = self.terms.result(_folded(fields, Column.RESULT))
        if result is None:
            faults.append(Fault.RESULT)
        reason = fields.get(Column.REASON, "").strip()
        if not reason:
            faults.append(Fault.NO_REASON)
        elif len(reason) > REASON_CHARS_MAX or _UNPRINTABLE.search(reason):
            faults.append(Fault.REASON)
        expires_at = self._expires_at(fields.get(Column.EXPIRES, "").strip(), faults)
        scope = self._scope(fields.get(Column.SCOPE, "").strip(), faults)
        covert = _folded(fields, Column.COVERT)
        is_covert = covert in self.terms.yes
        if not is_covert and covert not in self.terms.no:
            faults.append(Fault.COVERT)
        priority = _priority(fields.get(Column.PRIORITY, "").strip(), faults)
        banners = [
            _banner(fields.get(each, ""), faults) for each in (Column.BANNER_ZH, Column.BANNER_EN)
        ]
        if faults or result is None:
            return None, tuple(dict.fromkeys(faults))
        return (
            Draft(waybill, result, reason, expires_at, scope, is_covert, priority, *banners),
            (),
        )

    def _expires_at(self, typed: str, faults: list[Fault]) -> datetime | None:
        if not typed:
            return None
        at = _time(typed, self.zone)
        if at is None:
            faults.append(Fault.EXPIRES)
        elif at <= self.now:
            faults.append(Fault.PAST)
        return at

    def _scope(self, typed: str, faults: list[Fault]) -> tuple[str, ...] | None:
        codes = tuple(dict.fromkeys(code for code in _SEPARATORS.split(typed) if code))
        is_known = all(
            _SITE.fullmatch(code) and (not self.sites or code in self.sites) for code in codes
        )
        if not is_known:
            faults.append(Fault.SCOPE)
        if len(codes) > SCOPE_SITES_MAX:
            faults.append(Fault.SCOPE_LONG)
        if self.own_sites is not None and not (codes and self.own_sites.issuperset(codes)):
            faults.append(Fault.NOT_YOURS)
        return codes or None


def read_lines(text: str, reader: Reader) -> list[ImportLine]:
    """Read a pasted or picked table, at most ``LINES_MAX`` lines of ``CHARS_MAX`` characters.

    A heading says which column is which; without one they stand in the order of ``Column``.
    Tabs, semicolons or commas part them, whichever the first line has most of.
    """
    lines = [line for line in text[:CHARS_MAX].lstrip("\ufeff").splitlines() if line.strip()]
    if not lines:
        return []
    delimiter = max(_DELIMITERS, key=lines[0].count)
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=delimiter)]
    heading = [reader.terms.column(cell) for cell in rows[0]]
    has_heading = Column.WAYBILL in heading
    columns: Sequence[Column | None] = heading if has_heading else tuple(Column)
    first = 2 if has_heading else 1
    read: list[ImportLine] = []
    seen: dict[str, int] = {}
    for number, row in enumerate(rows[int(has_heading) :][:LINES_MAX], first):
        line = _read_line(number, row, columns, reader)
        if line.draft is not None and line.draft.waybill in seen:
            same_as = seen[line.draft.waybill]
            line = ImportLine(number, line.waybill, None, (Fault.TWICE,), Becomes.FAULTY, same_as)
        elif line.draft is not None:
            seen[line.draft.waybill] = number
        read.append(line)
    return read


def _read_line(
    number: int, row: list[str], columns: Sequence[Column | None], reader: Reader
) -> ImportLine:
    fields = {
        column.value: cell for column, cell in zip(columns, row, strict=False) if column is not None
    }
    draft, faults = reader.read(fields)
    if len(row) > len(columns):
        draft, faults = None, (*faults, Fault.COLUMNS)
    becomes = Becomes.FAULTY if draft is None else Becomes.NEW
    said = fields.get(Column.WAYBILL, "")[:64] if draft is None else draft.waybill
    return ImportLine(number, said, draft, faults, becomes)


def becomes_of(before: WantedEntry | None, made: WantedEntry) -> Becomes:
    """What putting the entry ``made`` would do where ``before`` stands."""
    if before is None:
        return Becomes.NEW
    return Becomes.SAME if before == made else Becomes.CHANGE


def _folded(fields: Fields, column: Column) -> str:
    return fields.get(column, "").strip().casefold()


def _waybill(typed: str, kinds: Sequence[WaybillKind], faults: list[Fault]) -> str:
    # A spreadsheet writes ="103000000001" to keep a number a text; people type groups of four.
    waybill = re.sub(r"\s", "", typed).removeprefix("=").strip("\"'")
    if not waybill:
        faults.append(Fault.NO_WAYBILL)
    elif _SPREADSHEET.fullmatch(waybill):
        faults.append(Fault.SPREADSHEET)
    elif not (
        _WAYBILL.fullmatch(waybill) and any(re.fullmatch(kind.pattern, waybill) for kind in kinds)
    ):
        faults.append(Fault.WAYBILL)
    return waybill


def _priority(typed: str, faults: list[Fault]) -> int:
    if not typed:
        return PRIORITY_DEFAULT
    if len(typed) == 1 and typed in "0123456789":
        return int(typed)
    faults.append(Fault.PRIORITY)
    return PRIORITY_DEFAULT


def _banner(typed: str, faults: list[Fault]) -> str | None:
    banner = typed.strip()
    if len(banner) > BANNER_CHARS_MAX or _UNPRINTABLE.search(banner):
        faults.append(Fault.BANNER)
    return banner or None


def _time(typed: str, zone: ZoneInfo) -> datetime | None:
    """A local time, or the end of a day; the carrier's zone unless the time names its own."""
    found = _LOCAL_TIME.fullmatch(typed)
    if found is None:
        return _time_with_zone(typed)
    year, month, day, hour, minute = (int(part or 0) for part in found.groups())
    try:
        at = datetime(year, month, day, hour, minute, tzinfo=zone)
        is_whole_day = found[4] is None
        return (at + timedelta(days=int(is_whole_day))).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _time_with_zone(typed: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(typed)
        return None if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
