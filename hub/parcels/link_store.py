"""SQL of waybills that take another's place: what the newest declarations say. Decides no rule."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, and_, select

from hub.db.among import among
from hub.db.asked import Asked
from hub.parcels.declaration_store import declaration
from hub.parcels.rules.parcel import Link, ReplaceReason
from hub.parcels.rules.traces import Sighting
from hub.parcels.store import parcel
from hub.parcels.trace_store import unit_state

# The waybill beside the id: by it the parcel is found from its declaration's side.
_IS_NEWEST = and_(
    declaration.c.id == parcel.c.declaration_id, declaration.c.waybill == parcel.c.waybill
)
# Built once: these run for each batch, and building costs as much as running.
_LINKS = (
    select(
        parcel.c.waybill,
        declaration.c.replaces,
        declaration.c.replaces_reason,
        unit_state.c.first_site,
        unit_state.c.first_at,
    )
    .join_from(parcel, declaration, _IS_NEWEST)
    .join(unit_state, unit_state.c.unit == parcel.c.waybill, isouter=True)
    .where(declaration.c.replaces.is_not(None))
)
_OF_OLD = Asked(_LINKS.where(among(declaration.c.replaces, "waybills")))
_OF_NEW = Asked(_LINKS.where(among(parcel.c.waybill, "waybills")))


def of_old(tx: Connection, waybills: Iterable[str]) -> dict[str, Link]:
    """Under which waybill those of these parcels go on that have a new one."""
    rows = _OF_OLD.rows(tx, waybills=waybills)
    return {row.replaces: _link(row) for row in rows}


def of_new(tx: Connection, waybills: Iterable[str]) -> dict[str, Link]:
    """In whose place those of these waybills travel that have replaced another."""
    rows = _OF_NEW.rows(tx, waybills=waybills)
    return {row.waybill: _link(row) for row in rows}


def _link(row: Row[*tuple[Any, ...]]) -> Link:
    first = None if row.first_at is None else Sighting(row.first_site, row.first_at)
    return Link(row.replaces, row.waybill, ReplaceReason(row.replaces_reason), first)
