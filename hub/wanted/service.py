"""Put, remove, expire and tell the wanted list. The caller owns the transaction.

Source: HV-2.11.1, design section 3 ("Wanted list").

    WantedError      the entry cannot be taken; the sentence says why
    +- ListFullError        there are as many entries, or bytes of them, as a list can hold
"""

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
    is_high_value_entry,
    rules_of,
)
from wire.limits import SNAPSHOT_BYTES_MAX, WANTED_ENTRIES_MAX
from wire.names import parse_at
from wire.policy import Policy
from wire.wanted import WantedEntry, WantedList, WantedResult, WantedRule, check_entry, make_list

__all__ = ["entry_id_of", "is_high_value_entry"]

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
    """
    try:
        check_entry(entry)
    except ValueError as error:
        raise WantedError(str(error)) from error
    if entry.expires_at is not None and parse_at(entry.expires_at) <= now:
        raise WantedError("expires_at lies in the past")
    known = store.find(tx, entry.waybill)
    if known == entry:
        return False
    _check_room(tx, entry, known)
    _tell(tx, store.put(tx, entry, now), now)
    seen = last_seen(tx, entry.waybill) if known is None else None
    if seen is not None and (entry.scope is None or seen.site in entry.scope):
        raise_alert(tx, past_match(entry, seen.site, seen.at), now)
    return known is None


def remove_entry(tx: Connection, waybill: str, now: datetime) -> bool:
    """Take a waybill off the list; say whether it was on it."""
    known = store.find(tx, waybill)
    if known is None:
        return False
    _remove(tx, known, now)
    return True


def want_high_value(tx: Connection, waybill: str, now: datetime) -> None:
    """Put a parcel of high declared value on the list; an entry that somebody put stays.

    Raises:
        ListFullError: as :func:`put_entry`.
    """
    if store.find(tx, waybill) is None:
        entry = high_value_entry(waybill)
        _check_room(tx, entry, None)
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
    entry = store.find(tx, waybill)
    if entry is None or entry.result is not WantedResult.STOP:
        return False
    return entry.expires_at is None or now < parse_at(entry.expires_at)


def list_entries(
    tx: Connection, after_waybill: str, limit: int, sites: frozenset[str] | None = None
) -> list[WantedEntry]:
    """Entries in the order of their waybills, from after one ("": from the first).

    ``sites``: only what counts at one of them; None: everything.
    """
    found: list[WantedEntry] = []
    while len(found) < limit:
        page = store.page(tx, after_waybill, limit)
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


def _check_room(tx: Connection, entry: WantedEntry, known: WantedEntry | None) -> None:
    count, size = store.count_and_bytes(tx)
    if known is None and count >= WANTED_ENTRIES_MAX:
        raise ListFullError(f"the wanted list holds {WANTED_ENTRIES_MAX} entries already")
    grows_by = store.bytes_of(entry) - (0 if known is None else store.bytes_of(known))
    if grows_by > 0 and size + grows_by > LIST_BYTES_MAX:
        raise ListFullError(f"the wanted list would be longer than {LIST_BYTES_MAX} bytes")


def _tell(tx: Connection, version: int, now: datetime) -> None:
    outbox.tell(tx, NewsTopic.WANTED, [version], now)
