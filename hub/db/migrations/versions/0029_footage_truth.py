"""What a certificate must not leave out: late detection, damage, what it said before, simulation.

Revision ID: 0029
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import RowId, UtcDateTime

revision = "0029"
down_revision = "0028"
_FROZEN_DOUBT_MS = 20_000


def upgrade() -> None:
    _cameras()
    _damages()
    _issues()


def _cameras() -> None:
    doubt = sa.Column("doubt_ms", sa.BigInteger(), server_default="0", nullable=False)
    op.add_column("camera_trouble", doubt)
    frozen = sa.text("UPDATE camera_trouble SET doubt_ms = :doubt WHERE fact = 'frozen'")
    op.execute(frozen.bindparams(doubt=_FROZEN_DOUBT_MS))
    op.add_column("camera", sa.Column("source", sa.String(length=256), nullable=True))
    op.add_column(
        "footage_segment",
        sa.Column("is_simulated", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def _damages() -> None:
    op.create_table(
        "footage_damage",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("edge", sa.String(length=32), nullable=False),
        sa.Column("damage", sa.String(length=256), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "site", "edge", name=op.f("pk_footage_damage")),
    )


def _issues() -> None:
    op.add_column("footage_certificate", sa.Column("news", sa.String(length=16), nullable=True))
    op.create_table(
        "footage_issue",
        sa.Column("id", RowId, nullable=False),
        sa.Column("certificate_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("cameras", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=False),
        sa.Column("news", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_footage_issue")),
    )
    op.create_index(
        op.f("ix_footage_issue_certificate_id"), "footage_issue", ["certificate_id"], unique=False
    )
