"""What a certificate must not leave out: late detection, damaged files, simulated cameras.

Revision ID: 0027
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import UtcDateTime

revision = "0027"
down_revision = "0025"
_FROZEN_DOUBT_MS = 12_000


def upgrade() -> None:
    doubt = sa.Column("doubt_ms", sa.BigInteger(), server_default="0", nullable=False)
    op.add_column("camera_trouble", doubt)
    frozen = sa.text("UPDATE camera_trouble SET doubt_ms = :doubt WHERE fact = 'frozen'")
    op.execute(frozen.bindparams(doubt=_FROZEN_DOUBT_MS))
    op.add_column("footage_certificate", sa.Column("news", sa.String(length=16), nullable=True))
    op.add_column("camera", sa.Column("source", sa.String(length=256), nullable=True))
    op.add_column(
        "footage_segment",
        sa.Column("is_simulated", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_table(
        "footage_damage",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("edge", sa.String(length=32), nullable=False),
        sa.Column("damage", sa.String(length=256), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "site", "edge", name=op.f("pk_footage_damage")),
    )
