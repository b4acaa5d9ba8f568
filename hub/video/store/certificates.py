"""What was certified of each event's footage, and what is still to be looked at."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    LargeBinary,
    Row,
    String,
    Table,
    insert,
    select,
    update,
)

from hub.db.schema import RowId, UtcDateTime, metadata
from hub.video.rules.coverage import CertificateState, Coverage, Stretch
from hub.video.rules.picture_clock import PictureClock
from hub.video.rules.troubles import ToldTrouble

OF_A_PARCEL_MAX = 1000
OF_A_SITE_MAX = 1000
CLOCKS_APART_MAX = timedelta(minutes=5)
"""A camera's clock is measured at most a minute off (edge.video.shown_clock), by pictures that come
at most a minute late; what is told of others may again be a minute off, its edge's clock may be one
more away from the event's, and each is rounded."""

footage_certificate = Table(
    "footage_certificate",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("site", String(32), nullable=False),
    Column("edge", String(32), nullable=False),
    Column("spool", String(32), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("waybill", String(64), nullable=False),
    Column("place", String(32)),
    # The step of a scan, or what was done.
    Column("what", String(32), nullable=False),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("is_clock_sure", Boolean, nullable=False),
    # When what is not known is told as unknown.
    Column("due_at", UtcDateTime, nullable=False),
    # Null: nothing more can come of it.
    Column("look_at", UtcDateTime, index=True),
    Column("state", String(16)),
    Column("cameras", LargeBinary),
    Column("issued_at", UtcDateTime),
    # The same until its site tells more, which is then issued anew.
    Column("first_issued_at", UtcDateTime),
    # What had it looked at again; null: nothing but time.
    Column("news", String(16)),
    Index(None, "waybill", "occurred_at"),
    Index(None, "site", "until"),
)


class News(StrEnum):
    """What can have a certificate looked at again."""

    FOOTAGE = "footage"
    """Its site told of more footage, or that there is none."""
    TROUBLE = "trouble"
    """Its site told that a camera showed nothing, or of the end of that."""
    DAMAGE = "damage"
    """A file that it counts on is not what it was, or gone."""
    COPY = "copy"
    """A good copy of a file came to the hub."""
    DELETION = "deletion"
    """Its site deleted footage."""


@dataclass(frozen=True, slots=True)
class CameraShare:
    """What one camera's footage holds of an event, and what was wrong with its pictures then.

    ``is_simulated``: some of it, or the camera that has none, is of no real camera (P6).
    ``clock`` is what it was judged by; None: issued by a hub that did not keep it.
    ``is_clock_sure``: how far its edge's clock is from the event's was known, or matters nothing.
    """

    camera: str
    coverage: Coverage
    troubles: tuple[ToldTrouble, ...] = ()
    is_simulated: bool = False
    clock: PictureClock | None = field(default=None, compare=False)
    is_clock_sure: bool = True

    @property
    def is_judged(self) -> bool:
        """Say whether anything of its time was known when it was looked at."""
        return bool(self.coverage.segments or self.coverage.gaps)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A row; ``state`` null: not issued yet. ``cameras`` are all that see the place.

    ``is_clock_sure`` is of the event's clock alone.
    """

    id: int
    site: str
    edge: str
    spool: str
    seq: int
    waybill: str
    place: str | None
    what: str
    occurred_at: datetime
    since: datetime
    until: datetime
    is_clock_sure: bool
    due_at: datetime
    look_at: datetime | None
    state: CertificateState | None
    cameras: tuple[CameraShare, ...]
    issued_at: datetime | None
    first_issued_at: datetime | None
    news: str | None = None

    @property
    def are_clocks_sure(self) -> bool:
        """How far the clocks of the event's edge and of all footage's are off was known."""
        return self.is_clock_sure and all(each.is_clock_sure for each in self.cameras)

    @property
    def is_final(self) -> bool:
        """All was told: only damage, or what was told wrongly or too late, can change it."""
        return self.look_at is None


_decoder = msgspec.json.Decoder(tuple[CameraShare, ...])


def add(tx: Connection, asked: Sequence[Certificate]) -> None:
    """Keep what is to be certified; ids are given by the table."""
    if asked:
        tx.execute(insert(footage_certificate), [_row(each) for each in asked])


def due(tx: Connection, now: datetime, limit: int) -> list[Certificate]:
    """What is to be looked at now, the oldest first."""
    look_at = footage_certificate.c.look_at
    query = select(footage_certificate).where(look_at <= now).order_by(look_at).limit(limit)
    return [_certificate(row) for row in tx.execute(query)]


def put(tx: Connection, certificate: Certificate) -> None:
    """Keep what was found."""
    mine = footage_certificate.c.id == certificate.id
    tx.execute(update(footage_certificate).where(mine).values(_row(certificate)))


def wake(tx: Connection, site: str, told: Stretch, now: datetime, news: News) -> None:
    """Something became known of this time: what it matters to is looked at again.

    More footage matters to what waits for it; whatever takes from footage, or gives it back, to
    what was final, too.
    """
    mine = footage_certificate.c
    since, until = told.since - CLOCKS_APART_MAX, told.until + CLOCKS_APART_MAX
    touches = (mine.site == site) & (mine.until > since) & (mine.since < until)
    # What is still going on is looked at when it is over.
    wakes = touches & (mine.until <= now) & mine.state.is_distinct_from(CertificateState.UNSEEN)
    if news is News.FOOTAGE:
        wakes &= mine.look_at.is_not(None)
    tx.execute(update(footage_certificate).where(wakes).values(look_at=now, news=news))


def of_parcel(tx: Connection, waybill: str) -> list[Certificate]:
    """A parcel's, the oldest event first, at most ``OF_A_PARCEL_MAX``."""
    mine = footage_certificate.c
    query = select(footage_certificate).where(mine.waybill == waybill)
    query = query.order_by(mine.occurred_at, mine.id).limit(OF_A_PARCEL_MAX)
    return [_certificate(row) for row in tx.execute(query)]


def at_site(tx: Connection, site: str, since: datetime, until: datetime) -> list[Certificate]:
    """Of a site's events of a time, the oldest first, at most ``OF_A_SITE_MAX``."""
    mine = footage_certificate.c
    happened = (mine.occurred_at >= since) & (mine.occurred_at < until)
    query = select(footage_certificate).where((mine.site == site) & (mine.until > since) & happened)
    query = query.order_by(mine.occurred_at, mine.id).limit(OF_A_SITE_MAX)
    return [_certificate(row) for row in tx.execute(query)]


def changed(certificate: Certificate, **changes: Any) -> Certificate:
    """The same with other values."""
    return replace(certificate, **changes)


def _row(certificate: Certificate) -> dict[str, object]:
    row = {
        column.name: getattr(certificate, column.name)
        for column in footage_certificate.c
        if column.name != "id"
    }
    return row | {"cameras": msgspec.json.encode(certificate.cameras)}


def _certificate(row: Row[*tuple[Any, ...]]) -> Certificate:
    known = row._asdict()
    cameras, state = known.pop("cameras"), known.pop("state")
    return Certificate(
        **known,
        state=None if state is None else CertificateState(state),
        cameras=() if cameras is None else _decoder.decode(cameras),
    )
