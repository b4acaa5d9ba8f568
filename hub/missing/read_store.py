"""Table and SQL of the scans that sites owed, by day; no rule is decided here.

Bounded: three rows a site and day, ``DAYS_KEPT`` days.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Column, Connection, Date, Integer, Row, String, Table, delete, func, select

from hub.db.among import among
from hub.db.bulk import Bulk
from hub.db.schema import metadata
from hub.missing.rules.reads import Owed, Passing, Reads, Tally

day_reads = Table(
    "missing_reads",
    metadata,
    # The site's local day on which a scan was made, or was due.
    Column("day", Date, primary_key=True),
    Column("site", String(32), primary_key=True),
    Column("passing", String(8), primary_key=True),
    Column("made", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
    # How many of the skipped were made after all, and came late.
    Column("late", Integer, nullable=False),
)

_COUNTS = tuple(day_reads.c[name] for name in Tally._fields)
_ADD = Bulk(tuple(day_reads.c), key=tuple(day_reads.primary_key.columns), added=_COUNTS)
_SUMS = tuple(func.sum(each).label(each.name) for each in _COUNTS)


def add(tx: Connection, tallies: Mapping[Owed, Tally]) -> None:
    """Add to what is counted, in one statement; who writes beside another adds in one order."""
    _ADD.write(tx, [(*owed, *tallies[owed]) for owed in sorted(tallies)])


def by_passing(tx: Connection, since: date, until: date) -> dict[tuple[str, Passing], Reads]:
    """What every site made of what it owed on these days, both included."""
    site, passing = day_reads.c.site, day_reads.c.passing
    query = select(site, passing, *_SUMS).where(day_reads.c.day.between(since, until))
    rows = tx.execute(query.group_by(site, passing))
    return {(row.site, Passing(row.passing)): _reads(row) for row in rows}


def by_day(
    tx: Connection, sites: Iterable[str], since: date, until: date
) -> dict[tuple[str, date], Reads]:
    """What some sites made of what they owed on each of these days, both included."""
    site, day = day_reads.c.site, day_reads.c.day
    query = select(site, day, *_SUMS).where(day.between(since, until), among(site, "sites"))
    rows = tx.execute(query.group_by(site, day), {"sites": sites})
    return {(row.site, row.day): _reads(row) for row in rows}


def of_site(tx: Connection, site: str, passing: Passing, since: date) -> Reads:
    """What one site made of one kind of scan that it owed since a day, this included."""
    mine = (day_reads.c.site == site) & (day_reads.c.passing == passing)
    row = tx.execute(select(*_SUMS).where(mine, day_reads.c.day >= since)).one()
    return Reads() if row.made is None else _reads(row)


def forget(tx: Connection, before: date) -> None:
    """Delete the days before this one."""
    tx.execute(delete(day_reads).where(day_reads.c.day < before))


def _reads(row: Row[*tuple[Any, ...]]) -> Reads:
    # PostgreSQL sums to a decimal. A scan that came late was skipped before, on the same day.
    made, skipped, late = int(row.made), int(row.skipped), int(row.late)
    return Reads(made + late, max(0, skipped - late))
