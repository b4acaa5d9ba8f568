"""Lists name parcels without a depart scan, and what was forwarded has a timer for its receipt.

Revision ID: 0016
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import UtcDateTime

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    with op.batch_alter_table("dispatch_entry") as entry:
        entry.add_column(
            sa.Column("is_presumed", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        entry.alter_column("is_presumed", server_default=None)
    op.create_index(op.f("ix_dispatch_entry_waybill"), "dispatch_entry", ["waybill"], unique=False)
    op.add_column("dispatch_receipt", sa.Column("alarm_at", UtcDateTime(), nullable=True))
    op.create_index(
        op.f("ix_dispatch_receipt_alarm_at"), "dispatch_receipt", ["alarm_at"], unique=False
    )
