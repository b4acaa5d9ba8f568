"""What an edge says of its spools, compared with what the hub has of them. Pure.

Every state brings the edge's heads, each 30 s: whatever differs either heals by sending again, or
is told, here by an alert and at the station in red. The edge's half is ``edge.heads``.
Source: design section 3 ("Exactly once", "Backlog"), docs/adr/0033.

| the edge says              | the hub has                    |                                    |
|----------------------------|--------------------------------|------------------------------------|
| a spool up to a line       | that line as the last          | SAME                               |
| a spool up to a line       | nothing, or less               | BEHIND: it heals by sending        |
| a spool up to a line       | another line there             | OTHER: two histories of one spool  |
| a spool up to a line       | that line, and more            | ROLLED_BACK: an older copy of it   |
| a spool                    | it closed, by a recorded act   | CLOSED: the edge is told again     |
| nothing of a spool         | it, whole with its end         | SAME: it was forgotten in time     |
| nothing of a spool         | it, without its end            | VANISHED: what came after is lost  |
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ledger.chain import ChainHead
from wire.messages import SpoolHead


class Agreement(StrEnum):
    """How an edge and the hub stand to each other over one spool."""

    SAME = "same"
    BEHIND = "behind"
    OTHER = "other"
    ROLLED_BACK = "rolled_back"
    CLOSED = "closed"
    VANISHED = "vanished"


HEALING = frozenset({Agreement.SAME, Agreement.BEHIND, Agreement.CLOSED})
"""Nobody has to do anything."""


class LinkState(StrEnum):
    """How a spool hangs on the one before it, which its first line names."""

    FIRST = "first"
    """It names none."""
    WAITING = "waiting"
    """The one before has not been sent to its end yet."""
    FITS = "fits"
    BROKEN = "broken"
    """The one before ended elsewhere than the edge says, or will never come to its end."""
    GAP = "gap"
    """The one before was closed by a recorded act: what is missing of it is known to be missing."""


@dataclass(frozen=True, slots=True)
class StoredSpool:
    """What the hub knows of a spool; ``after`` is the line with which the one before it ended."""

    id: int
    spool: str
    head: ChainHead
    after: SpoolHead | None = None
    is_ended: bool = False
    is_closed: bool = False


def compare_head(said: SpoolHead, stored: StoredSpool | None, ours: str | None) -> Agreement:
    """Compare one head of a state.

    Args:
        said: the edge's word.
        stored: what the hub has of that spool.
        ours: the hash of the hub's line at ``said.seq``; None if it has none there.
    """
    if stored is None:
        return Agreement.SAME if said.seq == 0 else Agreement.BEHIND
    if stored.is_closed:
        return Agreement.CLOSED
    if said.seq > stored.head.seq:
        return Agreement.BEHIND
    if said.seq == stored.head.seq:
        return Agreement.SAME if said.head == stored.head.head else Agreement.OTHER
    if said.seq == 0 or said.head == ours:
        return Agreement.ROLLED_BACK
    return Agreement.OTHER


def find_vanished(
    stored: Mapping[str, StoredSpool], said: Mapping[str, SpoolHead]
) -> list[StoredSpool]:
    """The spools that an edge does not name any more, and has not sent to their end."""
    return [
        spool
        for name, spool in stored.items()
        if name not in said and not (spool.is_ended or spool.is_closed)
    ]


def judge_link(
    spool: StoredSpool, before: StoredSpool | None, *, is_named: bool = True
) -> LinkState:
    """How a spool hangs on the one before it.

    Args:
        spool: whose first line it is.
        before: what the hub has of the spool that this line names.
        is_named: the edge still has that one; an edge that does not will never send the rest.
    """
    if spool.after is None:
        return LinkState.FIRST
    if before is not None and before.is_closed:
        return LinkState.GAP
    if before is None or before.head.seq < spool.after.seq:
        return LinkState.WAITING if is_named else LinkState.BROKEN
    is_same = before.head == ChainHead(spool.after.seq, spool.after.head)
    return LinkState.FITS if is_same else LinkState.BROKEN


def lines_missing(spool: StoredSpool, before: StoredSpool | None) -> int:
    """How many lines of the spool before never came, as far as its successor's first line tells."""
    if spool.after is None:
        return 0
    return max(0, spool.after.seq - (0 if before is None else before.head.seq))
