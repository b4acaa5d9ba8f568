"""Why something is suspected, as values, and what acting on it is worth; older rows have neither.

Revision ID: 0041
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    op.add_column("incident", sa.Column("evidence", sa.JSON(), nullable=True))
    for column in (
        sa.Column("evidence", sa.JSON(), nullable=True),
        sa.Column("value_fen", sa.BigInteger(), nullable=True),
        sa.Column("value_basis", sa.String(length=12), nullable=True),
        sa.Column("rank", sa.Float(), nullable=True),
    ):
        op.add_column("missing_suspect", column)
