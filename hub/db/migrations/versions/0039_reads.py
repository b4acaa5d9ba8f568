"""How many of the scans that a site owes it makes, by day. Days before this one are not known.

Revision ID: 0039
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    op.create_table(
        "missing_reads",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("passing", sa.String(length=8), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("late", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "site", "passing", name=op.f("pk_missing_reads")),
    )
