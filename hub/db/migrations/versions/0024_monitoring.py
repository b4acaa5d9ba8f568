"""The monitoring logs that were made, and what became of each (HV-2.11.3).

Revision ID: 0024
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import UtcDateTime

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_table(
        "monitoring_log",
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("alarm_at", UtcDateTime(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("site", "period", name=op.f("pk_monitoring_log")),
    )
    op.create_index(op.f("ix_monitoring_log_sent_at"), "monitoring_log", ["sent_at"], unique=False)
