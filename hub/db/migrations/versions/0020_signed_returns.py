"""Declarations name the signed return; copies of the signed paper, with a timer for them.

Revision ID: 0020
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import RowId, UtcDateTime

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("parcel_declaration", sa.Column("signed_return", sa.Boolean(), nullable=True))
    op.create_table(
        "signed_copy",
        sa.Column("id", RowId, nullable=False),
        sa.Column("waybill", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("encrypted", sa.LargeBinary(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("checked_at", UtcDateTime(), nullable=True),
        sa.Column("checked_by", sa.String(length=64), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("check_note", sa.String(length=1000), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signed_copy")),
        sa.UniqueConstraint("waybill", "sha256", name=op.f("uq_signed_copy_waybill_sha256")),
    )
    op.create_table(
        "signed_return",
        sa.Column("waybill", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("delivered_at", UtcDateTime(), nullable=False),
        sa.Column("alarm_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("waybill", name=op.f("pk_signed_return")),
    )
    op.create_index(op.f("ix_signed_return_alarm_at"), "signed_return", ["alarm_at"], unique=False)
