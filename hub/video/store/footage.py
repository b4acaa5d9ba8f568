"""Which footage there is, and which time certainly has none.

Times are the hub's: what an edge told, put right by its clock offset (:mod:`hub.fact`).
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from itertools import takewhile
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    false,
    insert,
    select,
    tuple_,
)

from hub.db.schema import RowId, UtcDateTime, metadata

SEGMENTS_MAX = 1000
"""Of one answer; the oldest first."""
SPANS_MAX = 20_000
"""Of one answer: twice as many as a day has of ten seconds each."""
_PAGE = 50
_NO_ID_MAX = 2**53
_SPANS_AT_ONCE = 1000
_HASHES_AT_ONCE = 500

footage_segment = Table(
    "footage_segment",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("site", String(32), nullable=False),
    Column("camera", String(32), nullable=False),
    Column("edge", String(32), nullable=False),
    Column("began_at", UtcDateTime, nullable=False),
    # The end of its last picture: the surest moment of it.
    Column("ended_at", UtcDateTime, nullable=False),
    # The same moment as the edge told it, by which it tells of deletions.
    Column("told_at", UtcDateTime, nullable=False),
    Column("error_ms", BigInteger, nullable=False),
    Column("length_ms", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("bytes", BigInteger, nullable=False),
    Column("codec", String(8), nullable=False),
    Column("frames", Integer, nullable=False),
    Column("salvaged", Boolean, nullable=False),
    Column("deleted_at", UtcDateTime),
    # Of no real camera (P6).
    Column("is_simulated", Boolean, nullable=False, server_default=false()),
    # How far these times may be wrong by its edge's clock; null: that was not known.
    Column("clock_error_ms", BigInteger),
    Index(None, "site", "camera", "ended_at"),
)
footage_gap = Table(
    "footage_gap",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("site", String(32), nullable=False),
    Column("camera", String(32), nullable=False),
    Column("began_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime, nullable=False),
    Column("reason", String(256), nullable=False),
    Index(None, "site", "camera", "ended_at"),
)
# What edges found of their own files; a line of an older spool may tell of the segment later.
footage_damage = Table(
    "footage_damage",
    metadata,
    Column("sha256", String(64), nullable=False),
    Column("site", String(32), nullable=False),
    Column("edge", String(32), nullable=False),
    Column("damage", String(256), nullable=False),
    Column("told_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("sha256", "site", "edge"),
)


@dataclass(frozen=True, slots=True)
class FoundSegment:
    """A row of the index, but for its id; times are the hub's, ``told_at`` the edge's own."""

    site: str
    camera: str
    edge: str
    began_at: datetime
    ended_at: datetime
    told_at: datetime
    error_ms: int
    length_ms: int
    sha256: str
    bytes: int
    codec: str
    frames: int
    salvaged: bool
    deleted_at: datetime | None = None
    is_simulated: bool = False
    clock_error_ms: int | None = None


class Span(NamedTuple):
    """When a segment's pictures were taken; a day has thousands."""

    began_at: datetime
    ended_at: datetime
    is_deleted: bool


@dataclass(frozen=True, slots=True)
class FoundGap:
    """No footage of a camera in this time, and why."""

    site: str
    camera: str
    began_at: datetime
    ended_at: datetime
    reason: str


_SEGMENT = [column for column in footage_segment.c if column.name != "id"]
_GAP = [column for column in footage_gap.c if column.name != "id"]


def add_segments(tx: Connection, segments: Sequence[FoundSegment]) -> None:
    """Put segments into the index."""
    if segments:
        names = [column.name for column in _SEGMENT]
        rows = [dict(zip(names, astuple(each), strict=True)) for each in segments]
        tx.execute(insert(footage_segment), rows)


def add_gaps(tx: Connection, gaps: Sequence[FoundGap]) -> None:
    """Put gaps into the index."""
    if gaps:
        names = [column.name for column in _GAP]
        rows = [dict(zip(names, astuple(each), strict=True)) for each in gaps]
        tx.execute(insert(footage_gap), rows)


def segments_of(tx: Connection, sha256: str) -> list[FoundSegment]:
    """The segments that a file is told to be: one, but nothing forbids an edge to tell more."""
    query = select(*_SEGMENT).where(footage_segment.c.sha256 == sha256)
    return [FoundSegment(*row) for row in tx.execute(query.limit(SEGMENTS_MAX))]


def add_damage(
    tx: Connection, site: str, edge: str, sha256: str, damage: str, at: datetime
) -> None:
    """Keep that an edge's own file is not what was recorded; its segment may be told later."""
    mine = footage_damage.c
    known = (mine.site == site) & (mine.edge == edge) & (mine.sha256 == sha256)
    if tx.execute(select(mine.sha256).where(known)).first() is None:
        row = {"site": site, "edge": edge, "sha256": sha256, "damage": damage, "told_at": at}
        tx.execute(insert(footage_damage).values(row))


def damaged_among(tx: Connection, segments: Sequence[FoundSegment]) -> set[str]:
    """Which of these are damaged at their edges, by their hashes."""
    mine = footage_damage.c
    edges = {(each.sha256, each.site, each.edge) for each in segments}
    asked = sorted(each.sha256 for each in segments)
    return {
        row.sha256
        for first in range(0, len(asked), _HASHES_AT_ONCE)
        for row in tx.execute(
            select(mine.sha256, mine.site, mine.edge).where(
                mine.sha256.in_(asked[first : first + _HASHES_AT_ONCE])
            )
        )
        if tuple(row) in edges
    }


def segments_between(
    tx: Connection, site: str, camera: str, since: datetime, until: datetime
) -> list[FoundSegment]:
    """Segments with some of this time, oldest first, at most ``SEGMENTS_MAX``."""
    mine = footage_segment.c
    query = (
        select(mine.id, *_SEGMENT)
        .where((mine.site == site) & (mine.camera == camera))
        .order_by(mine.ended_at, mine.id)
        .limit(_PAGE)
    )
    found: list[FoundSegment] = []
    last = (since, _NO_ID_MAX)
    # A camera's segments follow each other: behind the first that begins too late none is earlier.
    while len(found) < SEGMENTS_MAX:
        page = tx.execute(query.where(tuple_(mine.ended_at, mine.id) > last)).all()
        rows = list(takewhile(lambda row: row.began_at < until, page))
        found += [FoundSegment(*row[1:]) for row in rows]
        if len(rows) < _PAGE:
            break
        last = (rows[-1].ended_at, rows[-1].id)
    return found[:SEGMENTS_MAX]


def spans_between(
    tx: Connection, site: str, camera: str, since: datetime, until: datetime
) -> list[Span]:
    """When there is footage with some of this time, oldest first, at most ``SPANS_MAX``."""
    mine = footage_segment.c
    query = (
        select(mine.began_at, mine.ended_at, mine.deleted_at.is_not(None))
        .where((mine.site == site) & (mine.camera == camera) & (mine.ended_at > since))
        .order_by(mine.ended_at, mine.id)
        .limit(SPANS_MAX)
        .execution_options(yield_per=_SPANS_AT_ONCE)
    )
    with tx.execute(query) as rows:
        # Behind the first that begins too late none is earlier.
        return [Span(*row) for row in takewhile(lambda row: row.began_at < until, rows)]


def gaps_between(
    tx: Connection,
    site: str,
    camera: str,
    since: datetime,
    until: datetime,
    limit: int = SEGMENTS_MAX,
) -> list[FoundGap]:
    """Gaps with some of this time, oldest first, at most ``limit``.

    While a camera is away its gap is told minute by minute, but one that was down is one gap.
    """
    mine = footage_gap.c
    query = (
        select(*_GAP)
        .where((mine.site == site) & (mine.camera == camera))
        .where((mine.ended_at > since) & (mine.began_at < until))
        .order_by(mine.ended_at)
        .limit(limit)
    )
    return [FoundGap(*row) for row in tx.execute(query)]


def is_any_between(
    tx: Connection, site: str, camera: str, since: datetime, until: datetime
) -> bool:
    """Say whether anything was recorded in this time, deleted since or not."""
    mine = footage_segment.c
    query = select(mine.id).where((mine.site == site) & (mine.camera == camera))
    within = (mine.ended_at > since) & (mine.ended_at <= until)
    return tx.execute(query.where(within).limit(1)).first() is not None
