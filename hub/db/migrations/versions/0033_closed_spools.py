"""Spools that were closed at what is stored of them, because their edge's disk is gone.

Revision ID: 0033
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import UtcDateTime

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.add_column("spool_head", sa.Column("closed_at", UtcDateTime(), nullable=True))
