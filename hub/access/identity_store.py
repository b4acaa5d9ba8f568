"""Tables and SQL of edges' keys, of certificates, and of who did what to them; no rule here.

Rows of ``edge_act`` are added and read, never changed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Index,
    LargeBinary,
    Row,
    String,
    Table,
    UniqueConstraint,
    func,
    insert,
    select,
    update,
)

from hub.access.rules import CertificateKind, EdgeAct, KeyEnd
from hub.db.schema import RowId, UtcDateTime, metadata

edge_key = Table(
    "edge_key",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("site", String(32), nullable=False),
    Column("edge", String(32), nullable=False),
    Column("public_key", String(64), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime),
    Column("ended_by", String(16)),
    UniqueConstraint("site", "edge", "public_key", name="uq_edge_key_site_edge_public_key"),
)
certificate = Table(
    "certificate",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("serial", String(40), nullable=False, unique=True),
    # The serial of the CA's own certificate, under which this one counts.
    Column("authority", String(40), nullable=False),
    Column("kind", String(16), nullable=False),
    # Of edges only.
    Column("site", String(32)),
    Column("edge", String(32)),
    Column("name", String(300), nullable=False),
    Column("point", String(130), nullable=False),
    Column("pem", LargeBinary, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("issued_by", String(80), nullable=False),
    Column("revoked_at", UtcDateTime),
    Column("revoked_by", String(80)),
    Column("reason", String(300)),
    Index("ix_certificate_site_edge_id", "site", "edge", "id"),
)
edge_act = Table(
    "edge_act",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("site", String(32), nullable=False),
    Column("edge", String(32), nullable=False),
    Column("act", String(24), nullable=False),
    Column("who", String(80), nullable=False),
    Column("reason", String(300), nullable=False),
    Column("detail", String(300), nullable=False),
    Index("ix_edge_act_site_edge_id", "site", "edge", "id"),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True, slots=True)
class KeySpan:
    """A signing key and when it counted; ``until`` None: it counts now."""

    public_key: str
    since: datetime
    until: datetime | None
    ended_by: KeyEnd | None


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A certificate as it was issued; ``serial`` in lower hex, ``site`` and ``edge`` of edges."""

    serial: str
    authority: str
    kind: CertificateKind
    name: str
    point: str
    pem: bytes
    since: datetime
    until: datetime
    issued_at: datetime
    issued_by: str
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RecordedAct:
    """What somebody did to an edge's identity; ``who`` may be the edge itself."""

    at: datetime
    act: EdgeAct
    who: str
    reason: str
    detail: str


# ---------------------------------------------------------------- signing keys


def begin_key(tx: Connection, site: str, edge: str, public_key: str, now: datetime) -> None:
    """From now on a key counts."""
    row = {"site": site, "edge": edge, "public_key": public_key, "since": now}
    tx.execute(insert(edge_key).values(row))


def end_key(tx: Connection, site: str, edge: str, by: KeyEnd, now: datetime) -> None:
    """From now on the key that counts does not."""
    mine = (edge_key.c.site == site) & (edge_key.c.edge == edge) & edge_key.c.until.is_(None)
    tx.execute(update(edge_key).where(mine).values(until=now, ended_by=by))


def find_key(tx: Connection, site: str, edge: str, public_key: str) -> KeySpan | None:
    """When a key counted for an edge; None: never."""
    mine = (edge_key.c.site == site) & (edge_key.c.edge == edge)
    query = select(edge_key).where(mine & (edge_key.c.public_key == public_key))
    row = tx.execute(query).one_or_none()
    return None if row is None else _key_span(row)


def keys_of(tx: Connection, site: str, edge: str, limit: int) -> list[KeySpan]:
    """An edge's keys, the newest first."""
    mine = (edge_key.c.site == site) & (edge_key.c.edge == edge)
    query = select(edge_key).where(mine).order_by(edge_key.c.id.desc()).limit(limit)
    return [_key_span(row) for row in tx.execute(query)]


# ---------------------------------------------------------------- certificates


def add_certificate(
    tx: Connection, issued: IssuedCertificate, site: str | None = None, edge: str | None = None
) -> None:
    """Keep a certificate before anybody gets it."""
    row = {name: getattr(issued, name) for name in IssuedCertificate.__dataclass_fields__}
    tx.execute(insert(certificate).values(row | {"site": site, "edge": edge}))


def newest_certificate(
    tx: Connection, kind: CertificateKind, point: str | None = None
) -> IssuedCertificate | None:
    """The newest of a kind, for one key or for any."""
    query = select(certificate).where(certificate.c.kind == kind)
    if point is not None:
        query = query.where(certificate.c.point == point)
    row = tx.execute(query.order_by(certificate.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else _issued(row)


def certificates_of(tx: Connection, site: str, edge: str, limit: int) -> list[IssuedCertificate]:
    """An edge's certificates, the newest first."""
    mine = (certificate.c.site == site) & (certificate.c.edge == edge)
    query = select(certificate).where(mine).order_by(certificate.c.id.desc()).limit(limit)
    return [_issued(row) for row in tx.execute(query)]


def was_given_up(tx: Connection, site: str, edge: str, point: str) -> bool:
    """Say whether a key for TLS had a certificate of this edge that was revoked."""
    columns = certificate.c
    mine = (columns.site == site) & (columns.edge == edge) & (columns.point == point)
    query = select(columns.id).where(mine & columns.revoked_at.is_not(None)).limit(1)
    return tx.execute(query).first() is not None


def count_issued(tx: Connection, site: str, edge: str, since: datetime) -> int:
    """How many certificates an edge got since a moment."""
    mine = (certificate.c.site == site) & (certificate.c.edge == edge)
    query = select(func.count()).where(mine & (certificate.c.issued_at > since))
    return tx.execute(query).scalar_one()


def revoke_certificates(
    tx: Connection, site: str, edge: str, but: str | None, who: str, reason: str, now: datetime
) -> None:
    """Revoke an edge's certificates that are not over, but for those of the key ``but``."""
    columns = certificate.c
    mine = (columns.site == site) & (columns.edge == edge) & columns.revoked_at.is_(None)
    if but is not None:
        mine &= columns.point != but
    said = {"revoked_at": now, "revoked_by": who, "reason": reason}
    tx.execute(update(certificate).where(mine & (columns.until > now)).values(said))


def revoked_certificates(
    tx: Connection, authority: str, now: datetime
) -> list[tuple[int, datetime]]:
    """Serials and moments of what was revoked under a CA and is not over by itself."""
    columns = certificate.c
    mine = (columns.authority == authority) & columns.revoked_at.is_not(None)
    query = select(columns.serial, columns.revoked_at).where(mine & (columns.until > now))
    return [(int(row.serial, 16), row.revoked_at) for row in tx.execute(query.order_by(columns.id))]


def count_revoked(tx: Connection) -> int:
    """How many certificates were ever revoked: the number of the list that names them."""
    query = select(func.count()).where(certificate.c.revoked_at.is_not(None))
    return tx.execute(query).scalar_one()


# ---------------------------------------------------------------- acts


def add_act(tx: Connection, site: str, edge: str, act: RecordedAct) -> None:
    """Put an act on record."""
    row = {name: getattr(act, name) for name in RecordedAct.__dataclass_fields__}
    tx.execute(insert(edge_act).values(row | {"site": site, "edge": edge}))


def acts_of(tx: Connection, site: str, edge: str, limit: int) -> list[RecordedAct]:
    """What was done to an edge's identity, the newest first."""
    mine = (edge_act.c.site == site) & (edge_act.c.edge == edge)
    query = select(edge_act).where(mine).order_by(edge_act.c.id.desc()).limit(limit)
    return [
        RecordedAct(row.at, EdgeAct(row.act), row.who, row.reason, row.detail)
        for row in tx.execute(query)
    ]


def _key_span(row: Row[*tuple[Any, ...]]) -> KeySpan:
    ended_by = None if row.ended_by is None else KeyEnd(row.ended_by)
    return KeySpan(row.public_key, row.since, row.until, ended_by)


def _issued(row: Row[*tuple[Any, ...]]) -> IssuedCertificate:
    found: dict[str, Any] = {
        name: getattr(row, name) for name in IssuedCertificate.__dataclass_fields__
    }
    return IssuedCertificate(**{**found, "kind": CertificateKind(row.kind)})
