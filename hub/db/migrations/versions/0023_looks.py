"""Who looked at which footage, and what was found.

Revision ID: 0023
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import RowId, UtcDateTime

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "footage_look",
        sa.Column("id", RowId, nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("camera", sa.String(length=32), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("waybill", sa.String(length=64), nullable=True),
        sa.Column("purpose", sa.String(length=300), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("safe_at_rest", sa.Boolean(), nullable=True),
        sa.Column("standard_placement", sa.Boolean(), nullable=True),
        sa.Column("note", sa.String(length=1000), nullable=True),
        sa.Column("found_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_footage_look")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_footage_look_site_at"), "footage_look", ["site", "at"], unique=False)
    op.create_index(
        op.f("ix_footage_look_waybill_at"), "footage_look", ["waybill", "at"], unique=False
    )
