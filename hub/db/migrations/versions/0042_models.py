"""Learned models of silence, with their backtests.

Revision ID: 0042
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import RowId, UtcDateTime

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    op.create_table(
        "missing_model",
        sa.Column("id", RowId, nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("tables", sa.LargeBinary(), nullable=True),
        sa.Column("report", sa.LargeBinary(), nullable=False),
        sa.Column("reason_zh", sa.String(length=300), nullable=True),
        sa.Column("reason_en", sa.String(length=300), nullable=True),
        sa.Column("parcels", sa.Integer(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_missing_model")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_missing_model_live",
        "missing_model",
        ["state"],
        unique=False,
        sqlite_where=sa.text("state = 'live'"),
        postgresql_where=sa.text("state = 'live'"),
    )
