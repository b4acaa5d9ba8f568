"""The dispatch register (HV-2.7).

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import RowId, UtcDateTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    _create_lists()
    _create_entries()


def _create_lists() -> None:
    op.create_table(
        "dispatch_list",
        sa.Column("id", RowId, nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("shift", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("centre", sa.String(length=32), nullable=True),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("last_depart_at", UtcDateTime(), nullable=False),
        sa.Column("list_due_at", UtcDateTime(), nullable=False),
        sa.Column("forward_due_at", UtcDateTime(), nullable=False),
        sa.Column("sent_by", sa.String(length=64), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("forwarded_by", sa.String(length=64), nullable=True),
        sa.Column("forwarded_at", UtcDateTime(), nullable=True),
        sa.Column("send_alarm_at", UtcDateTime(), nullable=True),
        sa.Column("forward_alarm_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch_list")),
        sa.UniqueConstraint("site", "shift", "day", name=op.f("uq_dispatch_list_site_shift_day")),
        sqlite_autoincrement=True,
    )
    for timer in ("send_alarm_at", "forward_alarm_at"):
        op.create_index(op.f(f"ix_dispatch_list_{timer}"), "dispatch_list", [timer], unique=False)


def _create_entries() -> None:
    op.create_table(
        "dispatch_entry",
        sa.Column("list_id", sa.BigInteger(), nullable=False),
        sa.Column("waybill", sa.String(length=64), nullable=False),
        sa.Column("departed_at", UtcDateTime(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=True),
        sa.Column("destination", sa.String(length=32), nullable=True),
        sa.Column("recipient", sa.LargeBinary(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("forwarded_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["list_id"], ["dispatch_list.id"], name=op.f("fk_dispatch_entry_list_id")
        ),
        sa.PrimaryKeyConstraint("list_id", "waybill", name=op.f("pk_dispatch_entry")),
    )
    op.create_table(
        "dispatch_receipt",
        sa.Column("list_id", sa.BigInteger(), nullable=False),
        sa.Column("centre", sa.String(length=32), nullable=False),
        sa.Column("forwarded_at", UtcDateTime(), nullable=False),
        sa.Column("received_by", sa.String(length=64), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["list_id"], ["dispatch_list.id"], name=op.f("fk_dispatch_receipt_list_id")
        ),
        sa.PrimaryKeyConstraint("list_id", "centre", name=op.f("pk_dispatch_receipt")),
    )
    op.create_index(
        op.f("ix_dispatch_receipt_centre"), "dispatch_receipt", ["centre"], unique=False
    )
