"""A declaration can name the waybill that its parcel had before.

Revision ID: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
_REPLACES = sa.text("replaces IS NOT NULL")


def upgrade() -> None:
    op.add_column("parcel_declaration", sa.Column("replaces", sa.String(64), nullable=True))
    op.add_column("parcel_declaration", sa.Column("replaces_reason", sa.String(16), nullable=True))
    op.create_index(
        "ix_parcel_declaration_replaces",
        "parcel_declaration",
        ["replaces"],
        sqlite_where=_REPLACES,
        postgresql_where=_REPLACES,
    )
