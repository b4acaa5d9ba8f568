"""What goods are, and what vehicles and flights were known as at a load.

Revision ID: 0017
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import UtcDateTime

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column(
        "parcel_declaration", sa.Column("goods_class", sa.String(length=16), nullable=True)
    )
    op.create_table(
        "custody_carrier",
        sa.Column("container", sa.String(length=100), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("container", "since", name=op.f("pk_custody_carrier")),
    )
