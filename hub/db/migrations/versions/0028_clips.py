"""Clips of footage that were taken away, out of which look.

Revision ID: 0028
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import RowId, UtcDateTime

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.create_table(
        "footage_clip",
        sa.Column("id", RowId, nullable=False),
        sa.Column("look_id", sa.BigInteger(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["look_id"], ["footage_look.id"], name=op.f("fk_footage_clip_look_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_footage_clip")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_footage_clip_look_id"), "footage_clip", ["look_id"], unique=False)
    op.create_index(op.f("ix_footage_clip_at"), "footage_clip", ["at"], unique=False)
