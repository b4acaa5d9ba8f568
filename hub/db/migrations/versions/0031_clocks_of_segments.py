"""How far a segment's times may be wrong by its edge's clock; null: told before that was kept.

Revision ID: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.add_column("footage_segment", sa.Column("clock_error_ms", sa.BigInteger(), nullable=True))
