"""Follow-ups wait by site; what a stop covers on the wanted list is kept; reports are known.

Revision ID: 0014
"""

import sqlalchemy as sa
from alembic import op

from hub.db.schema import UtcDateTime

revision = "0014"
down_revision = "0013"

# Before, a timer had no site: the one that was asked last is whose follow-up it is.
_CARRY_TIMERS = """
INSERT INTO incident_timer (incident_id, timer, site, due_at, fired_at)
SELECT o.incident_id, o.timer,
  CASE WHEN o.timer = 'follow_up' THEN COALESCE(
    (SELECT h.site FROM incident_history h
      WHERE h.incident_id = o.incident_id AND h.act = 'triaged'
      ORDER BY h.id DESC LIMIT 1), '') ELSE '' END,
  o.due_at, o.fired_at
FROM incident_timer_before o
"""
# Before, timers outlived their searches.
_END_TIMERS = """
DELETE FROM incident_timer WHERE due_at IS NOT NULL
  AND incident_id IN (SELECT id FROM incident WHERE state IN ('found', 'lost'))
"""


def upgrade() -> None:
    op.execute("CREATE TABLE incident_timer_before AS SELECT * FROM incident_timer")
    op.drop_table("incident_timer")
    op.create_table(
        "incident_timer",
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("timer", sa.String(length=12), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("fired_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_incident_timer_incident_id")
        ),
        sa.PrimaryKeyConstraint("incident_id", "timer", "site", name=op.f("pk_incident_timer")),
    )
    op.create_index(op.f("ix_incident_timer_due_at"), "incident_timer", ["due_at"])
    op.execute(_CARRY_TIMERS)
    op.drop_table("incident_timer_before")
    op.execute(_END_TIMERS)
    op.add_column("wanted_entry", sa.Column("beneath", sa.LargeBinary(), nullable=True))
