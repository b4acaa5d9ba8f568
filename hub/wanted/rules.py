"""The wanted list's bookkeeping: ids, series, and the changes between two versions. Pure.

Source: HV-2.11.1, design section 3 ("Wanted list").
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from wire.limits import DELTA_ENTRIES_MAX
from wire.policy import Policy
from wire.wanted import WantedEntry, WantedResult, WantedRule

HV_BANNER_ZH = "特殊安全产品(高价值)快件"
HV_BANNER_EN = "HIGH VALUE"
_HIGH_VALUE_ID = "v-"
"""Entries of people begin otherwise (``entry_id_of``)."""
_INCIDENT = "incident/"


@dataclass(frozen=True, slots=True)
class Change:
    """One version's change: an entry put or (``entry`` null) removed, or the rules renewed."""

    version: int
    entry_id: str | None
    entry: WantedEntry | None


@dataclass(frozen=True, slots=True)
class Delta:
    """What leads from one version to another; small enough to travel as a command."""

    from_version: int
    put: tuple[WantedEntry, ...]
    remove: tuple[str, ...]
    rules_changed: bool


def entry_id_of(waybill: str) -> str:
    """The id of a waybill's entry: the same again when it is put again."""
    return "w-" + hashlib.sha256(waybill.encode()).hexdigest()[:24]


def high_value_entry(waybill: str) -> WantedEntry:
    """The entry of a parcel that is high value by its declared value (design section 3)."""
    return WantedEntry(
        id=_HIGH_VALUE_ID + entry_id_of(waybill)[2:],
        waybill=waybill,
        result=WantedResult.WANTED,
        reason="高价值申报 / high declared value",
        banner_zh=HV_BANNER_ZH,
        banner_en=HV_BANNER_EN,
        owner="custos",
    )


def is_high_value_entry(entry: WantedEntry) -> bool:
    """Say whether an entry only marks a high-value parcel: nobody searches for it."""
    return entry.id.startswith(_HIGH_VALUE_ID)


def owner_of_incident(incident_id: int) -> str:
    """Who stands in the entries that an incident makes; no account can have such a name."""
    return f"{_INCIDENT}{incident_id}"


def is_of_incident(entry: WantedEntry) -> bool:
    """Say whether an incident made an entry."""
    return entry.owner.startswith(_INCIDENT)


def is_held(entry: WantedEntry) -> bool:
    """Say whether an incident stops a parcel: then only its release lets it go on (HV-3)."""
    return is_of_incident(entry) and entry.result is WantedResult.STOP


def concerns(entry: WantedEntry, sites: frozenset[str] | None) -> bool:
    """Say whether an entry counts at any of these sites; None: at any site at all."""
    return sites is None or entry.scope is None or not sites.isdisjoint(entry.scope)


def is_within(entry: WantedEntry, sites: frozenset[str] | None) -> bool:
    """Say whether an entry counts at these sites only, so that who answers for them may set it."""
    return sites is None or (entry.scope is not None and sites.issuperset(entry.scope))


def rules_of(policy: Policy) -> tuple[WantedRule, ...]:
    """The series of high-value parcels that the policy names, as rules (HV-2.11.1)."""
    return tuple(
        WantedRule(
            id=f"hv-{kind.name}"[:32],
            prefix=kind.series_hv,
            banner_zh=HV_BANNER_ZH,
            banner_en=HV_BANNER_EN,
        )
        for kind in policy.waybill
        if kind.series_hv is not None
    )


def delta_of(changes: Sequence[Change], from_version: int, version: int) -> Delta | None:
    """Fold the changes after ``from_version`` into one delta.

    Returns:
        ``None`` where a snapshot is needed: a change in between is no longer known, or more than
        ``DELTA_ENTRIES_MAX`` entries changed.
    """
    # Counted first: after a restore the versions can lie a million apart.
    if len(changes) != version - from_version:
        return None
    if [change.version for change in changes] != list(range(from_version + 1, version + 1)):
        return None
    newest = {c.entry_id: c.entry for c in changes if c.entry_id is not None}
    put = tuple(entry for entry in newest.values() if entry is not None)
    remove = tuple(entry_id for entry_id, entry in newest.items() if entry is None)
    if len(newest) > DELTA_ENTRIES_MAX:
        return None
    return Delta(from_version, put, remove, any(c.entry_id is None for c in changes))
