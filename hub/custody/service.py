"""Who answers for a parcel, who did, and where nobody does. The caller owns the transaction.

Source: design section 6, interface (REST: ``custody``, ``breaches``).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.custody import store
from hub.custody.chains import Chains
from hub.custody.findings import what_en, what_zh
from hub.custody.judging import Judge, tell_due
from hub.custody.people import People
from hub.custody.rules.carriage import loads_of
from hub.custody.rules.chain import (
    Breach,
    BreachKind,
    Chain,
    Gap,
    GapKind,
    Holder,
    Span,
    Standing,
)
from hub.custody.rules.records import Carriage, Container, Record
from hub.custody.store import FoundBreach

__all__ = [
    "Breach",
    "BreachKind",
    "Carriage",
    "Chain",
    "Chains",
    "Container",
    "CustodyDuty",
    "FoundBreach",
    "Gap",
    "GapKind",
    "Holder",
    "Judge",
    "LastHolder",
    "NobodyTime",
    "People",
    "Record",
    "Span",
    "Standing",
    "breaches_of",
    "custody_of",
    "judge_again",
    "last_holder",
    "list_breaches",
    "loads_of",
    "nobody_time",
    "what_en",
    "what_zh",
]

DUE_PER_TURN_MAX = 100
"""Parcels, and breaches, that one turn of the clock works on; the rest waits half a second."""


@dataclass(frozen=True, slots=True)
class LastHolder:
    """The last person who is known to have held a parcel, since when, and what it was in.

    ``site`` is where that was; for who is under way, the site that was left.
    """

    holder: Holder
    site: str | None
    place: str | None
    containers: tuple[Container, ...]
    since: datetime
    standing: Standing


@dataclass(frozen=True, slots=True)
class NobodyTime:
    """How long nobody answered for parcels at a site, and for how many; ``lasting`` still do."""

    site: str
    seconds: int
    parcels: int
    lasting: int


def custody_of(
    tx: Connection, chains: Chains, waybill: str, now: datetime, as_of: datetime | None = None
) -> Chain | None:
    """A parcel's custody as known now, or (``as_of``) as it was believed then; None: no record.

    Its breaches are kept apart: see :func:`breaches_of`.
    """
    at = now if as_of is None else as_of
    chain = chains.fold(tx, [waybill], at, at)[waybill]
    return chain if chain.spans else None


def last_holder(tx: Connection, chains: Chains, waybill: str, now: datetime) -> LastHolder | None:
    """Who is to be asked for a parcel: the newest span that has a holder."""
    chain = chains.fold(tx, [waybill], now, now)[waybill]
    held = [nth for nth, span in enumerate(chain.spans) if span.holder is not None]
    if not held:
        return None
    span = chain.spans[held[-1]]
    sites = (each.site for each in reversed(chain.spans[: held[-1] + 1]) if each.site)
    assert span.holder is not None
    return LastHolder(
        span.holder, next(sites, None), span.place, span.containers, span.from_at, span.standing
    )


def judge_again(tx: Connection, waybill: str, now: datetime) -> None:
    """More is known of a watched parcel than its records tell: the clock's next turn judges it."""
    store.watch(tx, {waybill: now}, [waybill])


def breaches_of(tx: Connection, waybill: str, as_of: datetime) -> list[FoundBreach]:
    """A parcel's breaches as they stood at a moment, also those of the bags it was in."""
    return store.breaches_of(tx, waybill, as_of)


def list_breaches(
    tx: Connection,
    *,
    sites: frozenset[str] | None = None,
    since: datetime | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> list[FoundBreach]:
    """Breaches that stand, the newest found first; ``sites`` null: of all."""
    return store.page_of_breaches(tx, sites, since, before_id, limit)


def nobody_time(
    tx: Connection, since: datetime, now: datetime, sites: frozenset[str] | None = None
) -> list[NobodyTime]:
    """Sites by how long nobody answered for high-value parcels there, the worst first."""
    seconds: dict[str, timedelta] = {}
    parcels: dict[str, set[str]] = {}
    lasting: dict[str, int] = {}
    for gap in store.gaps_since(tx, sites, since):
        length = (gap.to_at or now) - max(gap.from_at, since)
        seconds[gap.site] = seconds.get(gap.site, timedelta()) + max(length, timedelta())
        parcels.setdefault(gap.site, set()).add(gap.waybill)
        lasting[gap.site] = lasting.get(gap.site, 0) + (gap.to_at is None)
    ranked = sorted(seconds, key=lambda site: (-seconds[site], site))
    return [
        NobodyTime(site, int(seconds[site].total_seconds()), len(parcels[site]), lasting[site])
        for site in ranked
    ]


@dataclass(frozen=True, slots=True)
class CustodyDuty:
    """What changes because time passes: open handovers, unsigned deliveries, alarms that waited."""

    judge: Judge
    name = "custody"

    def run(self, tx: Connection, now: datetime) -> None:
        """Work on at most ``DUE_PER_TURN_MAX`` of each; what was done is not due again."""
        due: Iterable[str] = store.due(tx, now, DUE_PER_TURN_MAX)
        self.judge.judge_parcels(tx, due, now)
        tell_due(tx, now, DUE_PER_TURN_MAX)
