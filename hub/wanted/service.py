"""Put, remove, expire and tell the wanted list. The caller owns the transaction.

Source: HV-2.11.1, design section 3 ("Wanted list").

    WantedError      the entry cannot be taken; the sentence says why
    +- ListFullError        there are as many entries, or bytes of them, as a list can hold
    +- HeldError            an incident stops the parcel: release it there
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.alerts.service import raise_alert
from hub.db import outbox
from hub.db.outbox import NewsTopic
from hub.parcels.service import belongs_on_list, last_seen
from hub.wanted import store
from hub.wanted.findings import past_match
from hub.wanted.rules import (
    Delta,
    concerns,
    delta_of,
    entry_id_of,
    high_value_entry,
    is_held,
    is_high_value_entry,
    is_of_incident,
    is_within,
    owner_of_incident,
    rules_of,
)
from wire.limits import SNAPSHOT_BYTES_MAX, WANTED_ENTRIES_MAX
from wire.names import parse_at
from wire.policy import Policy
from wire.wanted import WantedEntry, WantedList, WantedResult, WantedRule, check_entry, make_list

__all__ = [
    "concerns",
    "entry_id_of",
    "is_high_value_entry",
    "is_of_incident",
    "is_within",
    "owner_of_incident",
]

EXPIRED_PER_CALL_MAX = 500
LIST_BYTES_MAX = SNAPSHOT_BYTES_MAX - 256 * 1024
"""All entries together: header, rules and commas come beside them, and no edge takes a longer
snapshot."""
OUTGROW_STEP = 1_000
"""How far above an edge's version the list goes on: other edges may hold somewhat newer ones."""
OUTGROW_MAX = 1_000_000
"""No hub has lost more versions than this by being restored; an edge that says so is not believed,
else one lie would use up all numbers."""


class WantedError(Exception):
    """The entry cannot be taken; the sentence says why."""


class ListFullError(WantedError):
    """There are as many entries, or bytes of them, as a list can hold."""


class HeldError(WantedError):
    """An incident stops the parcel: only its release lets it go on (HV-3)."""


def adopt_rules(tx: Connection, policy: Policy, now: datetime) -> None:
    """Make the policy's series the list's rules; a new version only where they differ."""
    wanted_rules = rules_of(policy)
    if store.version(tx) == 0 or store.rules(tx) != wanted_rules:
        _tell(tx, store.set_rules(tx, wanted_rules), now)


def put_entry(tx: Connection, entry: WantedEntry, now: datetime) -> bool:
    """Put an entry and look for its waybill among past scans; say whether it is new.

    The very same entry again changes nothing and makes no version.

    Raises:
        WantedError: it has expired already, or no edge could read it.
        ListFullError: the list holds ``WANTED_ENTRIES_MAX`` entries or ``LIST_BYTES_MAX``.
        HeldError: an incident stops the parcel.
    """
    return put_entries(tx, [entry], now) == 1


def put_entries(tx: Connection, entries: Sequence[WantedEntry], now: datetime) -> int:
    """Put several entries, one waybill each, and tell once; return how many are new.

    Raises:
        WantedError: as of ``put_entry``, of the first that cannot be taken; the caller's
            transaction must not be committed then, since those before it have been put.
    """
    room = _Room(*store.count_and_bytes(tx))
    new, version = 0, None
    for entry in entries:
        _check_entry(entry, now)
        known = store.find(tx, entry.waybill)
        if known == entry:
            continue
        _check_not_held(known)
        room.take(entry, known)
        version = store.put(tx, entry, now)
        if known is None:
            new += 1
            _look_back(tx, entry, now)
    if version is not None:
        _tell(tx, version, now)
    return new


def place_entry(tx: Connection, entry: WantedEntry, now: datetime) -> None:
    """Put an incident's entry in the place of another incident's, of a mark, or of none.

    Past scans are not looked for: the incident begins with the last of them.

    Raises:
        WantedError: as of :func:`put_entry`.
    """
    known = store.find(tx, entry.waybill)
    if known == entry:
        return
    _check_entry(entry, now)
    _Room(*store.count_and_bytes(tx)).take(entry, known)
    _tell(tx, store.put(tx, entry, now), now)


def place_above(tx: Connection, entry: WantedEntry, known: WantedEntry, now: datetime) -> None:
    """Put an incident's entry over a person's, ``known``, which comes back with :func:`lift_entry`.

    Raises:
        WantedError: as of :func:`put_entry`.
    """
    place_entry(tx, entry, now)
    store.keep_beneath(tx, known)


def lift_entry(tx: Connection, waybill: str, now: datetime) -> None:
    """Take an incident's entry off; what lay beneath it comes back unless its time is over."""
    beneath = store.take_beneath(tx, waybill)
    if beneath is not None and not _is_expired(beneath, now):
        _tell(tx, store.put(tx, beneath, now), now)
        return
    known = store.find(tx, waybill)
    if known is not None:
        _remove(tx, known, now)


def _check_not_held(known: WantedEntry | None) -> None:
    if known is not None and is_held(known):
        raise HeldError(f"{known.waybill} is stopped by {known.owner}: release it there")


def _is_expired(entry: WantedEntry, now: datetime) -> bool:
    return entry.expires_at is not None and parse_at(entry.expires_at) <= now


def _check_entry(entry: WantedEntry, now: datetime) -> None:
    try:
        check_entry(entry)
    except ValueError as error:
        raise WantedError(str(error)) from error
    if _is_expired(entry, now):
        raise WantedError("expires_at lies in the past")


def _look_back(tx: Connection, entry: WantedEntry, now: datetime) -> None:
    """A new entry is matched against past scans."""
    seen = last_seen(tx, entry.waybill)
    if seen is not None and (entry.scope is None or seen.site in entry.scope):
        raise_alert(tx, past_match(entry, seen.site, seen.at), now)


def remove_entry(tx: Connection, waybill: str, now: datetime) -> bool:
    """Take a waybill off the list; say whether it was on it.

    Raises:
        HeldError: an incident stops the parcel.
    """
    known = store.find(tx, waybill)
    if known is None:
        return False
    _check_not_held(known)
    _remove(tx, known, now)
    return True


def want_high_value(tx: Connection, waybill: str, now: datetime) -> None:
    """Put a parcel of high declared value on the list; an entry that somebody put stays.

    Raises:
        ListFullError: as :func:`put_entry`.
    """
    if store.find(tx, waybill) is None:
        entry = high_value_entry(waybill)
        _Room(*store.count_and_bytes(tx)).take(entry, None)
        _tell(tx, store.put(tx, entry, now), now)


def drop_high_value(tx: Connection, waybill: str, now: datetime) -> None:
    """Take off what :func:`want_high_value` put."""
    known = store.find(tx, waybill)
    if known is not None and is_high_value_entry(known):
        _tell(tx, store.remove(tx, known), now)


def expire_entries(tx: Connection, now: datetime) -> int:
    """Take off what has expired, at most ``EXPIRED_PER_CALL_MAX``; return how many."""
    over = store.expired(tx, now, EXPIRED_PER_CALL_MAX)
    for entry in over:
        _remove(tx, entry, now)
    return len(over)


def outgrow(tx: Connection, held_version: int, now: datetime) -> bool:
    """Make the list newer than one that an edge holds of this hub's earlier life.

    An edge takes no lower version (promise P3): a restored hub would never be listened to again.

    Returns:
        Whether it did; not for a version more than ``OUTGROW_MAX`` above the list's own.
    """
    if held_version - store.version(tx) > OUTGROW_MAX:
        return False
    _tell(tx, store.skip_to(tx, held_version + OUTGROW_STEP), now)
    return True


def find_entry(tx: Connection, waybill: str) -> WantedEntry | None:
    """A waybill's entry."""
    return store.find(tx, waybill)


def is_stopped(tx: Connection, waybill: str, now: datetime) -> bool:
    """Say whether a parcel may not go on, at one site at least (HV-3)."""
    return bool(stopped_among(tx, [waybill], now))


def stopped_among(tx: Connection, waybills: Sequence[str], now: datetime) -> frozenset[str]:
    """Which parcels may not go on, at one site at least (HV-3)."""
    entries = store.find_all(tx, waybills)
    return frozenset(
        waybill
        for waybill, entry in entries.items()
        if entry.result is WantedResult.STOP and not _is_expired(entry, now)
    )


def find_entries(tx: Connection, waybills: Sequence[str]) -> dict[str, WantedEntry]:
    """The entries of some waybills, by waybill."""
    return store.find_all(tx, waybills)


def count_entries(tx: Connection) -> int:
    """How many entries the list has."""
    return store.count_and_bytes(tx)[0]


def list_entries(
    tx: Connection,
    after_waybill: str,
    limit: int,
    sites: frozenset[str] | None = None,
    prefix: str = "",
) -> list[WantedEntry]:
    """Entries in the order of their waybills, from after one ("": from the first).

    ``sites``: only what counts at one of them; None: everything. ``prefix``: only waybills that
    begin so.
    """
    found: list[WantedEntry] = []
    while len(found) < limit:
        page = store.page(tx, after_waybill, limit, prefix)
        found += [entry for entry in page if concerns(entry, sites)]
        if len(page) < limit:
            break
        after_waybill = page[-1].waybill
    return found[:limit]


def list_version(tx: Connection) -> int:
    """The newest version; 0 until the hub has adopted its rules."""
    return store.version(tx)


def current_rules(tx: Connection) -> tuple[WantedRule, ...]:
    """The series rules in force."""
    return store.rules(tx)


def current_list(tx: Connection) -> WantedList:
    """The whole list as it travels."""
    return make_list(store.version(tx), store.rules(tx), tuple(store.every(tx)))


def delta_since(tx: Connection, from_version: int) -> Delta | None:
    """What leads from a version to the newest; ``None`` where only a snapshot helps."""
    return delta_of(store.changes_after(tx, from_version), from_version, store.version(tx))


def _remove(tx: Connection, entry: WantedEntry, now: datetime) -> None:
    """Take an entry off; where a high-value parcel's own stood before, that comes back."""
    _tell(tx, store.remove(tx, entry), now)
    if not is_high_value_entry(entry) and belongs_on_list(tx, entry.waybill):
        want_high_value(tx, entry.waybill, now)


@dataclass(slots=True)
class _Room:
    """How full the list is while entries are put."""

    count: int
    size: int

    def take(self, entry: WantedEntry, known: WantedEntry | None) -> None:
        """Count an entry that takes the place of ``known``, or refuse it with ``ListFullError``."""
        if known is None and self.count >= WANTED_ENTRIES_MAX:
            raise ListFullError(f"the wanted list holds {WANTED_ENTRIES_MAX} entries already")
        grows_by = store.bytes_of(entry) - (0 if known is None else store.bytes_of(known))
        if grows_by > 0 and self.size + grows_by > LIST_BYTES_MAX:
            raise ListFullError(f"the wanted list would be longer than {LIST_BYTES_MAX} bytes")
        self.count += known is None
        self.size += grows_by


def _tell(tx: Connection, version: int, now: datetime) -> None:
    outbox.tell(tx, NewsTopic.WANTED, [version], now)
