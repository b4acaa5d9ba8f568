"""Which key counted for an edge from when to when, certificates, and who did what to them.

Revision ID: 0032
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import RowId, UtcDateTime

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.add_column("edge", sa.Column("revoked_at", UtcDateTime(), nullable=True))
    # The defaults stay: SQLite would copy the table to take them away, and lose them on the way.
    for name, length in (("made_by", 80), ("reason", 300)):
        said = sa.Column(name, sa.String(length=length), nullable=False, server_default="")
        op.add_column("enrol_secret", said)
    replaces = sa.Column[bool]("replaces", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("enrol_secret", replaces)
    op.create_table(
        "edge_key",
        sa.Column("id", RowId, nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("edge", sa.String(length=32), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edge_key")),
        sa.UniqueConstraint(
            "site", "edge", "public_key", name=op.f("uq_edge_key_site_edge_public_key")
        ),
    )
    op.execute(
        "INSERT INTO edge_key (site, edge, public_key, since)"
        " SELECT site, name, public_key, enrolled_at FROM edge ORDER BY id"
    )
    op.create_table(
        "certificate",
        sa.Column("id", RowId, nullable=False),
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("authority", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=True),
        sa.Column("edge", sa.String(length=32), nullable=True),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("point", sa.String(length=130), nullable=False),
        sa.Column("pem", sa.LargeBinary(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("issued_by", sa.String(length=80), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_by", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("serial", name=op.f("uq_certificate_serial")),
    )
    op.create_index(
        op.f("ix_certificate_site_edge_id"), "certificate", ["site", "edge", "id"], unique=False
    )
    op.create_table(
        "edge_act",
        sa.Column("id", RowId, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("edge", sa.String(length=32), nullable=False),
        sa.Column("act", sa.String(length=24), nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("detail", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edge_act")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_edge_act_site_edge_id"), "edge_act", ["site", "edge", "id"], unique=False
    )
