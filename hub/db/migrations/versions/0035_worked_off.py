"""What became of quarantined bytes: who worked them off, and whether they are to be read again.

Revision ID: 0035
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import UtcDateTime

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    for column in (
        sa.Column("asked_at", UtcDateTime(), nullable=True),
        sa.Column("asked_by", sa.String(length=64), nullable=True),
        sa.Column("tried", sa.String(length=300), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("done_by", sa.String(length=64), nullable=True),
        sa.Column("done_why", sa.String(length=300), nullable=True),
    ):
        op.add_column("quarantine", column)
