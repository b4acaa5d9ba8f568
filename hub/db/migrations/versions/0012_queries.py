"""A query of suspects says whether a person made it or a program; older ones count as persons'.

Revision ID: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    with op.batch_alter_table("missing_query") as batch:
        batch.add_column(
            sa.Column("by_token", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch.alter_column("by_token", server_default=None)
