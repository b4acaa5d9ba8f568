"""Learned models as people are told of them: what became of each, and how it did in its backtest.

The caller owns the transaction. Source: design section 7, docs/adr/0043.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from hub.missing import model_store
from hub.missing.model_store import Made, ModelState
from hub.missing.rules.backtest import (
    COMPARED_H,
    DAYS_MIN,
    PARCELS_MIN,
    USUAL_LATE,
    Bin,
    Delays,
    Drift,
    Report,
    Trained,
    has_drifted,
    is_above_budget,
)
from hub.network import DEFAULT_TIMEZONE, Network

__all__ = [
    "COMPARED_H",
    "DAYS_MIN",
    "EVERY_PRODUCT",
    "PARCELS_MIN",
    "USUAL_LATE",
    "Bin",
    "Delays",
    "Drift",
    "Made",
    "ModelReport",
    "ModelState",
    "Report",
    "Trained",
    "can_be_read",
    "is_above_budget",
    "last_night",
    "list_models",
    "live_model",
    "model_report",
    "next_try",
]

TRAIN_AT = time(3, 0)
"""By the clock of most sites, after the nightly look at footage has begun."""
EVERY_PRODUCT = "*"
"""Under which a report has what holds for all products together, as ``tables.EVERY`` has it; not
that one, for it comes with numpy, which a hub without a model does not load."""
ELSEWHERE_ZH, ELSEWHERE_EN = "其他网点", "another site"
_CODE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class ModelReport:
    """A model that was made, and how the sites that its reader may see stand to it.

    ``sites``: of so many of them scans came in the week of the test. ``drifted``: those whose scans
    came later than the model has it, the latest first.
    """

    made: Made
    sites: int
    drifted: tuple[Drift, ...]


def list_models(
    tx: Connection,
    network: Network,
    sites: frozenset[str] | None,
    before_id: int | None = None,
    limit: int = 100,
) -> list[ModelReport]:
    """The models, newest first; ``sites``: whose drift is told (``None``: everybody's)."""
    return [_report(each, network, sites) for each in model_store.newest(tx, limit, before_id)]


def model_report(
    tx: Connection, network: Network, sites: frozenset[str] | None, model_id: int
) -> ModelReport | None:
    """One model; ``None``: there is none of this number."""
    made = model_store.find(tx, model_id)
    return None if made is None else _report(made, network, sites)


def live_model(tx: Connection) -> int | None:
    """The number of the model that counts; ``None``: tier T0 judges."""
    return model_store.live_id(tx)


def can_be_read(tx: Connection, model_id: int) -> bool:
    """Say whether this release can ask a model; tier T0 judges in the place of one that it cannot.

    It reads all of the model's tables: who asks often keeps the answer.
    """
    # Imported here: a hub that has no model yet needs none of its libraries.
    from hub.missing.rules.tables import unpack

    try:
        unpack(model_store.tables_of(tx, model_id) or b"")
    except ValueError:
        return False
    return True


def last_night(now: datetime) -> datetime:
    """The last ``TRAIN_AT`` that has passed; ``now`` is aware UTC."""
    local = now.astimezone(ZoneInfo(DEFAULT_TIMEZONE))
    night = datetime.combine(local.date(), TRAIN_AT, local.tzinfo)
    return night if night <= local else night - timedelta(days=1)


def next_try(newest_at: datetime | None, now: datetime) -> datetime:
    """When a model is learned next; in the past: one is due since then.

    Args:
        newest_at: when one was made last, whatever became of it; ``None``: never.
        now: aware UTC.
    """
    night = last_night(now)
    # A hub that never learned waits for its first night: it had nothing to learn from.
    is_due = newest_at is not None and newest_at < night
    return night if is_due else night + timedelta(days=1)


def _report(made: Made, network: Network, sites: frozenset[str] | None) -> ModelReport:
    seen = [each for each in made.report.drifts if sites is None or each.site in sites]
    drifted = [each for each in seen if has_drifted(each)]
    drifted.sort(key=lambda each: (-each.late / each.count, each.site))
    if sites is not None:
        hidden = network.sites.keys() - sites
        made = replace(
            made,
            reason_zh=_without(made.reason_zh, hidden, ELSEWHERE_ZH),
            reason_en=_without(made.reason_en, hidden, ELSEWHERE_EN),
        )
    return ModelReport(made, len(seen), tuple(drifted))


def _without(reason: str | None, hidden: set[str], instead: str) -> str | None:
    """A reason may name the site that spoiled the history; it is not everybody's to know."""
    if reason is None:
        return None
    return _CODE.sub(lambda found: instead if found[0] in hidden else found[0], reason)
