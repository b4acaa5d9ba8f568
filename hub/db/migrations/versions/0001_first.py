"""The first schema.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import RowId, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    _create_hub()
    _create_access()
    _create_alerts()
    _create_parcels()
    _create_wanted()
    _create_spools()
    _create_refused()
    _create_states()


def _create_hub() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", RowId, nullable=False),
        sa.Column("topic", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "role_heartbeat",
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("beat_at", UtcDateTime(), nullable=False),
        sa.Column("listening_since", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("role", name=op.f("pk_role_heartbeat")),
    )


def _create_access() -> None:
    op.create_table(
        "credential",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_credential")),
    )
    op.create_index(op.f("ix_credential_expires_at"), "credential", ["expires_at"], unique=False)
    op.create_table(
        "edge",
        sa.Column("id", RowId, nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("enrolled_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edge")),
        sa.UniqueConstraint("site", "name", name=op.f("uq_edge_site_name")),
    )
    op.create_table(
        "enrol_secret",
        sa.Column("id", RowId, nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("edge", sa.String(length=32), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrol_secret")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_enrol_secret_secret_hash")),
    )
    op.create_table(
        "site_salt",
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_site_salt")),
    )
    op.create_table(
        "private_body",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("edge_id", sa.BigInteger(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("encrypted", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["edge_id"], ["edge.id"], name=op.f("fk_private_body_edge_id")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_private_body")),
    )


def _create_alerts() -> None:
    op.create_table(
        "alert",
        sa.Column("id", RowId, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("open_key", sa.String(length=200), nullable=True),
        sa.Column("waybill", sa.String(length=64), nullable=True),
        sa.Column("site", sa.String(length=32), nullable=True),
        sa.Column("raised_at", UtcDateTime(), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("text_zh", sa.String(length=600), nullable=False),
        sa.Column("text_en", sa.String(length=600), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("open_key", name=op.f("uq_alert_open_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_alert_state_id"), "alert", ["state", "id"], unique=False)
    op.create_index(
        op.f("ix_alert_waybill_first_at"), "alert", ["waybill", "first_at"], unique=False
    )
    op.create_table(
        "alert_history",
        sa.Column("id", RowId, nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("act", sa.String(length=8), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_alert_history_alert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_history")),
    )
    op.create_index(op.f("ix_alert_history_alert_id"), "alert_history", ["alert_id"], unique=False)


def _create_parcels() -> None:
    op.create_table(
        "parcel",
        sa.Column("waybill", sa.String(length=64), nullable=False),
        sa.Column("declared_value_fen", sa.BigInteger(), nullable=True),
        sa.Column("origin", sa.String(length=32), nullable=True),
        sa.Column("destination", sa.String(length=32), nullable=True),
        sa.Column("route", sa.JSON(), nullable=True),
        sa.Column("accepted_at", UtcDateTime(), nullable=True),
        sa.Column("people", sa.LargeBinary(), nullable=True),
        sa.Column("declared_by", sa.String(length=64), nullable=True),
        sa.Column("declared_at", UtcDateTime(), nullable=True),
        sa.Column("first_site", sa.String(length=32), nullable=True),
        sa.Column("first_at", UtcDateTime(), nullable=True),
        sa.Column("last_site", sa.String(length=32), nullable=True),
        sa.Column("last_at", UtcDateTime(), nullable=True),
        sa.Column("scans", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("waybill", name=op.f("pk_parcel")),
    )


def _create_wanted() -> None:
    op.create_table(
        "wanted_change",
        sa.Column("version", RowId, autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=True),
        sa.Column("entry", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_wanted_change")),
    )
    op.create_table(
        "wanted_entry",
        sa.Column("waybill", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("put_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("waybill", name=op.f("pk_wanted_entry")),
    )
    op.create_index(
        op.f("ix_wanted_entry_expires_at"), "wanted_entry", ["expires_at"], unique=False
    )
    op.create_table(
        "wanted_list",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", RowId, nullable=False),
        sa.Column("rules", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wanted_list")),
    )


def _create_spools() -> None:
    op.create_table(
        "spool_head",
        sa.Column("id", RowId, nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("edge", sa.String(length=32), nullable=False),
        sa.Column("spool", sa.String(length=32), nullable=False),
        sa.Column("upto_seq", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spool_head")),
        sa.UniqueConstraint("site", "edge", "spool", name=op.f("uq_spool_head_site_edge_spool")),
    )
    op.create_table(
        "event",
        sa.Column("id", RowId, nullable=False),
        sa.Column("spool_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("waybill", sa.String(length=64), nullable=True),
        sa.Column("of_seq", sa.BigInteger(), nullable=True),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("doubted", sa.Boolean(), nullable=False),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["spool_id"], ["spool_head.id"], name=op.f("fk_event_spool_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index(
        "ix_event_feedback",
        "event",
        ["spool_id", "of_seq"],
        unique=False,
        sqlite_where=sa.text("of_seq IS NOT NULL"),
        postgresql_where=sa.text("of_seq IS NOT NULL"),
    )
    op.create_index(op.f("ix_event_received_at"), "event", ["received_at"], unique=False)
    op.create_index(op.f("ix_event_spool_id_seq"), "event", ["spool_id", "seq"], unique=False)
    op.create_index(
        "ix_event_waybill",
        "event",
        ["waybill"],
        unique=False,
        sqlite_where=sa.text("waybill IS NOT NULL"),
        postgresql_where=sa.text("waybill IS NOT NULL"),
    )


def _create_refused() -> None:
    op.create_table(
        "projection_error",
        sa.Column("id", RowId, nullable=False),
        sa.Column("room", sa.String(length=16), nullable=False),
        sa.Column("spool_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["spool_id"], ["spool_head.id"], name=op.f("fk_projection_error_spool_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projection_error")),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", RowId, nullable=False),
        sa.Column("what", sa.String(length=8), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("edge", sa.String(length=32), nullable=False),
        sa.Column("spool_id", sa.BigInteger(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["spool_id"], ["spool_head.id"], name=op.f("fk_quarantine_spool_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    op.create_index(op.f("ix_quarantine_sha256"), "quarantine", ["sha256"], unique=False)
    op.create_index(
        op.f("ix_quarantine_spool_id_seq"), "quarantine", ["spool_id", "seq"], unique=False
    )
    op.create_index(op.f("ix_quarantine_what"), "quarantine", ["what"], unique=False)


def _create_states() -> None:
    op.create_table(
        "edge_boot",
        sa.Column("id", RowId, nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("edge", sa.String(length=32), nullable=False),
        sa.Column("boot", sa.String(length=32), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edge_boot")),
    )
    op.create_index(op.f("ix_edge_boot_boot"), "edge_boot", ["boot"], unique=False)
    op.create_table(
        "edge_state",
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("edge", sa.String(length=32), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("connected", sa.Boolean(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("site", "edge", name=op.f("pk_edge_state")),
    )
