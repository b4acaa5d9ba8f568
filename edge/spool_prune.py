"""Which lines a spool may forget, and when a whole spool is forgotten.

Source: promise P2: receipted lines are kept seven days, less only while the spool is crowded,
unreceipted ones always.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import apsw

from edge.seams import KeptSpool
from edge.spool_schema import place_of
from wire.names import format_at

KEEP_RECEIPTED = timedelta(days=7)
CROWDED_RATIO = 0.8
"""Above this share of the bound receipted lines go before their seven days are over (P2)."""
PRUNE_LINES_MAX = 500
"""Lines forgotten in one go, so that no scan waits behind a long deletion."""


@dataclass(frozen=True, slots=True)
class Due:
    """Lines to forget by their places, ``early`` of them before their time, and whole spools.

    ``until_at`` is the wire time of the last of them, None where there are none.
    """

    places: tuple[int, ...]
    early: int
    spools: tuple[int, ...]
    until_at: str | None


def find_due(
    connection: apsw.Connection,
    spools: Sequence[KeptSpool],
    now: datetime | None,
    *,
    is_crowded: bool,
) -> Due:
    """The oldest lines that may go now, at most ``PRUNE_LINES_MAX``.

    Of each spool only its beginning goes: what is kept is whole, so that a hub that was put back
    from yesterday can be refilled. The line at ``upto`` stays as long as its spool does, because
    the hub may still name it; an ended spool goes with its last line.

    Args:
        connection: the writer's.
        spools: as the writer knows them, the live one last.
        now: hub time, None while the clock is unsure: then nothing is old.
        is_crowded: receipted lines go whatever their age.
    """
    old_at = format_at(now - KEEP_RECEIPTED) if now is not None else ""
    places: list[int] = []
    gone: list[int] = []
    early = 0
    until_at: str | None = None
    for spool in spools:
        is_ended = spool is not spools[-1]
        last = _last_that_may_go(spool, is_ended=is_ended, is_crowded=is_crowded)
        room = PRUNE_LINES_MAX - len(places)
        # Read one by one: most times not even the first is due.
        rows: Iterator[tuple[int, str]] = connection.execute(
            "SELECT place, at FROM line WHERE place BETWEEN ? AND ? ORDER BY place LIMIT ?",
            (place_of(spool.n, 0), place_of(spool.n, last), room),
        )
        for place, at in rows:
            if at >= old_at and not is_crowded:
                break
            places.append(place)
            until_at = at
            early += at >= old_at
            if is_ended and place == place_of(spool.n, spool.head.seq):
                gone.append(spool.n)
        if len(places) == PRUNE_LINES_MAX:
            break
    return Due(tuple(places), early, tuple(gone), until_at)


def _last_that_may_go(spool: KeptSpool, *, is_ended: bool, is_crowded: bool) -> int:
    # What an administrator's act gave up goes only when scans need its room.
    is_given_up = spool.is_closed and is_crowded
    if is_ended and (is_given_up or spool.upto_seq >= spool.head.seq):
        return spool.head.seq
    return min(spool.upto_seq, spool.head.seq) - 1
