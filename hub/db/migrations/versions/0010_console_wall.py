"""Searches are found by what they are about.

Revision ID: 0010
"""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_index("ix_incident_subject", "incident", ["subject"], unique=False)
