"""The wanted list as the console reads and changes it; each call is one short transaction."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from hub.access.service import Caller, list_edges, may
from hub.console.seam import NotAllowedError
from hub.console.wanted.reading import Reader, Terms, becomes_of, read_lines
from hub.console.wanted.views import Becomes, Draft, Fault, Fields, ImportLine, WantedSight
from hub.console.wording import ZONE
from hub.wanted import service
from hub.wanted.service import concerns, entry_id_of, is_within
from hub.web.context import HubContext
from wire.names import format_at
from wire.wanted import WantedEntry

PAGE_ENTRIES = 100
_TERMS = Path(__file__).parent / "terms.json"


class FaultyError(Exception):
    """What was filled in cannot become an entry; ``faults`` say why."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(", ".join(faults))
        self.faults = faults


class WantedDesk:
    """Reads and changes the list for the screens."""

    def __init__(self, hub: HubContext) -> None:
        self._hub = hub
        self._terms = msgspec.json.decode(_TERMS.read_bytes(), type=Terms)

    def entries(self, caller: Caller, prefix: str, after: str) -> WantedSight:
        """A page of the list: waybills that begin with ``prefix``, after the waybill ``after``."""
        with self._hub.database.reading() as tx:
            found = service.list_entries(tx, after, PAGE_ENTRIES + 1, caller.sites, prefix)
            count, version = service.count_entries(tx), service.list_version(tx)
        return WantedSight(
            entries=tuple(found[:PAGE_ENTRIES]),
            more=len(found) > PAGE_ENTRIES,
            count=count,
            version=version,
            is_deciding=may_decide(caller),
        )

    def put(self, fields: Fields, caller: Caller) -> None:
        """Put an entry, or change the one of this waybill.

        Raises:
            NotAllowedError: the role may not, or the entry counts at other sites too.
            FaultyError: what was filled in is wrong.
            WantedError: the list is full; HeldError: an incident stops the parcel.
        """
        _check_deciding(caller)
        with self._hub.database.writing() as tx:
            draft, faults = self._reader(tx, caller).read(fields)
            if draft is None:
                raise FaultyError(faults)
            known = service.find_entry(tx, draft.waybill)
            _check_within(caller, known)
            service.put_entry(tx, _entry(draft, known, caller), self._hub.clock.now())

    def remove(self, waybill: str, caller: Caller) -> None:
        """Take a waybill off the list; one that is gone already is no fault.

        Raises:
            NotAllowedError: the role may not, or the entry counts at other sites too.
            HeldError: an incident stops the parcel.
        """
        _check_deciding(caller)
        with self._hub.database.writing() as tx:
            known = service.find_entry(tx, waybill)
            _check_within(caller, known)
            service.remove_entry(tx, waybill, self._hub.clock.now())

    def preview(self, text: str, caller: Caller) -> list[ImportLine]:
        """Read a table and say of each line what it would do; nothing changes."""
        with self._hub.database.reading() as tx:
            lines = read_lines(text, self._reader(tx, caller))
            drafts = [line.draft for line in lines if line.draft is not None]
            known = service.find_entries(tx, [draft.waybill for draft in drafts])
        return [self._judged(line, known, caller) for line in lines]

    def commit(self, lines: Sequence[ImportLine], caller: Caller) -> int:
        """Put all good lines in one transaction, or none; return how many entries are new.

        Raises:
            NotAllowedError: the role may not, or an entry has come to count at other sites too.
            WantedError: the list is full, or a line has expired since it was looked at.
        """
        _check_deciding(caller)
        drafts = [line.draft for line in lines if line.draft is not None]
        with self._hub.database.writing() as tx:
            known = service.find_entries(tx, [draft.waybill for draft in drafts])
            for entry in known.values():
                _check_within(caller, entry)
            entries = [_entry(draft, known.get(draft.waybill), caller) for draft in drafts]
            return service.put_entries(tx, entries, self._hub.clock.now())

    def _judged(
        self, line: ImportLine, known: dict[str, WantedEntry], caller: Caller
    ) -> ImportLine:
        if line.draft is None:
            return line
        before = known.get(line.draft.waybill)
        if before is not None and not is_within(before, caller.sites):
            return replace(line, draft=None, faults=(Fault.NOT_YOURS,), becomes=Becomes.FAULTY)
        return replace(line, becomes=becomes_of(before, _entry(line.draft, before, caller)))

    def _reader(self, tx: Connection, caller: Caller) -> Reader:
        named = frozenset(self._hub.network.sites)
        sites = named | {edge.site for edge in list_edges(tx)} if named else named
        kinds = self._hub.policy.waybill
        return Reader(self._terms, kinds, sites, caller.sites, ZONE, self._hub.clock.now())


def may_decide(caller: Caller) -> bool:
    """Say whether somebody may change the list; the screens ask what REST asks."""
    return may(caller.role, "PUT /api/v1/wanted/{waybill}")


def may_change(caller: Caller, entry: WantedEntry) -> bool:
    """Say whether this entry is one that the person may change."""
    return may_decide(caller) and is_within(entry, caller.sites)


def _check_deciding(caller: Caller) -> None:
    if not may_decide(caller):
        raise NotAllowedError


def _check_within(caller: Caller, known: WantedEntry | None) -> None:
    if known is not None and not (concerns(known, caller.sites) and is_within(known, caller.sites)):
        raise NotAllowedError


def _entry(draft: Draft, known: WantedEntry | None, caller: Caller) -> WantedEntry:
    """The entry that a draft makes; who put the same before stays its owner."""
    made = WantedEntry(
        id=entry_id_of(draft.waybill),
        waybill=draft.waybill,
        result=draft.result,
        reason=draft.reason,
        tone=None if known is None else known.tone,
        banner_zh=draft.banner_zh,
        banner_en=draft.banner_en,
        priority=draft.priority,
        owner=caller.name,
        expires_at=None if draft.expires_at is None else format_at(draft.expires_at),
        covert=draft.covert,
        scope=draft.scope,
    )
    if known is not None and msgspec.structs.replace(made, owner=known.owner) == known:
        return known
    return made
