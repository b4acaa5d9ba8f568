"""Parcels that are in no bag and on no ride have no entry in those indexes.

Each scan renews a parcel's row, and with it its entry in every index: most had two that nobody
ever asks for. Revision ID: 0036
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    for column in ("ride", "bag"):
        name = f"ix_missing_watch_{column}_{column}_at"
        op.drop_index(name, "missing_watch")
        known = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            name,
            "missing_watch",
            [column, f"{column}_at"],
            sqlite_where=known,
            postgresql_where=known,
        )
