"""Flights that took high-value parcels, with a timer for their manifest; manifests take remarks.

Revision ID: 0019
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import RowId, UtcDateTime

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("manifest", sa.Column("remarks", sa.String(length=500), nullable=True))
    op.create_table(
        "flight_departure",
        sa.Column("id", RowId, nullable=False),
        sa.Column("flight", sa.String(length=32), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("registered_at", UtcDateTime(), nullable=True),
        sa.Column("alarm_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flight_departure")),
    )
    for columns in (["alarm_at"], ["flight", "site"]):
        name = op.f(f"ix_flight_departure_{'_'.join(columns)}")
        op.create_index(name, "flight_departure", columns, unique=False)
    op.create_table(
        "flight_parcel",
        sa.Column("departure_id", sa.BigInteger(), nullable=False),
        sa.Column("waybill", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["departure_id"],
            ["flight_departure.id"],
            name=op.f("fk_flight_parcel_departure_id"),
        ),
        sa.PrimaryKeyConstraint("departure_id", "waybill", name=op.f("pk_flight_parcel")),
    )
