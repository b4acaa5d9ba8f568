"""The table of the site packs; no rule is decided here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    LargeBinary,
    String,
    Table,
    func,
    insert,
    select,
    update,
)

from hub.db.schema import UtcDateTime, metadata

site_pack = Table(
    "site_pack",
    metadata,
    Column("site", String(32), primary_key=True),
    Column("version", BigInteger, nullable=False),
    # Grows with every change of any pack: who remembers one reads only what is newer.
    Column("change", BigInteger, nullable=False, unique=True),
    Column("data", LargeBinary, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    # Something in it has changed: it is to be made anew.
    Column("stale", Boolean, nullable=False, index=True),
)


@dataclass(frozen=True, slots=True)
class StoredPack:
    """A pack as it is sent; ``data`` are its bytes."""

    version: int
    data: bytes
    made_at: datetime


def find(tx: Connection, site: str) -> StoredPack | None:
    """A site's newest pack."""
    row = tx.execute(select(site_pack).where(site_pack.c.site == site)).one_or_none()
    return None if row is None else StoredPack(row.version, row.data, row.made_at)


def versions(tx: Connection) -> dict[str, int]:
    """The newest version of each site's pack."""
    rows = tx.execute(select(site_pack.c.site, site_pack.c.version))
    return {row.site: row.version for row in rows}


def newest_change(tx: Connection) -> int:
    """The newest change of any pack; 0 while there is none."""
    return tx.execute(select(func.max(site_pack.c.change))).scalar_one() or 0


def changed_after(tx: Connection, change: int) -> dict[str, int]:
    """The newest version of each pack that has changed since."""
    mine = site_pack.c.change > change
    rows = tx.execute(select(site_pack.c.site, site_pack.c.version).where(mine))
    return {row.site: row.version for row in rows}


def put(tx: Connection, site: str, version: int, data: bytes, now: datetime) -> None:
    """Keep a site's pack in the place of its former one."""
    change = newest_change(tx) + 1
    row = {"version": version, "change": change, "data": data, "made_at": now, "stale": False}
    mine = site_pack.c.site == site
    if tx.execute(update(site_pack).where(mine).values(row)).rowcount == 0:
        tx.execute(insert(site_pack).values(row | {"site": site}))


def set_version(tx: Connection, site: str, version: int) -> None:
    """Count on from another version: the pack is to be made anew under the next one."""
    mine = site_pack.c.site == site
    tx.execute(update(site_pack).where(mine).values(version=version, stale=True))


def set_stale(tx: Connection, sites: Iterable[str]) -> None:
    """These sites' packs are to be made anew."""
    tx.execute(update(site_pack).where(site_pack.c.site.in_(list(sites))).values(stale=True))


def set_fresh(tx: Connection, site: str) -> None:
    """What changed was not in this pack."""
    tx.execute(update(site_pack).where(site_pack.c.site == site).values(stale=False))


def stale(tx: Connection, limit: int) -> list[str]:
    """Sites whose packs are to be made anew."""
    found = select(site_pack.c.site).where(site_pack.c.stale).order_by(site_pack.c.site)
    return list(tx.execute(found.limit(limit)).scalars())
