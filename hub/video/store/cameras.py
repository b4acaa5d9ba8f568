"""Cameras as their edges tell of them: last footage, what is wrong, how far clocks are off."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    PrimaryKeyConstraint,
    Row,
    String,
    Table,
    insert,
    select,
    update,
)

from hub.db.schema import RowId, UtcDateTime, metadata
from hub.video.rules.own_clock import OwnClock
from hub.video.rules.picture_clock import PictureClock

TROUBLES_MAX = 1000

camera = Table(
    "camera",
    metadata,
    Column("site", String(32), nullable=False),
    Column("camera", String(32), nullable=False),
    Column("edge", String(32), nullable=False),
    Column("heard_at", UtcDateTime, nullable=False),
    Column("last_footage_at", UtcDateTime),
    # What is added to a picture's time to get its edge's; null: never measured.
    Column("offset_ms", BigInteger),
    Column("error_ms", BigInteger),
    Column("measured_at", UtcDateTime),
    Column("measured_by", String(256)),
    # What is added to the time that it writes into its picture to get the true one.
    Column("own_offset_ms", BigInteger),
    Column("own_error_ms", BigInteger),
    Column("own_measured_at", UtcDateTime),
    Column("own_measured_by", String(256)),
    # What its edge's operating system says of its other end.
    Column("source", String(256)),
    PrimaryKeyConstraint("site", "camera"),
)
camera_trouble = Table(
    "camera_trouble",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("site", String(32), nullable=False),
    Column("camera", String(32), nullable=False),
    Column("fact", String(16), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    # Null: it lasts.
    Column("until", UtcDateTime),
    Column("picture", String(64)),
    Column("reason", String(256)),
    # It may have begun so much earlier: detection is late.
    Column("doubt_ms", BigInteger, nullable=False, server_default="0"),
    Index(None, "site", "camera", "since"),
)


@dataclass(frozen=True, slots=True)
class CameraRow:
    """What is known of a camera; a row of the table."""

    site: str
    camera: str
    edge: str
    heard_at: datetime
    last_footage_at: datetime | None
    offset_ms: int | None
    error_ms: int | None
    measured_at: datetime | None
    measured_by: str | None
    own_offset_ms: int | None
    own_error_ms: int | None
    own_measured_at: datetime | None
    own_measured_by: str | None
    source: str | None

    @property
    def clock(self) -> PictureClock | None:
        """How far its pictures are from its edge's clock; None: never measured."""
        if self.offset_ms is None or self.error_ms is None:
            return None
        return PictureClock(self.offset_ms, self.error_ms)

    @property
    def own_clock(self) -> OwnClock | None:
        """The clock that it writes into its picture; None: it was never asked."""
        if self.own_offset_ms is None or self.own_measured_at is None:
            return None
        how = self.own_measured_by or ""
        return OwnClock(self.own_offset_ms, self.own_error_ms, self.own_measured_at, how)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What was or is wrong with a camera; a row of the table but for its id."""

    site: str
    camera: str
    fact: str
    since: datetime
    until: datetime | None
    picture: str | None
    reason: str | None
    doubt_ms: int = 0


_TROUBLE = [column for column in camera_trouble.c if column.name != "id"]


def note(
    tx: Connection,
    site: str,
    name: str,
    edge: str,
    at: datetime,
    footage_at: datetime | None,
    source: str | None,
) -> None:
    """Keep that a camera was heard of, and its newest footage; what is older changes nothing.

    ``source`` None: nothing was told of it.
    """
    known = find(tx, site, name)
    if known is None:
        row: dict[str, object] = {"edge": edge, "heard_at": at, "last_footage_at": footage_at}
        _add(tx, site, name, row | {"source": source})
        return
    newest = max((each for each in (known.last_footage_at, footage_at) if each), default=None)
    heard_at = max(at, known.heard_at)
    row = {"last_footage_at": newest, "heard_at": heard_at}
    if at >= known.heard_at:
        row |= {"edge": edge, "source": source or known.source}
    _change(tx, site, name, row)


def note_clock(
    tx: Connection,
    site: str,
    name: str,
    edge: str,
    clock: PictureClock,
    at: datetime,
    how: str,
) -> None:
    """Keep how far a camera's pictures are from its edge's clock; an older one changes nothing."""
    known = find(tx, site, name)
    if known is None:
        _add(tx, site, name, {"edge": edge, "heard_at": at})
    elif known.measured_at is not None and at < known.measured_at:
        return
    row: dict[str, object] = {
        "offset_ms": clock.offset_ms,
        "error_ms": clock.error_ms,
        "measured_at": at,
        "measured_by": how,
    }
    _change(tx, site, name, row)


def note_own_clock(tx: Connection, site: str, name: str, edge: str, clock: OwnClock) -> None:
    """Keep how far a camera's own clock is off; what was measured earlier changes nothing."""
    known = find(tx, site, name)
    if known is None:
        _add(tx, site, name, {"edge": edge, "heard_at": clock.measured_at})
    elif known.own_measured_at is not None and clock.measured_at < known.own_measured_at:
        return
    row: dict[str, object] = {
        "own_offset_ms": clock.offset_ms,
        "own_error_ms": clock.error_ms,
        "own_measured_at": clock.measured_at,
        "own_measured_by": clock.measured_by,
    }
    _change(tx, site, name, row)


def _add(tx: Connection, site: str, name: str, row: Mapping[str, object]) -> None:
    tx.execute(insert(camera).values(site=site, camera=name, **row))


def _change(tx: Connection, site: str, name: str, row: Mapping[str, object]) -> None:
    mine = (camera.c.site == site) & (camera.c.camera == name)
    tx.execute(update(camera).where(mine).values(dict(row)))


def find(tx: Connection, site: str, name: str) -> CameraRow | None:
    """One camera."""
    query = select(camera).where((camera.c.site == site) & (camera.c.camera == name))
    row = tx.execute(query).one_or_none()
    return None if row is None else CameraRow(*row)


def every(tx: Connection, sites: Iterable[str] | None) -> list[CameraRow]:
    """All cameras that were ever heard of, or those of some sites."""
    query = select(camera).where(_at(camera, sites)).order_by(camera.c.site, camera.c.camera)
    return [CameraRow(*row) for row in tx.execute(query)]


def begin_trouble(tx: Connection, trouble: Trouble, told_at: datetime) -> None:
    """Keep what began to be wrong and was told at ``told_at``; of what is known nothing is doubled.

    Lines of an older spool come behind those of a newer one: its end may have been told before.
    """
    if not _known(tx, trouble, told_at):
        names = [column.name for column in _TROUBLE]
        tx.execute(insert(camera_trouble).values({name: getattr(trouble, name) for name in names}))


def end_trouble(tx: Connection, trouble: Trouble, *, is_whole: bool) -> bool:
    """What was wrong is over at ``trouble.until``; return whether none of its kind is open still.

    ``is_whole``: its begin was told with its end, and is kept where nobody told it before.
    """
    assert trouble.until is not None
    found = _known(tx, trouble, trouble.until)
    mine = camera_trouble.c
    for row in found:
        until = trouble.until if row.until is None else max(row.until, trouble.until)
        tx.execute(update(camera_trouble).where(mine.id == row.id).values(until=until))
    if not found and is_whole:
        names = [column.name for column in _TROUBLE]
        tx.execute(insert(camera_trouble).values({name: getattr(trouble, name) for name in names}))
    lasting = _of_kind(trouble) & mine.until.is_(None)
    return tx.execute(select(mine.id).where(lasting).limit(1)).first() is None


def open_troubles(tx: Connection, sites: Iterable[str] | None) -> list[Trouble]:
    """What is wrong with cameras now."""
    lasting = camera_trouble.c.until.is_(None) & _at(camera_trouble, sites)
    query = select(*_TROUBLE).where(lasting).order_by(camera_trouble.c.since)
    return [Trouble(*row) for row in tx.execute(query)]


def troubles_between(
    tx: Connection, site: str, name: str, since: datetime, until: datetime
) -> list[Trouble]:
    """What was wrong with a camera in this time, oldest first, at most ``TROUBLES_MAX``."""
    mine = camera_trouble.c
    query = (
        select(*_TROUBLE)
        .where((mine.site == site) & (mine.camera == name) & (mine.since < until))
        .where(mine.until.is_(None) | (mine.until > since))
        .order_by(mine.since)
        .limit(TROUBLES_MAX)
    )
    return [Trouble(*row) for row in tx.execute(query)]


def _known(
    tx: Connection, trouble: Trouble, told_at: datetime
) -> Sequence[Row[int, datetime | None]]:
    """What is on record of the same kind and of the moment ``told_at``: it is the same trouble."""
    mine = camera_trouble.c
    lasts = mine.until.is_(None) | (mine.until >= told_at)
    query = select(mine.id, mine.until).where(_of_kind(trouble) & lasts & (mine.since <= told_at))
    return tx.execute(query.limit(TROUBLES_MAX)).all()


def _of_kind(trouble: Trouble) -> ColumnElement[bool]:
    mine = camera_trouble.c
    of_camera = (mine.site == trouble.site) & (mine.camera == trouble.camera)
    return of_camera & (mine.fact == trouble.fact)


def _at(table: Table, sites: Iterable[str] | None) -> ColumnElement[bool]:
    return table.c.site.is_not(None) if sites is None else table.c.site.in_(list(sites))
