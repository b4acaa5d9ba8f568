"""Tables and SQL of the manifests; no rule is decided here."""

from sqlalchemy import Column, Connection, ForeignKey, String, Table, delete, insert, select

from hub.db.schema import UtcDateTime, metadata
from hub.parcels.rules.manifests import Manifest, ManifestKind

manifest = Table(
    "manifest",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("origin", String(32), nullable=False),
    Column("destination", String(32), nullable=False),
    Column("put_by", String(64), nullable=False),
    Column("put_at", UtcDateTime, nullable=False),
    Column("remarks", String(500)),
)
manifest_line = Table(
    "manifest_line",
    metadata,
    Column("manifest_id", String(64), ForeignKey("manifest.id"), primary_key=True),
    Column("waybill", String(64), primary_key=True, index=True),
)


def put(tx: Connection, wanted: Manifest) -> None:
    """Insert a manifest, or replace the one with its id."""
    tx.execute(delete(manifest_line).where(manifest_line.c.manifest_id == wanted.id))
    tx.execute(delete(manifest).where(manifest.c.id == wanted.id))
    row = {
        "id": wanted.id,
        "kind": wanted.kind,
        "origin": wanted.origin,
        "destination": wanted.destination,
        "put_by": wanted.put_by,
        "put_at": wanted.put_at,
        "remarks": wanted.remarks,
    }
    tx.execute(insert(manifest).values(row))
    lines = [{"manifest_id": wanted.id, "waybill": each} for each in dict.fromkeys(wanted.waybills)]
    if lines:
        tx.execute(insert(manifest_line), lines)


def find(tx: Connection, manifest_id: str) -> Manifest | None:
    """A manifest with its waybills in their order."""
    row = tx.execute(select(manifest).where(manifest.c.id == manifest_id)).one_or_none()
    if row is None:
        return None
    mine = manifest_line.c.manifest_id == manifest_id
    lines = tx.execute(
        select(manifest_line.c.waybill).where(mine).order_by(manifest_line.c.waybill)
    )
    return Manifest(
        row.id,
        ManifestKind(row.kind),
        row.origin,
        row.destination,
        tuple(lines.scalars()),
        row.put_by,
        row.put_at,
        row.remarks,
    )


def newest_listing(tx: Connection, waybill: str) -> str | None:
    """The id of the newest manifest that lists a waybill."""
    query = (
        select(manifest.c.id)
        .join(manifest_line, manifest_line.c.manifest_id == manifest.c.id)
        .where(manifest_line.c.waybill == waybill)
        .order_by(manifest.c.put_at.desc(), manifest.c.id)
        .limit(1)
    )
    return tx.execute(query).scalar_one_or_none()
