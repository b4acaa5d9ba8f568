"""What custody keeps: notes, watched parcels, breaches, gaps, exits.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import RowId, UtcDateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "custody_note",
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("edge", sa.String(length=32), nullable=False),
        sa.Column("spool", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("waybill", sa.String(length=64), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(
            "subject",
            "occurred_at",
            "site",
            "edge",
            "spool",
            "seq",
            name=op.f("pk_custody_note"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "custody_watch",
        sa.Column("waybill", sa.String(length=64), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("waybill", name=op.f("pk_custody_watch")),
    )
    op.create_index(op.f("ix_custody_watch_due_at"), "custody_watch", ["due_at"], unique=False)
    _create_breaches()
    _create_gaps()


def _create_breaches() -> None:
    op.create_table(
        "custody_breach",
        sa.Column("id", RowId, nullable=False),
        sa.Column("scope", sa.String(length=100), nullable=False),
        sa.Column("lot_at", UtcDateTime(), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("waybill", sa.String(length=64), nullable=True),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("breach", sa.LargeBinary(), nullable=False),
        sa.Column("found_at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("tell_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custody_breach")),
    )
    for columns in (["scope", "withdrawn_at"], ["site", "id"], ["waybill"], ["tell_at"]):
        name = op.f(f"ix_custody_breach_{'_'.join(columns)}")
        op.create_index(name, "custody_breach", columns, unique=False)


def _create_gaps() -> None:
    op.create_table(
        "custody_gap",
        sa.Column("id", RowId, nullable=False),
        sa.Column("waybill", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("from_at", UtcDateTime(), nullable=False),
        sa.Column("to_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custody_gap")),
    )
    op.create_table(
        "custody_exit",
        sa.Column("id", RowId, nullable=False),
        sa.Column("waybill", sa.String(length=64), nullable=False),
        sa.Column("container", sa.String(length=100), nullable=False),
        sa.Column("found", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custody_exit")),
    )
    for table, column in (
        ("custody_gap", "waybill"),
        ("custody_gap", "to_at"),
        ("custody_exit", "waybill"),
        ("custody_exit", "container"),
    ):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)
