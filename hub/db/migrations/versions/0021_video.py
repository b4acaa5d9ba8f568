"""Which footage there is, cameras and what is wrong with them, certificates, holds.

Revision ID: 0021
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import RowId, UtcDateTime

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    _segments()
    _gaps()
    _cameras()
    _troubles()
    _certificates()
    _holds()


def _segments() -> None:
    op.create_table(
        "footage_segment",
        sa.Column("id", RowId, nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("camera", sa.String(length=32), nullable=False),
        sa.Column("edge", sa.String(length=32), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=False),
        sa.Column("error_ms", sa.BigInteger(), nullable=False),
        sa.Column("length_ms", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("codec", sa.String(length=8), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("salvaged", sa.Boolean(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_footage_segment")),
    )
    op.create_index(op.f("ix_footage_segment_sha256"), "footage_segment", ["sha256"], unique=False)
    op.create_index(
        op.f("ix_footage_segment_site_camera_ended_at"),
        "footage_segment",
        ["site", "camera", "ended_at"],
        unique=False,
    )


def _gaps() -> None:
    op.create_table(
        "footage_gap",
        sa.Column("id", RowId, nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("camera", sa.String(length=32), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.String(length=256), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_footage_gap")),
    )
    op.create_index(
        op.f("ix_footage_gap_site_camera_ended_at"),
        "footage_gap",
        ["site", "camera", "ended_at"],
        unique=False,
    )


def _cameras() -> None:
    op.create_table(
        "camera",
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("camera", sa.String(length=32), nullable=False),
        sa.Column("edge", sa.String(length=32), nullable=False),
        sa.Column("heard_at", UtcDateTime(), nullable=False),
        sa.Column("last_footage_at", UtcDateTime(), nullable=True),
        sa.Column("offset_ms", sa.BigInteger(), nullable=True),
        sa.Column("error_ms", sa.BigInteger(), nullable=True),
        sa.Column("measured_at", UtcDateTime(), nullable=True),
        sa.Column("measured_by", sa.String(length=256), nullable=True),
        sa.PrimaryKeyConstraint("site", "camera", name=op.f("pk_camera")),
    )


def _troubles() -> None:
    op.create_table(
        "camera_trouble",
        sa.Column("id", RowId, nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("camera", sa.String(length=32), nullable=False),
        sa.Column("fact", sa.String(length=16), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("picture", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=256), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_camera_trouble")),
    )
    op.create_index(
        op.f("ix_camera_trouble_site_camera_since"),
        "camera_trouble",
        ["site", "camera", "since"],
        unique=False,
    )


def _certificates() -> None:
    op.create_table(
        "footage_certificate",
        sa.Column("id", RowId, nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("edge", sa.String(length=32), nullable=False),
        sa.Column("spool", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("waybill", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=32), nullable=True),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("is_clock_sure", sa.Boolean(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("look_at", UtcDateTime(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=True),
        sa.Column("cameras", sa.LargeBinary(), nullable=True),
        sa.Column("issued_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_footage_certificate")),
    )
    op.create_index(
        op.f("ix_footage_certificate_look_at"), "footage_certificate", ["look_at"], unique=False
    )
    op.create_index(
        op.f("ix_footage_certificate_site_until"),
        "footage_certificate",
        ["site", "until"],
        unique=False,
    )
    op.create_index(
        op.f("ix_footage_certificate_waybill_occurred_at"),
        "footage_certificate",
        ["waybill", "occurred_at"],
        unique=False,
    )


def _holds() -> None:
    op.create_table(
        "footage_hold",
        sa.Column("id", RowId, nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("camera", sa.String(length=32), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("waybill", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=256), nullable=False),
        sa.Column("held_by", sa.String(length=64), nullable=False),
        sa.Column("held_at", UtcDateTime(), nullable=False),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_footage_hold")),
    )
    op.create_index(
        op.f("ix_footage_hold_site_ended_at"), "footage_hold", ["site", "ended_at"], unique=False
    )
