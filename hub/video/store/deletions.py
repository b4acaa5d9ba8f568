"""What edges told that they have deleted; a line of an older spool may tell of the segment later.

So it is kept, and whichever comes first: a segment is deleted if its end, by its edge's own clock,
lies in what was deleted, and if it had ended, by the hub's, when that was told.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import (
    Column,
    Connection,
    PrimaryKeyConstraint,
    Select,
    String,
    Table,
    bindparam,
    func,
    insert,
    select,
    update,
)

from hub.db.schema import UtcDateTime, metadata
from hub.video.store.footage import FoundSegment, footage_segment

OVERLAPS_MAX = 100
"""A camera's deletions follow each other. Where a clock that was set back made some overlap, those
are looked at that began nearest before a segment's end."""

footage_deletion = Table(
    "footage_deletion",
    metadata,
    Column("site", String(32), nullable=False),
    Column("edge", String(32), nullable=False),
    Column("camera", String(32), nullable=False),
    # By the edge's own clock; what ended at the first of them is not deleted.
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("told_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("site", "edge", "camera", "since", "until"),
)


def _make_reaching() -> Select[datetime | None]:
    """When a segment was deleted; made once, for it is asked of every segment that comes."""
    mine = footage_deletion.c
    its = (mine.site == bindparam("site")) & (mine.edge == bindparam("edge"))
    its &= (mine.camera == bindparam("camera")) & (mine.since < bindparam("end"))
    begun = select(mine.until, mine.told_at).where(its).order_by(mine.since.desc(), mine.until)
    near = begun.limit(OVERLAPS_MAX).subquery().c
    reaches = (near.until >= bindparam("end")) & (near.told_at >= bindparam("ended_at"))
    return select(func.min(near.told_at)).where(reaches)


_reaching = _make_reaching()


@dataclass(frozen=True, slots=True)
class Deletion:
    """All that ended between two moments of its edge's own clock; ``told_at`` is the hub's."""

    site: str
    edge: str
    camera: str
    since: datetime
    until: datetime
    told_at: datetime


def add(tx: Connection, told: Deletion) -> tuple[datetime, datetime] | None:
    """Keep a deletion, and mark what of it is in the index.

    Returns:
        From when to when all of it reaches, by the hub's clock; None: nothing is marked by this.
    """
    _keep(tx, told)
    mine = footage_segment.c
    gone = (mine.site == told.site) & (mine.camera == told.camera) & (mine.edge == told.edge)
    gone &= (mine.told_at > told.since) & (mine.told_at <= told.until)
    gone &= (mine.ended_at <= told.told_at) & mine.deleted_at.is_(None)
    ends = select(func.min(mine.began_at), func.max(mine.ended_at)).where(gone)
    began_at, ended_at = tx.execute(ends).one()
    if began_at is None:
        return None
    tx.execute(update(footage_segment).where(gone).values(deleted_at=told.told_at))
    return began_at, ended_at


def marked(tx: Connection, segments: Iterable[FoundSegment]) -> list[FoundSegment]:
    """Segments that are new to the index, with when those were deleted that are deleted already."""
    return [replace(each, deleted_at=_deleted_at(tx, each)) for each in segments]


def _deleted_at(tx: Connection, segment: FoundSegment) -> datetime | None:
    its = {"site": segment.site, "edge": segment.edge, "camera": segment.camera}
    asked = its | {"end": segment.told_at, "ended_at": segment.ended_at}
    return tx.execute(_reaching, asked).scalar_one()


def _keep(tx: Connection, told: Deletion) -> None:
    mine = footage_deletion.c
    same = (mine.site == told.site) & (mine.edge == told.edge) & (mine.camera == told.camera)
    same &= (mine.since == told.since) & (mine.until == told.until)
    known_at = tx.execute(select(mine.told_at).where(same)).scalar_one_or_none()
    if known_at is None:
        tx.execute(insert(footage_deletion).values(asdict(told)))
    elif known_at < told.told_at:
        # An edge without a clock of its own begins at the same moment with each start.
        tx.execute(update(footage_deletion).where(same).values(told_at=told.told_at))
