"""What is looked at next at one site, without reading all the others' parcels.

Revision ID: 0040
"""

from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    op.create_index(
        op.f("ix_missing_watch_expected_site_due_at"),
        "missing_watch",
        ["expected_site", "due_at"],
        unique=False,
    )
