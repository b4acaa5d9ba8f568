"""The wanted list that this edge holds, and which signed messages may change it.

Pure: messages come verified. Never a lower version, never an older head of the same version, and
the bytes must hash to what the head says; whatever does not fit is refused whole and the list is
fetched.
Source: design section 3 ("Wanted list"), promise P3.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from edge.verdict import HeldList
from wire.messages import AnyCommand, WantedDelta, WantedFetch, WantedHead, WantedSnapshot
from wire.names import parse_at
from wire.wanted import (
    ListHead,
    WantedIndex,
    WantedList,
    apply_delta,
    list_bytes,
    list_sha256,
    parse_list,
)


class Taken(StrEnum):
    """What became of a message about the list."""

    CHANGED = "changed"
    """Another list is held now."""
    RENEWED = "renewed"
    """The same list, known to be the newest again."""
    REFUSED = "refused"
    """Old, expired, or not newer than what is held."""
    NEEDS_FETCH = "needs_fetch"
    """The hub has a list that this message does not lead to."""


@dataclass(frozen=True, slots=True)
class KeptList:
    """A list with the signed message that vouches for it; ``voucher`` is its lines 1 and 2."""

    wanted: WantedList
    head: ListHead
    voucher: bytes


class WantedKeeper:
    """Holds the newest list; without any, the shipped one (version 0, no head)."""

    def __init__(self, shipped: WantedList, kept: KeptList | None) -> None:
        self.kept = kept
        self._index = WantedIndex(kept.wanted if kept else shipped)

    @property
    def version(self) -> int:
        """The held list's version; 0 for the shipped one."""
        return self._index.wanted.version

    @property
    def head(self) -> ListHead | None:
        """The newest signed head; None for the shipped list."""
        return self.kept.head if self.kept else None

    def held(self) -> HeldList:
        """The list ready for judging."""
        head_at = parse_at(self.kept.head.head_at) if self.kept else None
        return HeldList(self._index, head_at)

    def obey(self, command: AnyCommand, voucher: bytes, now: datetime) -> Taken:
        """Take a verified command.

        Args:
            command: rightly signed and for this edge.
            voucher: the message as received.
            now: aware UTC in the hub's time, as far as it is known.
        """
        if now > parse_at(command.expires_at):
            return Taken.REFUSED
        match command:
            case WantedHead():
                return self._renew(command.head, voucher)
            case WantedDelta():
                return self._apply(command, voucher)
            case WantedFetch():
                is_newer = self.kept is None or command.version > self.version
                return Taken.NEEDS_FETCH if is_newer else Taken.REFUSED

    def _renew(self, head: ListHead, voucher: bytes) -> Taken:
        if not self._is_news(head):
            return Taken.REFUSED
        kept = self.kept
        if kept is None or kept.head.version != head.version:
            return Taken.NEEDS_FETCH
        if kept.head.list_sha256 != head.list_sha256:
            return Taken.NEEDS_FETCH
        self.kept = KeptList(kept.wanted, head, voucher)
        return Taken.RENEWED

    def _apply(self, delta: WantedDelta, voucher: bytes) -> Taken:
        if not self._is_news(delta.head) or delta.head.version <= self.version:
            return Taken.REFUSED
        if self.kept is None or delta.from_version != self.version:
            return Taken.NEEDS_FETCH
        try:
            wanted = apply_delta(
                self.kept.wanted, delta.head.version, delta.put, delta.remove, delta.rules
            )
        except ValueError:
            return Taken.NEEDS_FETCH
        if list_sha256(wanted) != delta.head.list_sha256:
            return Taken.NEEDS_FETCH
        self._hold(KeptList(wanted, delta.head, voucher))
        return Taken.CHANGED

    def replace(self, snapshot: WantedSnapshot, line: bytes, voucher: bytes) -> Taken:
        """Take a verified snapshot; ``line`` are the list's canonical bytes without LF.

        Raises:
            ValueError: the bytes are not what the head says; nothing changed.
        """
        head = snapshot.head
        if not self._is_news(head):
            return Taken.REFUSED
        self._hold(check_kept(head, line, voucher))
        return Taken.CHANGED

    def _hold(self, kept: KeptList) -> None:
        self.kept = kept
        self._index = WantedIndex(kept.wanted)

    def _is_news(self, head: ListHead) -> bool:
        """Say whether a head is of a higher version, or of the same one and not older.

        A higher version is news whatever its time says: the hub's clock may have been set back.
        """
        if self.kept is None or head.version > self.kept.head.version:
            return True
        is_older = parse_at(head.head_at) < parse_at(self.kept.head.head_at)
        return head.version == self.kept.head.version and not is_older


def check_kept(head: ListHead, line: bytes, voucher: bytes) -> KeptList:
    """Put a list and its signed head together.

    Raises:
        ValueError: not a list, not in canonical form, or not the one that the head means.
    """
    if hashlib.sha256(line).hexdigest() != head.list_sha256:
        raise ValueError("the list's bytes do not hash to what its head says")
    parse_at(head.head_at)
    wanted = parse_list(line)
    if wanted.version != head.version:
        raise ValueError(f"the list has version {wanted.version}, its head {head.version}")
    return KeptList(wanted, head, voucher)


def kept_bytes(kept: KeptList) -> bytes:
    """The list's canonical bytes, as they go to disk."""
    return list_bytes(kept.wanted)
