"""Files of footage that edges were asked for, and pictures of cameras.

Revision ID: 0022
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import UtcDateTime

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "footage_file",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("edge", sa.String(length=32), nullable=False),
        sa.Column("camera", sa.String(length=32), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("have", sa.BigInteger(), nullable=False),
        sa.Column("order_no", sa.BigInteger(), nullable=False),
        sa.Column("ordered_at", UtcDateTime(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("stored_at", UtcDateTime(), nullable=True),
        sa.Column("gone_reason", sa.String(length=256), nullable=True),
        sa.Column("checked_at", UtcDateTime(), nullable=True),
        sa.Column("damaged_at", UtcDateTime(), nullable=True),
        sa.Column("damage", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_footage_file")),
        sa.UniqueConstraint("order_no", name=op.f("uq_footage_file_order_no")),
    )
    op.create_index(
        "ix_footage_file_open", "footage_file", ["site", "edge", "stored_at"], unique=False
    )
    op.create_index(
        op.f("ix_footage_file_checked_at"), "footage_file", ["checked_at"], unique=False
    )
    op.create_table(
        "footage_picture",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("camera", sa.String(length=32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("is_named", sa.Boolean(), nullable=False),
        sa.Column("stored_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("site", "camera", "sha256", name=op.f("pk_footage_picture")),
    )
    op.create_index(
        "ix_footage_picture_at", "footage_picture", ["site", "camera", "at"], unique=False
    )
    op.create_index("ix_footage_picture_sha256", "footage_picture", ["sha256"], unique=False)
