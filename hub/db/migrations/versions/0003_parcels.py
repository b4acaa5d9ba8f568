"""What scans tell of parcels, bags and pallets; manifests; refused declarations.

Revision ID: 0003
"""

import json

import sqlalchemy as sa
from alembic import op

from hub.db.schema import UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _create_units()
    _create_declared()
    _create_manifests()
    _carry_over()
    with op.batch_alter_table("parcel") as parcel:
        parcel.alter_column("hv_by_value", existing_type=sa.Boolean(), nullable=False)
        for gone in ("first_site", "first_at", "last_site", "last_at", "scans"):
            parcel.drop_column(gone)


def _create_units() -> None:
    op.create_table(
        "unit_trace",
        sa.Column("unit", sa.String(length=72), nullable=False),
        sa.Column("spool", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("edge", sa.String(length=32), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=True),
        sa.Column("container", sa.String(length=48), nullable=True),
        sa.Column("queued", sa.Boolean(), nullable=False),
        sa.Column("is_scan", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("unit", "spool", "seq", name=op.f("pk_unit_trace")),
        sqlite_with_rowid=False,
    )
    _create_partial_index("ix_unit_trace_container_at", "unit_trace", ["container", "at"])
    op.create_table(
        "unit_state",
        sa.Column("unit", sa.String(length=72), nullable=False),
        sa.Column("first_site", sa.String(length=32), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("last_site", sa.String(length=32), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("scans", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("is_return", sa.Boolean(), nullable=False),
        sa.Column("container", sa.String(length=48), nullable=True),
        sa.Column("stay_site", sa.String(length=32), nullable=True),
        sa.Column("stay_since", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("unit", name=op.f("pk_unit_state")),
    )
    _create_partial_index("ix_unit_state_container", "unit_state", ["container"])


def _create_partial_index(name: str, table: str, columns: list[str]) -> None:
    where = sa.text("container IS NOT NULL")
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def _create_declared() -> None:
    op.create_table(
        "parcel_refusal",
        sa.Column("waybill", sa.String(length=64), nullable=False),
        sa.Column("declared_value_fen", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.String(length=16), nullable=False),
        sa.Column("refused_by", sa.String(length=64), nullable=False),
        sa.Column("refused_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("waybill", name=op.f("pk_parcel_refusal")),
    )
    op.add_column("parcel", sa.Column("reason", sa.String(length=200)))
    op.add_column("parcel", sa.Column("hv_by_value", sa.Boolean()))
    op.add_column("parcel", sa.Column("lost_at", UtcDateTime()))
    op.add_column("parcel", sa.Column("silent_since", UtcDateTime()))
    op.execute("UPDATE parcel SET hv_by_value = false")


def _create_manifests() -> None:
    op.create_table(
        "manifest",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("origin", sa.String(length=32), nullable=False),
        sa.Column("destination", sa.String(length=32), nullable=False),
        sa.Column("put_by", sa.String(length=64), nullable=False),
        sa.Column("put_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manifest")),
    )
    op.create_table(
        "manifest_line",
        sa.Column("manifest_id", sa.String(length=64), nullable=False),
        sa.Column("waybill", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["manifest_id"], ["manifest.id"], name=op.f("fk_manifest_line_manifest_id")
        ),
        sa.PrimaryKeyConstraint("manifest_id", "waybill", name=op.f("pk_manifest_line")),
    )
    op.create_index(op.f("ix_manifest_line_waybill"), "manifest_line", ["waybill"], unique=False)


def _carry_over() -> None:
    """Scans that are there already: their traces, and where each parcel was first and last seen."""
    tx = op.get_bind()
    tables = sa.MetaData()
    tables.reflect(tx, only=["event", "spool_head", "unit_trace"])
    event, spool = tables.tables["event"], tables.tables["spool_head"]
    columns = (
        spool.c.spool,
        spool.c.site,
        spool.c.edge,
        event.c.seq,
        event.c.line,
        event.c.waybill,
    )
    times = (event.c.occurred_at, event.c.received_at)
    found = sa.select(*columns, *times).join(spool, spool.c.id == event.c.spool_id)
    for row in tx.execute(found.where(event.c.waybill.is_not(None))).mappings().all():
        tx.execute(sa.insert(tables.tables["unit_trace"]).values(_trace(row)))
    tx.execute(
        sa.text(
            "INSERT INTO unit_state (unit, first_site, first_at, last_site, last_at, scans, state,"
            " is_return) SELECT waybill, first_site, first_at, last_site, last_at, scans,"
            " 'at_site', false FROM parcel WHERE first_site IS NOT NULL"
        )
    )
    tx.execute(sa.text("DELETE FROM parcel WHERE declared_at IS NULL"))


def _trace(row: sa.RowMapping) -> dict[str, object]:
    # Containers had no kind before this revision, so what a parcel lay in is not told.
    return {
        "unit": row["waybill"],
        "spool": row["spool"],
        "seq": row["seq"],
        "at": row["occurred_at"],
        "received_at": row["received_at"],
        "site": row["site"],
        "edge": row["edge"],
        "step": json.loads(row["line"]).get("step"),
        "queued": False,
        "is_scan": True,
    }
