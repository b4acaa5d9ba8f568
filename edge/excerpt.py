"""The handheld's own copy of the wanted list, for judging while it has no edge (P3).

It holds what this site's scanners would show, and no more: another site's entries and covert ones
are not in it, because what a handheld holds, whoever holds the handheld can read. Pure.
Source: HV-2.11.1, docs/adr/0021.
"""

from dataclasses import dataclass

import msgspec
from msgspec import Struct

from devices.feedback import SIGNALS
from edge.verdict import HeldList, entry_banner, entry_signal
from wire.names import Result, Signal
from wire.site_pack import EdgePolicy
from wire.wanted import WantedEntry, WantedResult

Tones = tuple[tuple[int, int, int], ...]
"""Hertz, ms, and ms of gap after it, as on the station page."""
KEPT_TONES: Tones = ((800, 140, 70), (600, 140, 0))
"""Falling, and nothing like the good-read: the scan is on the handheld, not on the edge (P1)."""


@dataclass(frozen=True, slots=True)
class ListSource:
    """What the copy is made of; ``pack_version`` is the site pack's, 0 without one."""

    site: str
    held: HeldList
    policy: EdgePolicy
    pack_version: int


class EntryCopy(Struct, frozen=True, kw_only=True):
    """One waybill, with all that is shown of it."""

    waybill: str
    result: Result
    signal: Signal
    banner_zh: str
    banner_en: str
    reason: str | None
    owner: str | None
    expires_at: str | None


class RuleCopy(Struct, frozen=True, kw_only=True):
    """A series of waybills."""

    prefix: str
    banner_zh: str
    banner_en: str


class KindCopy(Struct, frozen=True, kw_only=True):
    """What a waybill looks like; a check digit is the edge's to check."""

    pattern: str


class Excerpt(Struct, frozen=True, kw_only=True):
    """The copy. Of a waybill's entries, and of rules, the first that fits counts."""

    version: int
    pack_version: int
    kinds: tuple[KindCopy, ...]
    rules: tuple[RuleCopy, ...]
    entries: tuple[EntryCopy, ...]
    tones: dict[str, Tones]


def make_excerpt(source: ListSource) -> Excerpt:
    """Make the copy."""
    wanted = source.held.index.wanted
    mine = [
        entry
        for entry in wanted.entries
        if not entry.covert and (entry.scope is None or source.site in entry.scope)
    ]
    mine.sort(key=lambda e: (e.result is not WantedResult.STOP, e.priority, e.id))
    rules = sorted(wanted.rules, key=lambda rule: -len(rule.prefix))
    tones: dict[str, Tones] = {signal.value: form.tones for signal, form in SIGNALS.items()}
    return Excerpt(
        version=wanted.version,
        pack_version=source.pack_version,
        kinds=tuple(KindCopy(pattern=kind.pattern) for kind in source.policy.waybill),
        rules=tuple(
            RuleCopy(prefix=rule.prefix, banner_zh=rule.banner_zh, banner_en=rule.banner_en)
            for rule in rules
        ),
        entries=tuple(_copy(entry) for entry in mine),
        tones={**tones, "kept": KEPT_TONES},
    )


def _copy(entry: WantedEntry) -> EntryCopy:
    banner = entry_banner(entry)
    return EntryCopy(
        waybill=entry.waybill,
        result=Result(entry.result.value),
        signal=entry_signal(entry),
        banner_zh=banner.zh,
        banner_en=banner.en,
        reason=banner.reason,
        owner=banner.owner,
        expires_at=entry.expires_at,
    )


def excerpt_bytes(source: ListSource) -> bytes:
    """The copy as it is sent."""
    return msgspec.json.encode(make_excerpt(source))
