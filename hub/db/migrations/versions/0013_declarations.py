"""Declarations are rows that are only ever added; a refused one is one of them.

Revision ID: 0013
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import RowId, UtcDateTime

revision = "0013"
down_revision = "0012"

_SAID = "declared_value_fen, origin, destination, route, accepted_at, people, reason"
_ORDINARY_FEN_MAX = 2_000_000
"""What the policy called ordinary as it was shipped: refused above it, the series was missing."""


def upgrade() -> None:
    _create()
    _carry_over()
    op.drop_table("parcel_refusal")
    with op.batch_alter_table("parcel") as parcel:
        parcel.create_foreign_key(
            op.f("fk_parcel_declaration_id"), "parcel_declaration", ["declaration_id"], ["id"]
        )
        for gone in (*_SAID.split(", "), "declared_by", "declared_at"):
            parcel.drop_column(gone)


def _create() -> None:
    op.create_table(
        "parcel_declaration",
        sa.Column("id", RowId, nullable=False),
        sa.Column("waybill", sa.String(length=64), nullable=False),
        sa.Column("declared_value_fen", sa.BigInteger(), nullable=True),
        sa.Column("weight_g", sa.Integer(), nullable=True),
        sa.Column("size_mm", sa.JSON(), nullable=True),
        sa.Column("pieces", sa.Integer(), nullable=True),
        sa.Column("origin", sa.String(length=32), nullable=True),
        sa.Column("destination", sa.String(length=32), nullable=True),
        sa.Column("route", sa.JSON(), nullable=True),
        sa.Column("accepted_at", UtcDateTime(), nullable=True),
        sa.Column("people", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("declared_by", sa.String(length=64), nullable=False),
        sa.Column("declared_at", UtcDateTime(), nullable=False),
        sa.Column("refused_for", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcel_declaration")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_parcel_declaration_waybill_id"),
        "parcel_declaration",
        ["waybill", "id"],
        unique=False,
    )
    refused = sa.text("refused_for IS NOT NULL")
    op.create_index(
        "ix_parcel_declaration_refused",
        "parcel_declaration",
        ["waybill"],
        unique=False,
        sqlite_where=refused,
        postgresql_where=refused,
    )
    op.add_column("parcel", sa.Column("declaration_id", sa.BigInteger(), nullable=True))


def _carry_over() -> None:
    """Of a parcel only the newest accepted and the newest refused declaration were kept."""
    op.execute(
        f"INSERT INTO parcel_declaration (waybill, {_SAID}, declared_by, declared_at)"
        f" SELECT waybill, {_SAID}, COALESCE(declared_by, ''), declared_at FROM parcel"
        " WHERE declared_at IS NOT NULL ORDER BY declared_at"
    )
    op.execute(
        "UPDATE parcel SET declaration_id = (SELECT said.id FROM parcel_declaration said"
        " WHERE said.waybill = parcel.waybill)"
    )
    # A refusal outlived no accepted value, so it is the newest that names one.
    op.execute(
        "INSERT INTO parcel_declaration (waybill, declared_value_fen, declared_by, declared_at,"
        " refused_for) SELECT waybill, declared_value_fen, refused_by, refused_at, CASE"
        " WHEN rule = 'HV-1.2.2' THEN 'above_band'"
        f" WHEN declared_value_fen > {_ORDINARY_FEN_MAX} THEN 'series_missing'"
        " ELSE 'series_misused' END FROM parcel_refusal ORDER BY refused_at"
    )
