"""Who looked at which footage, why, and what was found: rows are added, never deleted."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    String,
    Table,
    func,
    insert,
    select,
    update,
)

from hub.db.schema import RowId, UtcDateTime, metadata

LOOKS_MAX = 2_000
"""Of one answer, the newest first."""

footage_look = Table(
    "footage_look",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("who", String(64), nullable=False),
    Column("site", String(32), nullable=False),
    Column("camera", String(32), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("waybill", String(64)),
    Column("purpose", String(300), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    # What was found is written afterwards (HV-2.11.3); null: nobody has said.
    Column("safe_at_rest", Boolean),
    Column("standard_placement", Boolean),
    Column("note", String(1000)),
    Column("found_at", UtcDateTime),
    Index(None, "site", "at"),
    Index(None, "waybill", "at"),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What somebody saw (HV-2.11.3): parcels safe at rest, placed as they should be."""

    safe_at_rest: bool
    standard_placement: bool
    note: str


@dataclass(frozen=True, slots=True)
class FootageLook:
    """Somebody opened ``camera``'s footage from ``since`` to ``until``; a row of the table.

    ``finding`` None: nobody has written down what was to be seen.
    """

    id: int
    who: str
    site: str
    camera: str
    since: datetime
    until: datetime
    waybill: str | None
    purpose: str
    at: datetime
    finding: Finding | None
    found_at: datetime | None


def add(tx: Connection, row: dict[str, object]) -> int:
    """Keep a look and return its id; ``row`` holds its columns but the id."""
    found: int = tx.execute(
        insert(footage_look).values(row).returning(footage_look.c.id)
    ).scalar_one()
    return found


def find(tx: Connection, look_id: int) -> FootageLook | None:
    """One look."""
    found = _looks(tx, footage_look.c.id == look_id)
    return found[0] if found else None


def put_finding(tx: Connection, look_id: int, finding: Finding, at: datetime) -> None:
    """Write down what was found."""
    values = {
        "safe_at_rest": finding.safe_at_rest,
        "standard_placement": finding.standard_placement,
        "note": finding.note,
        "found_at": at,
    }
    tx.execute(update(footage_look).where(footage_look.c.id == look_id).values(values))


def of_site(tx: Connection, site: str, since: datetime, until: datetime) -> list[FootageLook]:
    """Looks that were taken at a site's footage from ``since`` on and before ``until``."""
    mine = footage_look.c
    return _looks(tx, (mine.site == site) & (mine.at >= since) & (mine.at < until))


def count_by_person(tx: Connection, site: str, since: datetime, until: datetime) -> dict[str, int]:
    """How often each looked at a site's footage from ``since`` on and before ``until``, by name.

    All of them: they are no more than have accounts (``ACCOUNTS_MAX``).
    """
    mine = footage_look.c
    within = (mine.site == site) & (mine.at >= since) & (mine.at < until)
    query = select(mine.who, func.count()).where(within).group_by(mine.who)
    return dict(sorted((str(who), int(count)) for who, count in tx.execute(query)))


def of_camera(
    tx: Connection, site: str, camera: str, since: datetime, until: datetime
) -> list[FootageLook]:
    """Looks, whenever they were, at some of a camera's footage of this time."""
    mine = footage_look.c
    touches = (mine.until > since) & (mine.since < until)
    return _looks(tx, (mine.site == site) & (mine.camera == camera) & touches)


def of_parcel(tx: Connection, waybill: str) -> list[FootageLook]:
    """Looks that were taken for a parcel."""
    return _looks(tx, footage_look.c.waybill == waybill)


def _looks(tx: Connection, which: ColumnElement[bool]) -> list[FootageLook]:
    query = select(footage_look).where(which).order_by(footage_look.c.id.desc()).limit(LOOKS_MAX)
    return [
        FootageLook(
            *(row.id, row.who, row.site, row.camera, row.since, row.until),
            *(row.waybill, row.purpose, row.at),
            finding=None
            if row.found_at is None
            else Finding(row.safe_at_rest, row.standard_placement, row.note),
            found_at=row.found_at,
        )
        for row in tx.execute(query)
    ]
