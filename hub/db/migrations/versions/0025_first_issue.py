"""A footage certificate keeps when it was first issued, whatever its site tells later.

Revision ID: 0025
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import UtcDateTime

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.add_column("footage_certificate", sa.Column("first_issued_at", UtcDateTime(), nullable=True))
