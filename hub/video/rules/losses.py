"""Is a segment's file still to be had, and why not? Pure.

A good copy at the hub outweighs whatever became of the edge's: it is the same content by its hash.
Source: design section 8, promise P5.
"""

DELETED = "deleted"
DAMAGED = "damaged"
GONE = "gone"
_DAMAGES = frozenset({"changed", "missing", "swapped", "not_kept"})
"""Why an edge cannot send a file that it had recorded."""


def loss_of(
    *,
    is_stored: bool,
    is_damaged_here: bool,
    gone_reason: str | None,
    is_damaged_there: bool,
    is_deleted: bool,
) -> str | None:
    """Why nobody can have a segment's file any more; None: the hub has it, or its edge should.

    Args:
        is_stored: the hub has a copy that was found to be what was recorded.
        is_damaged_here: the hub's copy is not, and no good one has come since.
        gone_reason: why the edge cannot send it; None: it has not said that it cannot.
        is_damaged_there: the edge told that its own file is damaged.
        is_deleted: the edge told that it has deleted it.
    """
    if is_stored:
        return None
    if is_damaged_here or is_damaged_there or gone_reason in _DAMAGES:
        return DAMAGED
    if is_deleted or gone_reason == DELETED:
        return DELETED
    return None if gone_reason is None else GONE
