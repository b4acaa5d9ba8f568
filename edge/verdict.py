"""Judge one label against the wanted list that this edge holds, and say what to signal.

Pure: list, clock and policy are arguments. Source: HV-2.11.1, design section 3 ("Results and
signals").
"""

from dataclasses import dataclass
from datetime import datetime

from devices.symbology import CommandLabel, HostileLabel, Label, UnknownLabel, WaybillLabel
from wire.names import Result, Signal
from wire.policy import ListPolicy, WaybillKind
from wire.wanted import (
    Tone,
    WantedEntry,
    WantedIndex,
    WantedList,
    WantedRule,
    make_list,
)

HV_BANNER_ZH = "特殊安全产品(高价值)快件"
HV_BANNER_EN = "HIGH VALUE"
STOP_BANNER_ZH = "禁止流转"
STOP_BANNER_EN = "STOP"
WANTED_BANNER_EN = "WANTED"

HEAD_AHEAD_S_MAX = 60
"""A list head that lies further in the future was signed, or is read, by a wrong clock."""

_SIGNALS = {
    Result.CLEAR: Signal.OK,
    Result.HV: Signal.WANTED,
    Result.WANTED: Signal.WANTED,
    Result.STOP: Signal.STOP,
    Result.NOT_A_PARCEL: Signal.WARN,
    Result.HOSTILE: Signal.REJECT,
}
_TONES = {Tone.WANTED: Signal.WANTED, Tone.STOP: Signal.STOP}


@dataclass(frozen=True, slots=True)
class HeldList:
    """The newest list whose signature was checked; ``head_at`` is None for the shipped one."""

    index: WantedIndex
    head_at: datetime | None

    @property
    def version(self) -> int:
        """The list's version; 0 for the shipped one."""
        return self.index.wanted.version

    def age_s(self, now: datetime) -> int | None:
        """Seconds since the newest signed head; None where there never was one, or a clock lies."""
        if self.head_at is None:
            return None
        age_s = int((now - self.head_at).total_seconds())
        return max(0, age_s) if age_s >= -HEAD_AHEAD_S_MAX else None

    def is_stale(self, now: datetime, policy: ListPolicy) -> bool:
        """Say whether the head is too old to trust a quiet scanner; an unknown age is."""
        age_s = self.age_s(now)
        return age_s is None or age_s > policy.stale_age_s


@dataclass(frozen=True, slots=True)
class Banner:
    """What stands over an alarm, and why and by whom it was raised, where that is known."""

    zh: str
    en: str
    reason: str | None
    owner: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a label is, and what people are told of it.

    ``result`` goes into the event line. ``shown`` is what station and scanner admit: for a covert
    entry it is what the waybill would be without that entry.
    """

    result: Result
    shown: Result
    signal: Signal
    banner: Banner | None
    list_version: int
    list_age_s: int | None


def shipped_list(kinds: tuple[WaybillKind, ...]) -> WantedList:
    """The list of an edge that never heard from its hub: the policy's high-value series only."""
    rules = tuple(
        WantedRule(
            id=f"hv-{kind.name}"[:32],
            prefix=kind.series_hv,
            banner_zh=HV_BANNER_ZH,
            banner_en=HV_BANNER_EN,
        )
        for kind in kinds
        if kind.series_hv is not None
    )
    return make_list(0, rules, ())


def judge(label: Label, held: HeldList, site: str, now: datetime) -> Verdict:
    """Judge one label.

    Args:
        label: what ``devices.symbology`` made of the code.
        held: the list of this edge; an old one still judges (P3).
        site: entries may be limited to sites.
        now: aware UTC in the hub's time as far as it is known, because entries expire in it.
    """
    match label:
        case WaybillLabel():
            return judge_waybill(label.waybill, held, site, now)
        case CommandLabel():
            return _verdict(Result.NOT_A_PARCEL, Signal.OK, held, now)
        case UnknownLabel():
            return _verdict(Result.NOT_A_PARCEL, Signal.WARN, held, now)
        case HostileLabel():
            return _verdict(Result.HOSTILE, Signal.REJECT, held, now)


def judge_waybill(waybill: str, held: HeldList, site: str, now: datetime) -> Verdict:
    """Judge a waybill, wherever its number comes from; see :func:`judge`."""
    result, entry = held.index.judge(waybill, site, now)
    rule = held.index.rule_for(waybill)
    series = Result.HV if rule else Result.CLEAR
    shown = series if entry is None or entry.covert else result
    signal = _SIGNALS[shown]
    banner = None
    if entry is not None and not entry.covert:
        signal, banner = entry_signal(entry), entry_banner(entry)
    elif rule is not None:
        banner = Banner(rule.banner_zh, rule.banner_en, None, None)
    return Verdict(result, shown, signal, banner, held.version, held.age_s(now))


def entry_signal(entry: WantedEntry) -> Signal:
    """What an entry that is not covert sounds like."""
    if entry.tone is not None:
        return _TONES[entry.tone]
    return _SIGNALS[Result(entry.result.value)]


def entry_banner(entry: WantedEntry) -> Banner:
    """What stands over its alarm."""
    is_stop = _SIGNALS[Result(entry.result.value)] is Signal.STOP
    zh = entry.banner_zh or (STOP_BANNER_ZH if is_stop else HV_BANNER_ZH)
    en = entry.banner_en or (STOP_BANNER_EN if is_stop else WANTED_BANNER_EN)
    return Banner(zh, en, entry.reason, entry.owner or None)


def _verdict(result: Result, signal: Signal, held: HeldList, now: datetime) -> Verdict:
    return Verdict(result, result, signal, None, held.version, held.age_s(now))
