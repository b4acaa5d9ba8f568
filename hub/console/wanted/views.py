"""What the wanted screens show and take, as values. Times are aware UTC; ``None`` is a gap."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from wire.wanted import WantedEntry, WantedResult

Fields = dict[str, str]
"""What somebody typed or a file holds, by the column's name."""


class Column(StrEnum):
    """The columns of an import, in the order that counts where a file has no heading."""

    WAYBILL = "waybill"
    RESULT = "result"
    REASON = "reason"
    EXPIRES = "expires_at"
    SCOPE = "scope"
    COVERT = "covert"
    PRIORITY = "priority"
    BANNER_ZH = "banner_zh"
    BANNER_EN = "banner_en"


class Fault(StrEnum):
    """What is wrong with a line; the screens say it in plain words."""

    NO_WAYBILL = "no_waybill"
    WAYBILL = "waybill"
    SPREADSHEET = "spreadsheet"
    """A spreadsheet has rounded the number to something like 1.03E+11."""
    RESULT = "result"
    NO_REASON = "no_reason"
    REASON = "reason"
    EXPIRES = "expires"
    PAST = "past"
    SCOPE = "scope"
    SCOPE_LONG = "scope_long"
    NOT_YOURS = "not_yours"
    COVERT = "covert"
    PRIORITY = "priority"
    BANNER = "banner"
    TWICE = "twice"
    COLUMNS = "columns"


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry in the making; ``scope`` None: at every site."""

    waybill: str
    result: WantedResult
    reason: str
    expires_at: datetime | None
    scope: tuple[str, ...] | None
    covert: bool
    priority: int
    banner_zh: str | None
    banner_en: str | None


class Becomes(StrEnum):
    """What a line would do to the list."""

    NEW = "new"
    CHANGE = "change"
    SAME = "same"
    FAULTY = "faulty"


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One line of an import: what it says, and what is wrong with it or what it would do.

    ``same_as``: the line before it that names the same waybill.
    """

    number: int
    waybill: str
    draft: Draft | None
    faults: tuple[Fault, ...]
    becomes: Becomes
    same_as: int | None = None


@dataclass(frozen=True, slots=True)
class WantedSight:
    """A page of the list; ``more``: there are entries after it."""

    entries: tuple[WantedEntry, ...]
    more: bool
    count: int
    version: int
    is_deciding: bool
    """Whether the person may change the list."""
