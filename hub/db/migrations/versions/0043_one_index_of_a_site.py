"""One index of what a site should scan, where two had to be renewed at each scan.

Revision ID: 0043
"""

from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    op.drop_index(op.f("ix_missing_watch_expected_site_expected_by"), table_name="missing_watch")
    op.drop_index(op.f("ix_missing_watch_expected_site_due_at"), table_name="missing_watch")
    op.create_index(
        op.f("ix_missing_watch_expected_site_expected_by_due_at"),
        "missing_watch",
        ["expected_site", "expected_by", "due_at"],
        unique=False,
    )
