"""The tables of footage files and of pictures; no rule is decided here."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Row,
    Select,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from hub.db.schema import UtcDateTime, metadata

footage_file = Table(
    "footage_file",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("site", String(32), nullable=False),
    Column("edge", String(32), nullable=False),
    Column("camera", String(32), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    # So many of them are on the disk, synced.
    Column("have", BigInteger, nullable=False),
    # Grows with every order: who remembers one reads only what is newer.
    Column("order_no", BigInteger, nullable=False, unique=True),
    Column("ordered_at", UtcDateTime, nullable=False),
    # Somebody waits to see it.
    Column("is_urgent", Boolean, nullable=False),
    # How often it came whole and was not what was ordered.
    Column("wrong", Integer, nullable=False),
    Column("stored_at", UtcDateTime),
    Column("gone_reason", String(256)),
    # Looked at last, whether or not it could be read.
    Column("checked_at", UtcDateTime, index=True),
    Column("damaged_at", UtcDateTime),
    Column("damage", String(16)),
    Index("ix_footage_file_open", "site", "edge", "stored_at"),
)
footage_picture = Table(
    "footage_picture",
    metadata,
    Column("sha256", String(64), nullable=False),
    Column("site", String(32), nullable=False),
    Column("camera", String(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    # A camera's event names it; any other only shows what the camera showed then.
    Column("is_named", Boolean, nullable=False),
    Column("stored_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("site", "camera", "sha256"),
    Index("ix_footage_picture_at", "site", "camera", "at"),
    Index("ix_footage_picture_sha256", "sha256"),
)

_MINE_MAX = 500
"""So many hashes stand in one question."""


@dataclass(frozen=True, slots=True)
class WantedFile:
    """A file of footage as its ``segment`` line tells it."""

    sha256: str
    site: str
    edge: str
    camera: str
    bytes: int


@dataclass(frozen=True, slots=True)
class KnownFile:
    """An ordered file."""

    wanted: WantedFile
    have: int
    is_urgent: bool
    wrong: int
    stored_at: datetime | None
    gone_reason: str | None
    damaged_at: datetime | None
    checked_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Its edge has still to send it."""
        return self.stored_at is None and self.gone_reason is None


@dataclass(frozen=True, slots=True)
class Order:
    """An open order at its place among all; an urgent one is waited for by somebody."""

    order_no: int
    is_urgent: bool
    site: str
    edge: str
    sha256: str


@dataclass(frozen=True, slots=True)
class FoundPicture:
    """A stored picture of a camera; ``at`` is when the edge says that it was taken."""

    site: str
    camera: str
    sha256: str
    at: datetime


# ---------------------------------------------------------------- files

_files = footage_file.c
_is_open = _files.stored_at.is_(None) & _files.gone_reason.is_(None)


def find(tx: Connection, sha256: str) -> KnownFile | None:
    """An ordered file."""
    row = tx.execute(select(footage_file).where(_files.sha256 == sha256)).one_or_none()
    return None if row is None else _known(row)


def find_all(tx: Connection, sha256s: Collection[str]) -> list[KnownFile]:
    """Those that were ever ordered."""
    asked = sorted(sha256s)
    return [
        _known(row)
        for first in range(0, len(asked), _MINE_MAX)
        for row in tx.execute(
            select(footage_file).where(_files.sha256.in_(asked[first : first + _MINE_MAX]))
        )
    ]


def newest_order(tx: Connection) -> int:
    """The newest order's number; 0 while there is none."""
    return tx.execute(select(func.max(_files.order_no))).scalar_one() or 0


def add(
    tx: Connection, wanted: WantedFile, order_no: int, now: datetime, *, is_urgent: bool
) -> None:
    """Order a file that was never ordered."""
    tx.execute(
        insert(footage_file).values(
            sha256=wanted.sha256,
            site=wanted.site,
            edge=wanted.edge,
            camera=wanted.camera,
            bytes=wanted.bytes,
            have=0,
            wrong=0,
            order_no=order_no,
            ordered_at=now,
            is_urgent=is_urgent,
        )
    )


def change(tx: Connection, sha256: str, **values: object) -> None:
    """Write columns of a file's row."""
    tx.execute(update(footage_file).where(_files.sha256 == sha256).values(**values))


def open_orders(tx: Connection, site: str, edge: str, limit: int) -> list[Order]:
    """An edge's open orders, the urgent ones first, and each kind oldest first."""
    mine = (_files.site == site) & (_files.edge == edge) & _is_open
    in_turn = _order_columns().where(mine).order_by(_files.is_urgent.desc(), _files.order_no)
    return _orders(tx, in_turn.limit(limit))


def orders_after(tx: Connection, order_no: int, limit: int) -> list[Order]:
    """Open orders of all edges that are newer, oldest first."""
    newer = _is_open & (_files.order_no > order_no)
    return _orders(tx, _order_columns().where(newer).order_by(_files.order_no).limit(limit))


def next_to_check(tx: Connection, before: datetime) -> KnownFile | None:
    """The stored or damaged file that was looked at longest ago, if that was before a moment."""
    was_here = _files.stored_at.is_not(None) | _files.damaged_at.is_not(None)
    due = was_here & (_files.checked_at < before)
    query = select(footage_file).where(due).order_by(_files.checked_at, _files.sha256).limit(1)
    row = tx.execute(query).one_or_none()
    return None if row is None else _known(row)


def _order_columns() -> Select[Any]:
    return select(_files.order_no, _files.is_urgent, _files.site, _files.edge, _files.sha256)


def _orders(tx: Connection, query: Select[Any]) -> list[Order]:
    return [Order(*row) for row in tx.execute(query)]


def _known(row: Row[*tuple[Any, ...]]) -> KnownFile:
    return KnownFile(
        WantedFile(row.sha256, row.site, row.edge, row.camera, row.bytes),
        row.have,
        row.is_urgent,
        row.wrong,
        row.stored_at,
        row.gone_reason,
        row.damaged_at,
        row.checked_at,
    )


# ---------------------------------------------------------------- pictures

_pictures = footage_picture.c


def add_picture(tx: Connection, picture: FoundPicture, now: datetime, *, is_named: bool) -> None:
    """Put a picture on record; one that is known gets named where it was not."""
    mine = (
        (_pictures.site == picture.site)
        & (_pictures.camera == picture.camera)
        & (_pictures.sha256 == picture.sha256)
    )
    known = tx.execute(select(_pictures.is_named).where(mine)).scalar_one_or_none()
    if known is None:
        row = {"site": picture.site, "camera": picture.camera, "sha256": picture.sha256}
        values = row | {"at": picture.at, "is_named": is_named, "stored_at": now}
        tx.execute(insert(footage_picture).values(values))
    elif is_named and not known:
        tx.execute(update(footage_picture).where(mine).values(is_named=True))


def cameras_beside(tx: Connection, site: str, camera: str) -> int:
    """How many other cameras of a site have pictures; 0 where this one has some itself."""
    at_site = _pictures.site == site
    if tx.execute(
        select(_pictures.sha256).where(at_site & (_pictures.camera == camera)).limit(1)
    ).first():
        return 0
    return tx.execute(select(func.count(_pictures.camera.distinct())).where(at_site)).scalar_one()


def surplus(
    tx: Connection, site: str, camera: str, kept: int, limit: int, *, is_named: bool
) -> list[str]:
    """Pictures of a camera beyond the newest ``kept``, by their hashes."""
    mine = (_pictures.site == site) & (_pictures.camera == camera)
    query = select(_pictures.sha256).where(mine & (_pictures.is_named == is_named))
    newest_first = query.order_by(_pictures.at.desc(), _pictures.sha256)
    return list(tx.execute(newest_first.offset(kept).limit(limit)).scalars())


def forget_picture(tx: Connection, site: str, camera: str, sha256: str) -> bool:
    """Take a picture off the record; say whether no other camera has the same."""
    mine = (_pictures.site == site) & (_pictures.camera == camera) & (_pictures.sha256 == sha256)
    tx.execute(delete(footage_picture).where(mine))
    return not find_pictures(tx, sha256)


def find_pictures(tx: Connection, sha256: str) -> list[FoundPicture]:
    """Whose picture this is: mostly one camera's."""
    return _found(tx, _picture_columns().where(_pictures.sha256 == sha256))


def newest_pictures(tx: Connection, sites: frozenset[str] | None) -> list[FoundPicture]:
    """The newest picture of each camera that nobody named, by site and camera.

    Of a camera that has none but named ones it is the newest of these.
    """
    key = (_pictures.site, _pictures.camera, _pictures.is_named)
    newest = select(*key, func.max(_pictures.at).label("at"))
    if sites is not None:
        newest = newest.where(_pictures.site.in_(sorted(sites)))
    last = newest.group_by(*key).subquery()
    is_last = (
        (_pictures.site == last.c.site)
        & (_pictures.camera == last.c.camera)
        & (_pictures.is_named == last.c.is_named)
        & (_pictures.at == last.c.at)
    )
    query = _picture_columns().join(last, is_last)
    order = (_pictures.site, _pictures.camera, _pictures.is_named.desc(), _pictures.sha256)
    in_order = _found(tx, query.order_by(*order))
    return list({(each.site, each.camera): each for each in in_order}.values())


def pictures_between(
    tx: Connection, site: str, camera: str, since: datetime, until: datetime
) -> list[FoundPicture]:
    """The pictures of a camera in this time that nobody named, the oldest first.

    A named one belongs to its event: it may be of a single label only.
    """
    mine = (_pictures.site == site) & (_pictures.camera == camera) & ~_pictures.is_named
    within = _picture_columns().where(mine & _pictures.at.between(since, until))
    return _found(tx, within.order_by(_pictures.at))


def _picture_columns() -> Select[Any]:
    return select(_pictures.site, _pictures.camera, _pictures.sha256, _pictures.at)


def _found(tx: Connection, query: Select[Any]) -> list[FoundPicture]:
    return [FoundPicture(*row) for row in tx.execute(query)]
