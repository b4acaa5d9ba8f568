"""When a doubtful suspicion is looked at again, and what came of it; older ones are not.

Revision ID: 0044
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import UtcDateTime

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    op.add_column("incident", sa.Column("look", sa.JSON(), nullable=True))
    for column in (
        sa.Column("look", sa.JSON(), nullable=True),
        sa.Column("looks", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("look_at", UtcDateTime(), nullable=True),
    ):
        op.add_column("missing_suspect", column)
    op.create_index(
        op.f("ix_missing_suspect_look_at"),
        "missing_suspect",
        ["look_at"],
        unique=False,
        sqlite_where=sa.text("look_at IS NOT NULL"),
        postgresql_where=sa.text("look_at IS NOT NULL"),
    )
