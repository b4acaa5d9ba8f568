"""Table and SQL of learned models, each with its backtest; no rule is decided here.

A row a night: the one that counts, those before it, and those that were refused, with the reason.
The tables of the newest few are kept, so that one can be rolled back to.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    insert,
    select,
    text,
    update,
)

from hub.db.asked import Asked
from hub.db.schema import RowId, UtcDateTime, metadata
from hub.missing.rules.backtest import Report

TABLES_KEPT = 8
"""Models whose tables are kept: more than a week of nights."""

model = Table(
    "missing_model",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("made_at", UtcDateTime, nullable=False),
    Column("state", String(12), nullable=False),
    # Null: refused, or so old that nobody will go back to it.
    Column("tables", LargeBinary),
    Column("report", LargeBinary, nullable=False),
    Column("reason_zh", String(300)),
    Column("reason_en", String(300)),
    Column("parcels", Integer, nullable=False),
    Column("ended_at", UtcDateTime),
    Index(
        "ix_missing_model_live",
        "state",
        sqlite_where=text("state = 'live'"),
        postgresql_where=text("state = 'live'"),
    ),
    sqlite_autoincrement=True,
)


class ModelState(StrEnum):
    """What became of a model."""

    LIVE = "live"
    REPLACED = "replaced"
    REFUSED = "refused"
    ROLLED_BACK = "rolled_back"


@dataclass(frozen=True, slots=True)
class Made:
    """A model that was made: when, from how many parcels, how it did, and what became of it.

    ``reason_zh``, ``reason_en``: why it was refused or rolled back. ``ended_at``: until when it
    counted.
    """

    id: int
    made_at: datetime
    state: ModelState
    parcels: int
    report: Report
    reason_zh: str | None
    reason_en: str | None
    ended_at: datetime | None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Report)
_LIVE = Asked(select(model.c.id).where(text("state = 'live'")).order_by(model.c.id.desc()).limit(1))
_MADE = select(*(each for each in model.c if each.name != "tables"))


def live_id(tx: Connection) -> int | None:
    """The model that counts; ``None``: none does, tier T0 judges."""
    for row in _LIVE.rows(tx):
        return int(row.id)
    return None


def tables_of(tx: Connection, model_id: int) -> bytes | None:
    """What a model is asked by, as stored."""
    query = select(model.c.tables).where(model.c.id == model_id)
    return tx.execute(query).scalar_one_or_none()


def add(
    tx: Connection,
    state: ModelState,
    report: Report,
    parcels: int,
    now: datetime,
    tables: bytes | None = None,
    reason: tuple[str, str] | None = None,
) -> int:
    """Keep a model; its ``reason`` is told in Chinese and in English."""
    row = {
        "made_at": now,
        "state": state,
        "tables": tables,
        "report": _encoder.encode(report),
        "reason_zh": None if reason is None else reason[0],
        "reason_en": None if reason is None else reason[1],
        "parcels": parcels,
    }
    found = tx.execute(insert(model).values(row).returning(model.c.id)).scalar_one()
    kept = select(model.c.id).where(model.c.tables.is_not(None)).order_by(model.c.id.desc())
    oldest = tx.execute(kept.offset(TABLES_KEPT)).scalars().all()
    if oldest:
        tx.execute(update(model).where(model.c.id.in_(oldest)).values(tables=None))
    return int(found)


def end(
    tx: Connection,
    model_id: int,
    state: ModelState,
    now: datetime,
    reason: tuple[str, str] | None = None,
) -> None:
    """A model does not count any more."""
    row: dict[str, Any] = {"state": state, "ended_at": now}
    if reason is not None:
        row |= {"reason_zh": reason[0], "reason_en": reason[1]}
    tx.execute(update(model).where(model.c.id == model_id).values(row))


def bring_back(tx: Connection, model_id: int) -> None:
    """A model counts again."""
    mine = model.c.id == model_id
    tx.execute(update(model).where(mine).values(state=ModelState.LIVE, ended_at=None))


def newest_at(tx: Connection) -> datetime | None:
    """When a model was made last, whatever became of it."""
    query = select(model.c.made_at).order_by(model.c.id.desc()).limit(1)
    return tx.execute(query).scalar_one_or_none()


def newest(tx: Connection, limit: int, before_id: int | None = None) -> list[Made]:
    """The models, newest first; ``before_id``: those that were made before this one."""
    query = _MADE if before_id is None else _MADE.where(model.c.id < before_id)
    rows = tx.execute(query.order_by(model.c.id.desc()).limit(limit))
    return [_made(row) for row in rows]


def find(tx: Connection, model_id: int) -> Made | None:
    """One model."""
    row = tx.execute(_MADE.where(model.c.id == model_id)).one_or_none()
    return None if row is None else _made(row)


def before(tx: Connection, model_id: int) -> int | None:
    """The newest model before this one that counted until it was replaced, and still has tables."""
    mine = (model.c.id < model_id) & (model.c.state == ModelState.REPLACED)
    mine &= model.c.tables.is_not(None)
    query = select(model.c.id).where(mine).order_by(model.c.id.desc()).limit(1)
    return tx.execute(query).scalar_one_or_none()


def _made(row: Row[*tuple[Any, ...]]) -> Made:
    return Made(
        id=row.id,
        made_at=row.made_at,
        state=ModelState(row.state),
        parcels=row.parcels,
        report=_decoder.decode(row.report),
        reason_zh=row.reason_zh,
        reason_en=row.reason_en,
        ended_at=row.ended_at,
    )
