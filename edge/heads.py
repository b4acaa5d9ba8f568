"""Where the hub says that a spool stands, compared with where it stands here. Pure.

Each state brings our heads, each receipt the hub's (every 30 s at least): whatever differs either
heals by sending again, or is a problem that both sides tell. Source: design section 3 ("Exactly
once"); the hub's half is ``hub.ingest.heads``.

| the hub has        | we have                          |                                |
|--------------------|----------------------------------|--------------------------------|
| nothing            | line 1, or nothing receipted     | send from 1                    |
| nothing            | no line 1 any more               | BROKEN_CHAIN: it cannot heal   |
| up to a line       | that line, same hash             | send from the next             |
| up to a line       | that line, another hash          | EQUIVOCATION                   |
| up to a line       | forgotten it: it is before ours  | BROKEN_CHAIN: it cannot heal   |
| up to a line       | not got so far                   | EQUIVOCATION: our disk is older|
"""

from wire.messages import Problem, SpoolHead
from wire.names import ZERO_HEAD


def find_divergence(
    known: SpoolHead, head_seq: int, upto_seq: int, ours: str | None, *, has_first: bool
) -> Problem | None:
    """Why the hub's head cannot be ours; None if it is, or if we can go on from it.

    Args:
        known: the hub's word about this spool.
        head_seq: our newest durable line.
        upto_seq: how far the hub had it before, as far as we know.
        ours: the hash of our line ``known.seq``; None if it is forgotten, or was never made.
        has_first: line 1 is still here.
    """
    if known.seq == 0:
        can_begin = upto_seq == 0 or has_first
        return None if can_begin and known.head == ZERO_HEAD else Problem.BROKEN_CHAIN
    if ours is None:
        return Problem.BROKEN_CHAIN if known.seq <= head_seq else Problem.EQUIVOCATION
    return None if ours == known.head else Problem.EQUIVOCATION
