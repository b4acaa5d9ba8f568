"""List suspects, record who asked for them, and tell of shifts in which nobody did.

The caller owns the transaction. Source: HV-2.11.2.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from msgspec.structs import replace
from sqlalchemy import Connection

from hub.alerts.service import AlertKind, Finding, raise_alert
from hub.missing import query_store, store, suspect_store
from hub.missing.company import siblings_of
from hub.missing.query_store import Query, ShiftEnd
from hub.missing.reads import ReadMedians, ReadRates, SiteReads, read_rates
from hub.missing.rules.plan import Phase
from hub.missing.rules.reads import DAYS_KEPT, OWED_MIN, SITES_MIN, Change, Passing, Reads, against
from hub.missing.rules.schedule import ShiftTurn, turn_ending_at_or_after
from hub.missing.rules.suspicion import Siblings
from hub.missing.rules.words import container_words
from hub.missing.rules.worth import (
    HALVES_EVERY,
    P_UNKNOWN,
    Value,
    ValueBasis,
    saved_share,
    value_of,
    worth_cny,
)
from hub.missing.suspect_store import Order, Suspect
from hub.network import Network, Shift
from hub.parcels.service import high_value_among, values_among
from wire.names import format_at
from wire.policy import Policy

__all__ = [
    "DAYS_KEPT",
    "HALVES_EVERY",
    "OWED_MIN",
    "P_UNKNOWN",
    "SITES_MIN",
    "Change",
    "Order",
    "Passing",
    "Query",
    "ReadMedians",
    "ReadRates",
    "Reads",
    "ShiftTurn",
    "Siblings",
    "SiteReads",
    "Suspect",
    "Value",
    "ValueBasis",
    "against",
    "container_words",
    "read_rates",
    "saved_share",
    "turn_ending_at_or_after",
]

SHIFTS_PER_TURN_MAX = 100
SHIFTS_SHOWN_MAX = 50
"""Of a caller who sees many sites those that end first."""
_DAY = timedelta(days=1)
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks of the suspects: those of a site, of a local day, high value or not."""

    site: str | None = None
    day: date | None = None
    high_value: bool | None = None


@dataclass(frozen=True, slots=True)
class QueryView:
    """A query, and the shifts that were on at its site."""

    query: Query
    shifts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NextLook:
    """A parcel that is watched: where it was last, what is expected, and when it is judged."""

    waybill: str
    site: str
    seen_at: datetime
    has_left: bool
    expected_site: str | None
    expected_by: datetime | None
    due_at: datetime


@dataclass(frozen=True, slots=True)
class ShiftAsk:
    """A shift that is on, and which person asked for its site's suspects in it; None: nobody."""

    site: str
    shift: str
    ends_at: datetime
    query: Query | None


def list_suspects(
    tx: Connection,
    network: Network,
    asked: Asked,
    sites: frozenset[str] | None = None,
    before_id: int | None = None,
    limit: int = 100,
    order: Order = Order.NEWEST,
) -> list[Suspect]:
    """Suspects of some sites (``None``: of all): those of now, or all of a local day.

    Nobody's query is recorded: screens that renew themselves read here.
    """
    return suspect_store.page(
        tx,
        sites=sites if asked.site is None else frozenset({asked.site}),
        between=_day_of(network, asked.site, asked.day),
        high_value=asked.high_value,
        before_id=before_id,
        limit=limit,
        order=order,
    )


def worth_of(suspect: Suspect, now: datetime) -> float | None:
    """What acting now is worth, in CNY (:mod:`hub.missing.rules.worth`).

    ``None``: it was raised before worths were kept, or is found.
    """
    if suspect.value is None or suspect.closed_at is not None:
        return None
    return worth_cny(suspect.newest.p_lost, suspect.value, suspect.trail_at, now)


def record_query(
    tx: Connection, asked: Asked, who: str, found: int, now: datetime, *, by_token: bool
) -> None:
    """Somebody has asked for the suspects; ``by_token``: a program, which is nobody's duty done."""
    query_store.add(tx, asked.site, asked.day, asked.high_value, who, found, now, by_token=by_token)


def list_queries(
    tx: Connection,
    network: Network,
    sites: frozenset[str] | None,
    day: date | None,
    before_id: int | None = None,
    limit: int = 100,
) -> list[QueryView]:
    """Who asked for these sites (``None``: for any, or for none), newest first.

    A day is local to the one site that is asked for, else to the default time zone.
    """
    site = min(sites) if sites is not None and len(sites) == 1 else None
    found = query_store.page(tx, sites, _day_of(network, site, day), before_id, limit)
    return [QueryView(each, _shifts_on(network, each)) for each in found]


def next_looks(tx: Connection, sites: frozenset[str] | None, limit: int) -> list[NextLook]:
    """What will be looked at next, and when; ``sites``: what is expected there."""
    return [
        NextLook(
            waybill=each.waybill,
            site=each.fold.last.site,
            seen_at=each.fold.last.at,
            has_left=each.fold.last.phase is Phase.OUT,
            expected_site=each.fold.stops[0].site if each.fold.stops else None,
            expected_by=each.fold.stops[0].by if each.fold.stops else None,
            due_at=each.due_at,
        )
        for each in store.upcoming(tx, sites, limit)
        if each.due_at is not None
    ]


def last_sites(tx: Connection, waybills: Iterable[str]) -> dict[str, str]:
    """Where those of these parcels that are watched were scanned last."""
    return {each.waybill: each.fold.last.site for each in store.known(tx, waybills).values()}


def company_of(tx: Connection, waybill: str) -> list[Siblings]:
    """What a watched parcel travelled with; the bag first, empty where it went alone."""
    watched = store.known(tx, [waybill]).get(waybill)
    return [] if watched is None else siblings_of(tx, watched.fold)


def shift_asks(
    tx: Connection, network: Network, sites: frozenset[str] | None, now: datetime
) -> list[ShiftAsk]:
    """The shifts that are on, the next to end first, at most ``SHIFTS_SHOWN_MAX``."""
    found = []
    for shift in network.shift:
        if sites is not None and shift.site not in sites:
            continue
        turn = turn_ending_at_or_after(network, shift, now)
        if turn.starts_at <= now < turn.ends_at:
            found.append((turn.ends_at, shift.site, shift.name, turn))
    return [
        ShiftAsk(site, name, ends_at, _query_of(tx, site, turn))
        for ends_at, site, name, turn in sorted(found, key=lambda each: each[:3])[:SHIFTS_SHOWN_MAX]
    ]


def note_declared(tx: Connection, waybill: str, policy: Policy, now: datetime) -> None:
    """A parcel's route may have changed: the clock's next turn judges it by the new one.

    If it is suspect, acting on it is worth what its value is now.
    """
    store.judge_again(tx, waybill, now)
    is_high = bool(high_value_among(tx, [waybill], policy))
    declared = values_among(tx, [waybill]).get(waybill)
    suspect_store.revalue(tx, waybill, value_of(declared, policy, high_value=is_high))


def end_suspicion(tx: Connection, waybill: str, now: datetime) -> None:
    """A parcel goes on under a new waybill: no suspect; the clock's next turn watches it no more.

    Source: HV-2.9.
    """
    watched = store.known(tx, [waybill]).get(waybill)
    if watched is not None and watched.suspect_id is not None:
        suspect_store.close(tx, [watched.suspect_id], now)
        store.put(tx, [replace(watched, suspect_id=None)])
    store.judge_again(tx, waybill, now)


def watch_shifts(tx: Connection, network: Network, now: datetime) -> None:
    """Watch the shifts that the network names; those that it changed begin anew."""
    known = query_store.every_shift_end(tx)
    wanted = {(shift.site, shift.name): shift for shift in network.shift}
    for site, name in known.keys() - wanted.keys():
        query_store.drop_shift(tx, site, name)
    for (site, name), shift in wanted.items():
        ends_at = known.get((site, name))
        if ends_at is None or turn_ending_at_or_after(network, shift, ends_at).ends_at != ends_at:
            ends_at = turn_ending_at_or_after(network, shift, now + _MOMENT).ends_at
            query_store.put_shift_end(tx, site, name, ends_at)


def judge_shifts(tx: Connection, network: Network, now: datetime) -> None:
    """Raise one alert for each shift that ended without a query of its site's suspects.

    After a time without a clock only the turn that was on is judged, not each one missed.
    """
    for ended in query_store.ended_shifts(tx, now, SHIFTS_PER_TURN_MAX):
        (shift,) = [s for s in network.shifts_of[ended.site] if s.name == ended.shift]
        _judge_shift(tx, network, shift, ended, now)
        next_end = turn_ending_at_or_after(network, shift, now + _MOMENT).ends_at
        query_store.put_shift_end(tx, ended.site, ended.shift, next_end)


def _judge_shift(
    tx: Connection, network: Network, shift: Shift, ended: ShiftEnd, now: datetime
) -> None:
    turn = turn_ending_at_or_after(network, shift, ended.ends_at)
    if _query_of(tx, ended.site, turn) is not None:
        return
    last = query_store.persons_newest(tx, ended.site)
    words = {
        "shift": ended.shift,
        "day": turn.day.isoformat(),
        "who": "–" if last is None else last.who,
        "at": "–" if last is None else format_at(last.asked_at),
    }
    subject = f"{ended.site}/{ended.shift}/{turn.day.isoformat()}"
    kind = AlertKind.SUSPECTS_NOT_ASKED
    raise_alert(tx, Finding(kind, subject, ended.ends_at, site=ended.site, words=words), now)


def _query_of(tx: Connection, site: str, turn: ShiftTurn) -> Query | None:
    # HV-2.11.2: a named person asks, a program does not count, nor who leaves out the high value.
    # A shift across midnight has two local days; who asks for either asks for its own.
    days = (turn.day, turn.day + _DAY)
    return query_store.persons_newest_in(tx, site, turn.starts_at, turn.ends_at, days)


def _day_of(
    network: Network, site: str | None, day: date | None
) -> tuple[datetime, datetime] | None:
    if day is None:
        return None
    zone = network.zone_of(site or "")
    start, end = (datetime.combine(each, time(0), zone) for each in (day, day + _DAY))
    return start.astimezone(UTC), end.astimezone(UTC)


def _shifts_on(network: Network, query: Query) -> tuple[str, ...]:
    return tuple(
        shift.name
        for shift in network.shifts_of.get(query.site or "", ())
        if turn_ending_at_or_after(network, shift, query.asked_at).starts_at <= query.asked_at
    )
