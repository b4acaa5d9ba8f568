"""What the console looks up: a station's story.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import UtcDateTime

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("edge_boot", sa.Column("first_heard_at", UtcDateTime(), nullable=True))
    for name, table, columns, where in (
        ("ix_event_station", "event", ["spool_id", "id"], "kind = 'station'"),
        ("ix_alert_subject", "alert", ["subject"], "waybill IS NULL"),
    ):
        op.create_index(
            name,
            table,
            columns,
            unique=False,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
