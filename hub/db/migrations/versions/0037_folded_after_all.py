"""When a room has worked on an event that it had failed on.

Revision ID: 0037
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import UtcDateTime

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.add_column("projection_error", sa.Column("folded_at", UtcDateTime(), nullable=True))
