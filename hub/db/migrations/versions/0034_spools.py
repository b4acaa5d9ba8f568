"""Where a spool follows another, that it has ended, and by whose act it was closed.

Of the spools of one edge only the newest can still grow: the older ones count as ended, for no
program before this one told of an end.

Revision ID: 0034
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    for column in (
        sa.Column("after_spool", sa.String(length=32), nullable=True),
        sa.Column("after_seq", sa.BigInteger(), nullable=True),
        sa.Column("after_head", sa.String(length=64), nullable=True),
        sa.Column("is_ended", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("closed_by", sa.String(length=64), nullable=True),
        sa.Column("closed_why", sa.String(length=300), nullable=True),
    ):
        op.add_column("spool_head", column)
    spool = sa.table(
        "spool_head",
        sa.column("id", sa.BigInteger),
        sa.column("site", sa.String),
        sa.column("edge", sa.String),
        sa.column("is_ended", sa.Boolean),
    )
    newest = sa.select(sa.func.max(spool.c.id)).group_by(spool.c.site, spool.c.edge)
    op.execute(spool.update().where(spool.c.id.not_in(newest)).values(is_ended=True))
