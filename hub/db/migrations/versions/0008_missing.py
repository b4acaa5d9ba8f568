"""Watched parcels, what is learned of lanes and sites, suspects, and who asked for them.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import RowId, UtcDateTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    _create_watch()
    _create_learned()
    _create_suspects()
    _create_queries()


def _create_watch() -> None:
    op.create_table(
        "missing_watch",
        sa.Column("waybill", sa.String(length=64), nullable=False),
        sa.Column("fold", sa.LargeBinary(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("expected_site", sa.String(length=32), nullable=True),
        sa.Column("expected_by", UtcDateTime(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("ride", sa.String(length=120), nullable=True),
        sa.Column("ride_at", UtcDateTime(), nullable=True),
        sa.Column("bag", sa.String(length=120), nullable=True),
        sa.Column("bag_at", UtcDateTime(), nullable=True),
        sa.Column("suspect_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("waybill", name=op.f("pk_missing_watch")),
    )
    op.create_index(
        op.f("ix_missing_watch_bag_bag_at"), "missing_watch", ["bag", "bag_at"], unique=False
    )
    op.create_index(op.f("ix_missing_watch_due_at"), "missing_watch", ["due_at"], unique=False)
    op.create_index(
        op.f("ix_missing_watch_expected_site_expected_by"),
        "missing_watch",
        ["expected_site", "expected_by"],
        unique=False,
    )
    op.create_index(
        op.f("ix_missing_watch_ride_ride_at"), "missing_watch", ["ride", "ride_at"], unique=False
    )


def _create_learned() -> None:
    op.create_table(
        "missing_learned",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("counts", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_missing_learned")),
    )
    op.create_table(
        "missing_site",
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_missing_site")),
    )
    op.create_index(op.f("ix_missing_site_last_at"), "missing_site", ["last_at"], unique=False)
    op.create_table(
        "missing_outage",
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("site", "since", name=op.f("pk_missing_outage")),
    )
    op.create_index(op.f("ix_missing_outage_until"), "missing_outage", ["until"], unique=False)


def _create_suspects() -> None:
    op.create_table(
        "missing_suspect",
        sa.Column("id", RowId, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("waybill", sa.String(length=64), nullable=False),
        sa.Column("high_value", sa.Boolean(), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("previous_site", sa.String(length=32), nullable=True),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("expected_site", sa.String(length=32), nullable=True),
        sa.Column("expected_by", UtcDateTime(), nullable=True),
        sa.Column("p_lost", sa.Float(), nullable=True),
        sa.Column("tier", sa.String(length=8), nullable=False),
        sa.Column("reasons_zh", sa.JSON(), nullable=False),
        sa.Column("reasons_en", sa.JSON(), nullable=False),
        sa.Column("incident", sa.BigInteger(), nullable=False),
        sa.Column("raised_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_missing_suspect")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_missing_suspect_closed_at"), "missing_suspect", ["closed_at"], unique=False
    )
    op.create_index(
        op.f("ix_missing_suspect_raised_at"), "missing_suspect", ["raised_at"], unique=False
    )
    op.create_index(
        op.f("ix_missing_suspect_waybill"), "missing_suspect", ["waybill"], unique=False
    )


def _create_queries() -> None:
    op.create_table(
        "missing_query",
        sa.Column("id", RowId, nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("high_value", sa.Boolean(), nullable=True),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_missing_query")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_missing_query_asked_at"), "missing_query", ["asked_at"], unique=False)
    op.create_index(
        op.f("ix_missing_query_site_asked_at"), "missing_query", ["site", "asked_at"], unique=False
    )
    op.create_table(
        "missing_shift",
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("shift", sa.String(length=32), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("site", "shift", name=op.f("pk_missing_shift")),
    )
    op.create_index(op.f("ix_missing_shift_ends_at"), "missing_shift", ["ends_at"], unique=False)
