"""Tables and SQL of edges, their secrets, and private bodies; no rule here."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    LargeBinary,
    Row,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    func,
    insert,
    select,
    update,
)

from hub.access.rules import EdgeKey, EnrolSecret
from hub.db.among import among_rows
from hub.db.asked import Asked
from hub.db.schema import RowId, UtcDateTime, metadata

edge = Table(
    "edge",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("site", String(32), nullable=False),
    Column("name", String(32), nullable=False),
    Column("public_key", String(64), nullable=False),
    Column("enrolled_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    UniqueConstraint("site", "name"),
)
site_salt = Table(
    "site_salt",
    metadata,
    Column("site", String(32), primary_key=True),
    Column("salt", String(32), nullable=False),
)
enrol_secret = Table(
    "enrol_secret",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("site", String(32), nullable=False),
    Column("edge", String(32), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Column("made_by", String(80), nullable=False),
    # Its edge may take the name over from the one that is enrolled, for this reason.
    Column("replaces", Boolean, nullable=False),
    Column("reason", String(300), nullable=False),
)
private_body = Table(
    "private_body",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("edge_id", BigInteger, ForeignKey("edge.id"), nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("encrypted", LargeBinary, nullable=False),
)


# Built once: it runs for each message, and building costs as much as running.
_FIND_EDGES = Asked(select(edge).where(among_rows((edge.c.site, edge.c.name), "names")))
_FIND_EDGE = select(edge).where(edge.c.site == bindparam("site"), edge.c.name == bindparam("name"))


# ---------------------------------------------------------------- edges


def find_edge(tx: Connection, site: str, name: str) -> EdgeKey | None:
    """Who is enrolled under a name."""
    row = tx.execute(_FIND_EDGE, {"site": site, "name": name}).one_or_none()
    return None if row is None else _edge_key(row)


def find_edges(
    tx: Connection, names: Collection[tuple[str, str]]
) -> dict[tuple[str, str], EdgeKey]:
    """Who is enrolled under some names, each a site and an edge."""
    if not names:
        return {}
    rows = _FIND_EDGES.rows(tx, names=names)
    return {(row.site, row.name): _edge_key(row) for row in rows}


def every_edge(tx: Connection) -> list[EdgeKey]:
    """All enrolled edges by site and name; the room's service bounds how many there can be."""
    return [_edge_key(row) for row in tx.execute(select(edge).order_by(edge.c.site, edge.c.name))]


def count_edges(tx: Connection) -> int:
    """How many edges are enrolled."""
    return tx.execute(select(func.count()).select_from(edge)).scalar_one()


def add_edge(tx: Connection, site: str, name: str, public_key: str, now: datetime) -> None:
    """Enrol an edge."""
    row = {"site": site, "name": name, "public_key": public_key, "enrolled_at": now}
    tx.execute(insert(edge).values(row))


def set_key(tx: Connection, edge_id: int, public_key: str) -> None:
    """From now on this key is the edge's, and it is not revoked."""
    row = {"public_key": public_key, "revoked_at": None}
    tx.execute(update(edge).where(edge.c.id == edge_id).values(row))


def set_revoked(tx: Connection, edge_id: int, now: datetime) -> None:
    """From now on nothing that the edge's key signs is taken."""
    tx.execute(update(edge).where(edge.c.id == edge_id).values(revoked_at=now))


def salt_of(tx: Connection, site: str) -> str | None:
    """The site's salt, once there is one."""
    return tx.execute(select(site_salt.c.salt).where(site_salt.c.site == site)).scalar_one_or_none()


def set_salt(tx: Connection, site: str, salt: str) -> None:
    """Give a site its salt."""
    tx.execute(insert(site_salt).values(site=site, salt=salt))


# ---------------------------------------------------------------- enrolment secrets


def add_secret(tx: Connection, row: dict[str, object]) -> None:
    """Keep a one-time secret's hash; the keys are the columns' names."""
    tx.execute(insert(enrol_secret).values(row))


def find_secret(tx: Connection, secret_hash: str) -> EnrolSecret | None:
    """The secret with this hash, used or expired or not."""
    query = select(enrol_secret).where(enrol_secret.c.secret_hash == secret_hash)
    row = tx.execute(query).one_or_none()
    if row is None:
        return None
    return EnrolSecret(
        row.id,
        row.site,
        row.edge,
        row.expires_at,
        row.used_at is not None,
        row.made_by,
        row.replaces,
        row.reason,
    )


def use_secret(tx: Connection, secret_id: int, now: datetime) -> None:
    """Mark a secret as used; it stays as a record."""
    tx.execute(update(enrol_secret).where(enrol_secret.c.id == secret_id).values(used_at=now))


def void_secrets(tx: Connection, now: datetime) -> None:
    """Let no secret that was not used count any more."""
    tx.execute(update(enrol_secret).where(enrol_secret.c.used_at.is_(None)).values(used_at=now))


# ---------------------------------------------------------------- private bodies


def known_bodies(tx: Connection, hashes: Iterable[str]) -> dict[str, bytes]:
    """The encrypted bodies that are there."""
    rows = tx.execute(
        select(private_body.c.sha256, private_body.c.encrypted).where(
            private_body.c.sha256.in_(list(hashes))
        )
    )
    return {row.sha256: row.encrypted for row in rows}


def add_bodies(tx: Connection, edge_id: int, bodies: dict[str, bytes], now: datetime) -> None:
    """Keep encrypted bodies under their hashes."""
    rows = [
        {"sha256": sha256, "edge_id": edge_id, "received_at": now, "encrypted": encrypted}
        for sha256, encrypted in bodies.items()
    ]
    if rows:
        tx.execute(insert(private_body), rows)


def _edge_key(row: Row[*tuple[Any, ...]]) -> EdgeKey:
    return EdgeKey(row.id, row.site, row.name, row.public_key, row.enrolled_at, row.revoked_at)
