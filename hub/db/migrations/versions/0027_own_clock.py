"""How far the clock is off that a camera writes into its picture.

Revision ID: 0027
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import UtcDateTime

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.add_column("camera", sa.Column("own_offset_ms", sa.BigInteger(), nullable=True))
    op.add_column("camera", sa.Column("own_error_ms", sa.BigInteger(), nullable=True))
    op.add_column("camera", sa.Column("own_measured_at", UtcDateTime(), nullable=True))
    op.add_column("camera", sa.Column("own_measured_by", sa.String(length=256), nullable=True))
