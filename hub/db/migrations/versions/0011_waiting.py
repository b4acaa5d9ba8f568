"""Parcels in store and out for delivery are found by their site.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_WAITING = sa.text("state IN ('in_store', 'out_for_delivery')")


def upgrade() -> None:
    op.create_index(
        "ix_unit_state_waiting",
        "unit_state",
        ["last_site", "last_at"],
        unique=False,
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )
