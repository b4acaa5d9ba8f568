"""The wanted list: what every scanner must stop at.

Rules match a series of waybills, entries a single one. A list has one growing version; its
canonical bytes are hashed into a signed head that is renewed each minute. Pure.
Source: HV-2.11.1, design section 3 ("Wanted list").
"""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from wire.events import Waybill
from wire.limits import ERROR_TEXT_MAX, SCOPE_SITES_MAX, WANTED_ENTRIES_MAX, WANTED_RULES_MAX
from wire.names import END, At, Count, Name, Prefix, Result, Sha256, parse_at

# Shown on screens and kept in databases: no control characters.
_PRINTABLE = r"^[^\u0000-\u001f\u007f]*" + END
Banner = Annotated[str, Meta(pattern=_PRINTABLE, max_length=80)]
Reason = Annotated[str, Meta(pattern=_PRINTABLE, max_length=200)]
Owner = Annotated[str, Meta(pattern=_PRINTABLE, max_length=64)]


class Tone(StrEnum):
    """Which pattern a match sounds; null means the one of its result."""

    WANTED = "wanted"
    STOP = "stop"


class WantedResult(StrEnum):
    """What a single entry asks of the person at the scanner."""

    WANTED = "wanted"
    STOP = "stop"


class WantedRule(Struct, frozen=True, kw_only=True):
    """A series: every waybill with this prefix is a high-value parcel."""

    id: Name
    prefix: Prefix
    banner_zh: Banner
    banner_en: Banner


class WantedEntry(Struct, frozen=True, kw_only=True):
    """One waybill. ``scope`` names the sites it holds at (null: all); ``covert`` keeps quiet."""

    id: Name
    waybill: Waybill
    result: WantedResult
    reason: Reason
    tone: Tone | None = None
    banner_zh: Banner | None = None
    banner_en: Banner | None = None
    priority: Annotated[int, Meta(ge=0, le=9)] = 5
    owner: Owner = ""
    expires_at: At | None = None
    covert: bool = False
    scope: Annotated[tuple[Name, ...], Meta(max_length=SCOPE_SITES_MAX)] | None = None

    def __post_init__(self) -> None:
        if self.expires_at is not None:
            parse_at(self.expires_at)


class ListHead(Struct, frozen=True, kw_only=True):
    """A version, what its canonical bytes hash to, and when the hub said so."""

    version: Count
    list_sha256: Sha256
    head_at: At

    def __post_init__(self) -> None:
        parse_at(self.head_at)


class WantedList(Struct, frozen=True, kw_only=True):
    """The whole list; rules and entries are sorted by id so that equal lists have equal bytes."""

    version: Count
    rules: Annotated[tuple[WantedRule, ...], Meta(max_length=WANTED_RULES_MAX)]
    entries: Annotated[tuple[WantedEntry, ...], Meta(max_length=WANTED_ENTRIES_MAX)]


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(WantedList)
_entry_decoder = msgspec.json.Decoder(WantedEntry)


def check_entry(entry: WantedEntry) -> None:
    """Refuse an entry that no edge would read; the hub asks before it puts one on the list.

    Types are only checked where bytes are read, and one bad entry would make every edge refuse the
    whole list.

    Raises:
        ValueError: a field is out of its bounds; the sentence names it.
    """
    try:
        _entry_decoder.decode(_encoder.encode(entry))
    except ValueError as error:
        raise ValueError(f"no wanted entry: {error}"[:ERROR_TEXT_MAX]) from error


def make_list(
    version: int, rules: tuple[WantedRule, ...], entries: tuple[WantedEntry, ...]
) -> WantedList:
    """Build a list with its parts in canonical order.

    Raises:
        ValueError: two entries or two rules share an id, or there are more than the bounds allow.
    """
    if len(entries) > WANTED_ENTRIES_MAX:
        raise ValueError(f"a wanted list holds at most {WANTED_ENTRIES_MAX} entries")
    if len(rules) > WANTED_RULES_MAX:
        raise ValueError(f"a wanted list holds at most {WANTED_RULES_MAX} rules")
    for part in (rules, entries):
        if len({item.id for item in part}) != len(part):
            raise ValueError("two entries or two rules of a wanted list share an id")
    return WantedList(
        version=version,
        rules=tuple(sorted(rules, key=lambda rule: rule.id)),
        entries=tuple(sorted(entries, key=lambda entry: entry.id)),
    )


def list_bytes(wanted: WantedList) -> bytes:
    """The canonical bytes: what travels in a snapshot, is kept on disk and is hashed."""
    return _encoder.encode(wanted)


def list_sha256(wanted: WantedList) -> str:
    """SHA-256 of the canonical bytes, lower hex."""
    return hashlib.sha256(list_bytes(wanted)).hexdigest()


def parse_list(data: bytes) -> WantedList:
    """Read canonical bytes.

    Raises:
        ValueError: not a list, over a bound, a time that does not exist, or not canonical.
    """
    try:
        wanted = _decoder.decode(data)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not a wanted list: {error}"[:ERROR_TEXT_MAX]) from error
    if list_bytes(make_list(wanted.version, wanted.rules, wanted.entries)) != data:
        raise ValueError("not a wanted list in canonical form")
    return wanted


def apply_delta(
    wanted: WantedList,
    version: int,
    put: tuple[WantedEntry, ...],
    remove: tuple[str, ...],
    rules: tuple[WantedRule, ...] | None,
) -> WantedList:
    """The list after a delta. Removing what is not there changes nothing.

    Raises:
        ValueError: ``version`` does not grow, or the result breaks a bound.
    """
    if version <= wanted.version:
        raise ValueError(f"version {version} does not follow {wanted.version}")
    entries = {entry.id: entry for entry in wanted.entries}
    for entry_id in remove:
        entries.pop(entry_id, None)
    for entry in put:
        entries[entry.id] = entry
    return make_list(version, wanted.rules if rules is None else rules, tuple(entries.values()))


def holds(entry: WantedEntry, site: str, now: datetime) -> bool:
    """Say whether an entry is in force at a site; one that expires now no longer is."""
    if entry.scope is not None and site not in entry.scope:
        return False
    return entry.expires_at is None or now < parse_at(entry.expires_at)


class WantedIndex:
    """A list made ready for judging: one dictionary look-up a scan."""

    def __init__(self, wanted: WantedList) -> None:
        self.wanted = wanted
        self._by_waybill: dict[str, list[WantedEntry]] = {}
        for entry in wanted.entries:
            self._by_waybill.setdefault(entry.waybill, []).append(entry)
        # stop before wanted, then the smaller priority number, then the id: one answer always.
        for found in self._by_waybill.values():
            found.sort(key=lambda e: (e.result is not WantedResult.STOP, e.priority, e.id))

    def entry_for(self, waybill: str, site: str, now: datetime) -> WantedEntry | None:
        """The strongest entry in force for a waybill at a site, if there is one."""
        found = self._by_waybill.get(waybill, ())
        return next((entry for entry in found if holds(entry, site, now)), None)

    def rule_for(self, waybill: str) -> WantedRule | None:
        """The series that a waybill belongs to, if there is one; the longest prefix wins."""
        found = [rule for rule in self.wanted.rules if waybill.startswith(rule.prefix)]
        return max(found, key=lambda rule: len(rule.prefix), default=None)

    def judge(self, waybill: str, site: str, now: datetime) -> tuple[Result, WantedEntry | None]:
        """What a waybill is at a site and time: an entry beats a series (HV-2.11.1)."""
        entry = self.entry_for(waybill, site, now)
        if entry is not None:
            return Result(entry.result.value), entry
        return (Result.HV if self.rule_for(waybill) else Result.CLEAR), None
