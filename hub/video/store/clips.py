"""Which clips were taken away out of which looks: rows are added, never deleted."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    String,
    Table,
    func,
    insert,
    select,
)

from hub.db.schema import RowId, UtcDateTime, metadata
from hub.video.store.looks import footage_look

CLIPS_MAX = 2_000
"""Of one answer, the newest first."""

footage_clip = Table(
    "footage_clip",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("look_id", BigInteger, ForeignKey("footage_look.id"), nullable=False, index=True),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    # Of the file that was given out, so that it is known again when somebody shows it.
    Column("sha256", String(64), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
_MINE, _LOOK = footage_clip.c, footage_look.c


@dataclass(frozen=True, slots=True)
class TakenClip:
    """``who`` took ``camera``'s footage from ``since`` to ``until`` away, out of a look.

    ``sha256`` is the file's that was given out, which is a derivative.
    """

    look_id: int
    who: str
    site: str
    camera: str
    purpose: str
    since: datetime
    until: datetime
    at: datetime
    sha256: str
    bytes: int


def add(tx: Connection, row: dict[str, object]) -> None:
    """Keep a clip; ``row`` holds its columns but the id."""
    tx.execute(insert(footage_clip).values(row))


def count_of_look(tx: Connection, look_id: int) -> int:
    """How many were taken out of a look."""
    query = select(func.count()).where(_MINE.look_id == look_id)
    return int(tx.execute(query).scalar_one())


def of_look(tx: Connection, look_id: int) -> list[TakenClip]:
    """Clips that were taken out of a look."""
    return _clips(tx, _LOOK.id == look_id)


def of_site(tx: Connection, site: str, since: datetime, until: datetime) -> list[TakenClip]:
    """Clips of a site's footage that were taken from ``since`` on and before ``until``."""
    return _clips(tx, (_LOOK.site == site) & (_MINE.at >= since) & (_MINE.at < until))


def count_of_site(tx: Connection, site: str, since: datetime, until: datetime) -> int:
    """How many of a site's footage were taken from ``since`` on and before ``until``."""
    within = (_LOOK.site == site) & (_MINE.at >= since) & (_MINE.at < until)
    joined = select(func.count()).join_from(footage_clip, footage_look, _MINE.look_id == _LOOK.id)
    return int(tx.execute(joined.where(within)).scalar_one())


def of_camera(
    tx: Connection, site: str, camera: str, since: datetime, until: datetime
) -> list[TakenClip]:
    """Clips, whenever they were taken, of some of a camera's footage of this time."""
    touches = (_MINE.until > since) & (_MINE.since < until)
    return _clips(tx, (_LOOK.site == site) & (_LOOK.camera == camera) & touches)


def of_parcel(tx: Connection, waybill: str) -> list[TakenClip]:
    """Clips that were taken for a parcel."""
    return _clips(tx, _LOOK.waybill == waybill)


def _clips(tx: Connection, which: ColumnElement[bool]) -> list[TakenClip]:
    query = (
        select(
            *(_LOOK.id, _LOOK.who, _LOOK.site, _LOOK.camera, _LOOK.purpose),
            *(_MINE.since, _MINE.until, _MINE.at, _MINE.sha256, _MINE.bytes),
        )
        .join_from(footage_clip, footage_look, _MINE.look_id == _LOOK.id)
        .where(which)
        .order_by(_MINE.id.desc())
        .limit(CLIPS_MAX)
    )
    return [TakenClip(*tuple(row)) for row in tx.execute(query)]
