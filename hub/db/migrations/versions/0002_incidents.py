"""Incidents, mails and site packs.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import RowId, UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _create_mail()
    _create_incident()
    _create_incident_steps()
    _create_packs()


def _create_mail() -> None:
    op.create_table(
        "mail",
        sa.Column("id", RowId, nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("about", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("queued_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("answer", sa.String(length=300), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("key", name=op.f("uq_mail_key")),
    )
    op.create_index(op.f("ix_mail_about"), "mail", ["about"], unique=False)
    op.create_index(op.f("ix_mail_due_at"), "mail", ["due_at"], unique=False)


def _create_incident() -> None:
    op.create_table(
        "incident",
        sa.Column("id", RowId, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("open_key", sa.String(length=140), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("previous_site", sa.String(length=32), nullable=True),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("expected_site", sa.String(length=32), nullable=True),
        sa.Column("expected_by", UtcDateTime(), nullable=True),
        sa.Column("p_lost", sa.Float(), nullable=True),
        sa.Column("tier", sa.String(length=8), nullable=False),
        sa.Column("reasons_zh", sa.JSON(), nullable=False),
        sa.Column("reasons_en", sa.JSON(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        sa.UniqueConstraint("open_key", name=op.f("uq_incident_open_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_incident_state_id"), "incident", ["state", "id"], unique=False)
    op.create_table(
        "incident_parcel",
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("waybill", sa.String(length=64), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_incident_parcel_incident_id")
        ),
        sa.PrimaryKeyConstraint("incident_id", "waybill", name=op.f("pk_incident_parcel")),
    )
    op.create_index(op.f("ix_incident_parcel_waybill"), "incident_parcel", ["waybill"])


def _create_incident_steps() -> None:
    op.create_table(
        "incident_timer",
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("timer", sa.String(length=12), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("fired_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_incident_timer_incident_id")
        ),
        sa.PrimaryKeyConstraint("incident_id", "timer", name=op.f("pk_incident_timer")),
    )
    op.create_index(op.f("ix_incident_timer_due_at"), "incident_timer", ["due_at"])
    op.create_table(
        "incident_history",
        sa.Column("id", RowId, nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("act", sa.String(length=12), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=True),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_incident_history_incident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_history")),
    )
    op.create_index(op.f("ix_incident_history_incident_id"), "incident_history", ["incident_id"])
    op.create_table(
        "incident_attachment",
        sa.Column("id", RowId, nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("encrypted", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_incident_attachment_incident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_attachment")),
    )
    op.create_index(
        op.f("ix_incident_attachment_incident_id"), "incident_attachment", ["incident_id"]
    )


def _create_packs() -> None:
    op.create_table(
        "site_pack",
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_site_pack")),
        sa.UniqueConstraint("change", name=op.f("uq_site_pack_change")),
    )
    op.create_index(op.f("ix_site_pack_stale"), "site_pack", ["stale"])
