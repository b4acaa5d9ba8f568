"""What stations reported of parcels is worked once, however often its line is.

Revision ID: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "incident_report",
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("edge", sa.String(length=32), nullable=False),
        sa.Column("spool", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("waybill", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint(
            "site", "edge", "spool", "seq", "waybill", name=op.f("pk_incident_report")
        ),
    )
