"""Tables and SQL of the dispatch register; no rule is decided here."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    UniqueConstraint,
    func,
    insert,
    or_,
    select,
    update,
)

from hub.db.schema import RowId, UtcDateTime, metadata
from hub.dispatch.rules import Deadlines, DispatchList, Entry, Receipt, Window

dispatch_list = Table(
    "dispatch_list",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("site", String(32), nullable=False),
    Column("shift", String(32), nullable=False),
    Column("day", Date, nullable=False),
    Column("centre", String(32)),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("last_depart_at", UtcDateTime, nullable=False),
    Column("list_due_at", UtcDateTime, nullable=False),
    Column("forward_due_at", UtcDateTime, nullable=False),
    Column("sent_by", String(64)),
    Column("sent_at", UtcDateTime),
    Column("forwarded_by", String(64)),
    Column("forwarded_at", UtcDateTime),
    # Timers: null once they have fired, or what they wait for was done.
    Column("send_alarm_at", UtcDateTime, index=True),
    Column("forward_alarm_at", UtcDateTime, index=True),
    UniqueConstraint("site", "shift", "day"),
    sqlite_autoincrement=True,
)
dispatch_entry = Table(
    "dispatch_entry",
    metadata,
    Column("list_id", BigInteger, ForeignKey("dispatch_list.id"), primary_key=True),
    Column("waybill", String(64), primary_key=True),
    Column("departed_at", UtcDateTime, nullable=False),
    # The rest is written when the entry is sent: the register keeps what was told then.
    Column("serial", Integer),
    Column("destination", String(32)),
    # Address and phone, encrypted under the hub's body key.
    Column("recipient", LargeBinary),
    Column("sent_at", UtcDateTime),
    Column("forwarded_at", UtcDateTime),
    # No depart scan was made: it was seen elsewhere, and ``departed_at`` is its last scan here.
    Column("is_presumed", Boolean, nullable=False),
    Index(None, "waybill"),
)
dispatch_receipt = Table(
    "dispatch_receipt",
    metadata,
    Column("list_id", BigInteger, ForeignKey("dispatch_list.id"), primary_key=True),
    Column("centre", String(32), primary_key=True, index=True),
    Column("forwarded_at", UtcDateTime, nullable=False),
    Column("received_by", String(64)),
    Column("received_at", UtcDateTime),
    # A timer, as those of the list.
    Column("alarm_at", UtcDateTime, index=True),
)


def find_shift(tx: Connection, site: str, window: Window) -> DispatchList | None:
    """A shift's list."""
    mine = (
        (dispatch_list.c.site == site)
        & (dispatch_list.c.shift == window.shift)
        & (dispatch_list.c.day == window.day)
    )
    found = _read(tx, select(dispatch_list).where(mine))
    return found[0] if found else None


def add_list(tx: Connection, site: str, window: Window, row: Mapping[str, object]) -> int:
    """Begin a shift's list; return its id."""
    new = {**row, "site": site, "shift": window.shift, "day": window.day}
    added = tx.execute(insert(dispatch_list).values(new).returning(dispatch_list.c.id))
    return int(added.scalar_one())


def set_list(tx: Connection, list_id: int, changes: Mapping[str, object]) -> None:
    """Change a list's row."""
    tx.execute(update(dispatch_list).where(dispatch_list.c.id == list_id).values(dict(changes)))


def entries_of(tx: Connection, list_id: int, waybills: Iterable[str]) -> dict[str, Entry]:
    """Those of some parcels that are on a list."""
    mine = (dispatch_entry.c.list_id == list_id) & dispatch_entry.c.waybill.in_(list(waybills))
    rows = tx.execute(select(dispatch_entry).where(mine))
    return {row.waybill: _entry(row) for row in rows}


def listed_at(tx: Connection, waybills: Iterable[str]) -> set[tuple[str, str]]:
    """Those of some parcels that are on any list, each with the list's branch."""
    query = select(dispatch_entry.c.waybill, dispatch_list.c.site).join_from(
        dispatch_entry, dispatch_list
    )
    rows = tx.execute(query.where(dispatch_entry.c.waybill.in_(list(waybills))))
    return {(row.waybill, row.site) for row in rows}


def add_entry(
    tx: Connection, list_id: int, waybill: str, departed_at: datetime, *, is_presumed: bool
) -> None:
    """Put a parcel on a list."""
    row = {"list_id": list_id, "waybill": waybill, "departed_at": departed_at}
    tx.execute(insert(dispatch_entry).values(row | {"is_presumed": is_presumed}))


def set_entry(tx: Connection, list_id: int, waybill: str, changes: Mapping[str, object]) -> None:
    """Change an entry."""
    mine = (dispatch_entry.c.list_id == list_id) & (dispatch_entry.c.waybill == waybill)
    tx.execute(update(dispatch_entry).where(mine).values(dict(changes)))


def entries(tx: Connection, list_id: int, limit: int) -> list[Entry]:
    """A list's parcels in the order in which they left."""
    query = select(dispatch_entry).where(dispatch_entry.c.list_id == list_id)
    order = (dispatch_entry.c.departed_at, dispatch_entry.c.waybill)
    return [_entry(row) for row in tx.execute(query.order_by(*order).limit(limit))]


def untold(tx: Connection, list_id: int, limit: int, *, forward: bool) -> list[Entry]:
    """Parcels that are not sent yet; or those that are, and are not forwarded."""
    told_at = dispatch_entry.c.forwarded_at if forward else dispatch_entry.c.sent_at
    mine = (dispatch_entry.c.list_id == list_id) & told_at.is_(None)
    if forward:
        mine &= dispatch_entry.c.sent_at.is_not(None)
    order = (dispatch_entry.c.departed_at, dispatch_entry.c.waybill)
    query = select(dispatch_entry).where(mine).order_by(*order).limit(limit)
    return [_entry(row) for row in tx.execute(query)]


def last_serial(tx: Connection, list_id: int) -> int:
    """The highest number that a list has given; 0: none."""
    query = select(func.max(dispatch_entry.c.serial)).where(dispatch_entry.c.list_id == list_id)
    return tx.execute(query).scalar_one() or 0


def sent_waybills(tx: Connection, list_id: int, limit: int) -> tuple[str, ...]:
    """The parcels that were sent."""
    mine = (dispatch_entry.c.list_id == list_id) & dispatch_entry.c.sent_at.is_not(None)
    query = select(dispatch_entry.c.waybill).where(mine).order_by(dispatch_entry.c.waybill)
    return tuple(tx.execute(query.limit(limit)).scalars())


def recipients(tx: Connection, list_id: int) -> dict[str, bytes]:
    """The encrypted recipients of the entries that were sent."""
    mine = (dispatch_entry.c.list_id == list_id) & dispatch_entry.c.recipient.is_not(None)
    rows = tx.execute(select(dispatch_entry.c.waybill, dispatch_entry.c.recipient).where(mine))
    return {row.waybill: row.recipient for row in rows}


def put_receipt(
    tx: Connection, list_id: int, centre: str, forwarded_at: datetime, alarm_at: datetime
) -> None:
    """A list, or more of it, went to a centre: it has to be received again."""
    mine = (dispatch_receipt.c.list_id == list_id) & (dispatch_receipt.c.centre == centre)
    row: dict[str, object] = {
        "forwarded_at": forwarded_at,
        "received_by": None,
        "received_at": None,
        "alarm_at": alarm_at,
    }
    if tx.execute(update(dispatch_receipt).where(mine).values(row)).rowcount == 0:
        new = {**row, "list_id": list_id, "centre": centre}
        tx.execute(insert(dispatch_receipt).values(new))


def set_received(tx: Connection, list_id: int, centre: str, who: str, now: datetime) -> None:
    """A centre has a list."""
    mine = (dispatch_receipt.c.list_id == list_id) & (dispatch_receipt.c.centre == centre)
    done = {"received_by": who, "received_at": now, "alarm_at": None}
    tx.execute(update(dispatch_receipt).where(mine).values(done))


def unreceived(tx: Connection, now: datetime, limit: int) -> list[tuple[int, Receipt]]:
    """What was forwarded and should be received by now, with the list's id; it has its alarm."""
    at = dispatch_receipt.c.alarm_at
    rows = tx.execute(select(dispatch_receipt).where(at < now).order_by(at).limit(limit)).all()
    for row in rows:
        mine = dispatch_receipt.c.list_id == row.list_id, dispatch_receipt.c.centre == row.centre
        tx.execute(update(dispatch_receipt).where(*mine).values(alarm_at=None))
    return [(row.list_id, Receipt(row.centre, row.forwarded_at)) for row in rows]


def find(tx: Connection, list_id: int) -> DispatchList | None:
    """A list with its receipts."""
    found = _read(tx, select(dispatch_list).where(dispatch_list.c.id == list_id))
    return found[0] if found else None


def page(
    tx: Connection,
    sites: frozenset[str] | None,
    day: date | None,
    before_id: int | None,
    limit: int,
) -> list[DispatchList]:
    """Lists, newest first; of those branches and centres, or of all."""
    query = select(dispatch_list).order_by(dispatch_list.c.id.desc()).limit(limit)
    if sites is not None:
        forwarded = select(dispatch_receipt.c.list_id).where(dispatch_receipt.c.centre.in_(sites))
        query = query.where(
            or_(
                dispatch_list.c.site.in_(sites),
                dispatch_list.c.centre.in_(sites),
                dispatch_list.c.id.in_(forwarded),
            )
        )
    if day is not None:
        query = query.where(dispatch_list.c.day == day)
    if before_id is not None:
        query = query.where(dispatch_list.c.id < before_id)
    return _read(tx, query)


def due(tx: Connection, timer: str, now: datetime, limit: int) -> list[DispatchList]:
    """Lists whose timer (a column's name) is over; one that ends now is not."""
    at = dispatch_list.c[timer]
    return _read(tx, select(dispatch_list).where(at < now).order_by(at).limit(limit))


def _read(tx: Connection, query: Any) -> list[DispatchList]:
    rows = tx.execute(query).all()
    ids = [row.id for row in rows]
    counts = _counts(tx, ids)
    receipts: dict[int, list[Receipt]] = {}
    asked = select(dispatch_receipt).where(dispatch_receipt.c.list_id.in_(ids))
    for row in tx.execute(asked.order_by(dispatch_receipt.c.centre)) if ids else ():
        told = Receipt(row.centre, row.forwarded_at, row.received_by, row.received_at)
        receipts.setdefault(row.list_id, []).append(told)
    return [_list(row, counts[row.id], receipts.get(row.id, [])) for row in rows]


def _counts(tx: Connection, ids: Sequence[int]) -> dict[int, tuple[int, int, int]]:
    """How many parcels each list has, how many are unsent, how many unforwarded."""
    columns = (dispatch_entry.c.sent_at, dispatch_entry.c.forwarded_at)
    told = [func.count(column) for column in columns]
    query = select(dispatch_entry.c.list_id, func.count(), *told).group_by(dispatch_entry.c.list_id)
    rows = tx.execute(query.where(dispatch_entry.c.list_id.in_(ids))) if ids else ()
    return {row[0]: (row[1], row[1] - row[2], row[1] - row[3]) for row in rows}


def _entry(row: Row[*tuple[Any, ...]]) -> Entry:
    return Entry(
        waybill=row.waybill,
        departed_at=row.departed_at,
        serial=row.serial,
        sent_at=row.sent_at,
        forwarded_at=row.forwarded_at,
        destination=row.destination,
        is_presumed=row.is_presumed,
    )


def _list(
    row: Row[*tuple[Any, ...]], counts: tuple[int, int, int], receipts: Sequence[Receipt]
) -> DispatchList:
    count, unsent, unforwarded = counts
    return DispatchList(
        id=row.id,
        site=row.site,
        shift=row.shift,
        day=row.day,
        centre=row.centre,
        ends_at=row.ends_at,
        last_depart_at=row.last_depart_at,
        deadlines=Deadlines(row.list_due_at, row.forward_due_at),
        sent_by=row.sent_by,
        sent_at=row.sent_at,
        forwarded_by=row.forwarded_by,
        forwarded_at=row.forwarded_at,
        send_alarm_at=row.send_alarm_at,
        forward_alarm_at=row.forward_alarm_at,
        count=count,
        unsent=unsent,
        unforwarded=unforwarded,
        receipts=tuple(receipts),
    )
