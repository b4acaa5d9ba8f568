"""Watched parcels without the names of their fields: a million of them took 1.2 GB.

Revision ID: 0038
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"

ROWS_AT_ONCE = 5_000

_watch = sa.table("missing_watch", sa.column("waybill"), sa.column("fold"))


def upgrade() -> None:
    tx, after = op.get_bind(), ""
    page = sa.select(_watch).order_by(_watch.c.waybill).limit(ROWS_AT_ONCE)
    packed = (
        sa.update(_watch)
        .where(_watch.c.waybill == sa.bindparam("number"))
        .values(fold=sa.bindparam("packed"))
    )
    while rows := tx.execute(page.where(_watch.c.waybill > after)).all():
        tx.execute(packed, [{"number": row.waybill, "packed": _pack(row.fold)} for row in rows])
        after = rows[-1].waybill


def _pack(fold: bytes) -> bytes:
    return msgspec.msgpack.encode(_places(msgspec.json.decode(fold)))


def _places(fold: Mapping[str, Any]) -> list[Any]:
    last = fold["last"]
    return [
        [last["site"], last["phase"], _at(last["at"])],
        fold["step"],
        [_stop(each) for each in fold["stops"]],
        fold["sites"],
        fold.get("skipped", ()),
        _ride(fold.get("ride")),
        fold.get("came_from"),
        fold.get("returning", False),
        fold.get("done", False),
        _ride(fold.get("bag")),
        fold.get("is_in_bag", False),
    ]


def _stop(stop: Mapping[str, Any]) -> list[Any]:
    return [
        stop["site"],
        stop["phase"],
        _at(stop["by"]),
        _at(stop["again"]),
        stop.get("origin"),
        stop.get("reach_h"),
        stop.get("is_last", False),
    ]


def _ride(ride: Mapping[str, Any] | None) -> list[Any] | None:
    return None if ride is None else [ride["container"], ride["site"], _at(ride["at"])]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
