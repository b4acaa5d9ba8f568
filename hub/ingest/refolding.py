"""Let rooms work once more on events that they failed on: after a newer program.

The event was stored all the while; what its room makes of it comes late, as from a late event.
Source: design section 5 ("refold by command").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.alerts.service import AlertKind, close_alert
from hub.ingest import failure_store, store
from hub.ingest.failure_store import Unfolded
from hub.ingest.projecting import Projection, project


@dataclass(frozen=True, slots=True)
class Refolded:
    """One event that was tried again; ``error`` is null where its room could work on it now."""

    unfolded: Unfolded
    error: str | None


def refold_next(
    tx: Connection, projections: Sequence[Projection], after_id: int, now: datetime
) -> Refolded | None:
    """Try the next failure behind ``after_id``; with a room's last one its alert closes.

    Raises:
        SQLAlchemyError: the database failed; nothing of the transaction counts.
    """
    unfolded = failure_store.next_unfolded(tx, after_id)
    if unfolded is None:
        return None
    error = _fold(tx, projections, unfolded, now)
    if error is not None:
        failure_store.note_failed_again(tx, unfolded.id, error)
        return Refolded(unfolded, error)
    failure_store.note_folded(tx, unfolded.id, now)
    if not failure_store.is_behind(tx, unfolded.room):
        close_alert(tx, AlertKind.PROJECTION_ERROR, unfolded.room, now)
    return Refolded(unfolded, None)


def _fold(
    tx: Connection, projections: Sequence[Projection], unfolded: Unfolded, now: datetime
) -> str | None:
    rooms = [each for each in projections if each.name == unfolded.room]
    if not rooms:
        return "this program has no such room"
    place = (unfolded.site, unfolded.edge, unfolded.spool)
    facts = [store.fact_of(each) for each in store.events_at(tx, *place, [unfolded.seq])]
    failures = project(tx, rooms, facts, now)
    return failures[0].error if failures else None
