"""How many of the scans that each site owes it makes, and whether that gets better.

The caller owns the transaction. Source: design section 7 (per-site read rates).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from hub.missing import read_store
from hub.missing.rules.reads import (
    Change,
    Passing,
    Reads,
    change,
    median_share,
    total,
)
from hub.network import DEFAULT_TIMEZONE, Network

DAYS_SHOWN = 28
"""Days that a site sees one by one, whatever time it asks for: each weekday four times."""
OPEN_DAYS = 2
"""Today's and yesterday's skips still come to light: made scans alone would say it gets better."""
NEWEST_DAYS = 7
"""The newest days before those are compared with the days before them."""


@dataclass(frozen=True, slots=True)
class ReadMedians:
    """The middle share of all the network's sites; ``None``: too few sites have one.

    ``sites``: of so many it is the middle.
    """

    share: float | None
    sites: int
    by_passing: Mapping[Passing, float | None]


@dataclass(frozen=True, slots=True)
class SiteReads:
    """What a site made of the scans that it owed in the days that were asked for.

    ``days`` are its last ``DAYS_SHOWN`` local days, the oldest first; ``change`` says how the
    ``NEWEST_DAYS`` of them that are complete stand to those before.
    """

    site: str
    reads: Reads
    by_passing: Mapping[Passing, Reads]
    days: tuple[tuple[date, Reads], ...]
    change: Change


@dataclass(frozen=True, slots=True)
class ReadRates:
    """Sites, those that skip most first; ``total``: how many there are, shown here or not."""

    sites: tuple[SiteReads, ...]
    total: int
    medians: ReadMedians


def read_rates(
    tx: Connection,
    network: Network,
    sites: frozenset[str] | None,
    days: int,
    now: datetime,
    *,
    first: int = 0,
    limit: int = 100,
) -> ReadRates:
    """What sites made of the scans that they owed, beside the median of all sites.

    Args:
        tx: reads only.
        network: knows the sites' zones.
        sites: whose figures are told (``None``: everybody's). The median is of all the same.
        days: local days of each site up to today, 1 to ``DAYS_KEPT``.
        now: aware UTC.
        first: so many of the sites, in their order, are left out.
        limit: so many are told at most.

    Returns:
        Every site that owed a scan in these days or in its last ``DAYS_SHOWN``.
    """
    calendar = _Calendar(network, now)
    asked = _by_site(tx, calendar, days)
    known = asked if days >= DAYS_SHOWN else _by_site(tx, calendar, DAYS_SHOWN)
    listed = [
        (total(asked.get(site, {}).values()), site)
        for site in known
        if sites is None or site in sites
    ]
    listed.sort(key=lambda each: (-each[0].skipped, -each[0].owed, each[1]))
    shown = listed[first : first + limit]
    by_day = _days_of(tx, calendar, [site for _, site in shown])
    return ReadRates(
        tuple(
            SiteReads(site, reads, asked.get(site, {}), by_day[site], _change(by_day[site]))
            for reads, site in shown
        ),
        len(listed),
        _medians(asked.values()),
    )


class _Calendar:
    """Which day it is at a site; between two zones there is a day at most."""

    def __init__(self, network: Network, now: datetime) -> None:
        self._zones = {site.code: site.timezone for site in network.site}
        zones = {DEFAULT_TIMEZONE, *self._zones.values()}
        self._today = {zone: now.astimezone(ZoneInfo(zone)).date() for zone in zones}

    @property
    def todays(self) -> list[date]:
        """The days that it is anywhere in the network."""
        return sorted(set(self._today.values()))

    def today_at(self, site: str) -> date:
        return self._today[self._zones.get(site, DEFAULT_TIMEZONE)]


SitePassings = dict[str, dict[Passing, Reads]]


def _by_site(tx: Connection, calendar: _Calendar, days: int) -> SitePassings:
    found: SitePassings = {}
    for today in calendar.todays:
        rows = read_store.by_passing(tx, today - timedelta(days=days - 1), today)
        for (site, passing), reads in rows.items():
            if calendar.today_at(site) == today:
                found.setdefault(site, {})[passing] = reads
    return found


def _days_of(
    tx: Connection, calendar: _Calendar, sites: Iterable[str]
) -> dict[str, tuple[tuple[date, Reads], ...]]:
    ago = [timedelta(days=each) for each in reversed(range(DAYS_SHOWN))]
    sites, todays = list(sites), calendar.todays
    rows = read_store.by_day(tx, sites, todays[0] - ago[0], todays[-1])
    return {
        site: tuple(
            (day, rows.get((site, day), Reads()))
            for day in (calendar.today_at(site) - each for each in ago)
        )
        for site in sites
    }


def _change(days: tuple[tuple[date, Reads], ...]) -> Change:
    complete = [each for _, each in days[:-OPEN_DAYS]]
    return change(total(complete[:-NEWEST_DAYS]), total(complete[-NEWEST_DAYS:]))


def _medians(sites: Iterable[Mapping[Passing, Reads]]) -> ReadMedians:
    sites = list(sites)
    totals = [total(each.values()) for each in sites]
    return ReadMedians(
        median_share(totals),
        sum(not each.is_thin for each in totals),
        {
            passing: median_share(each.get(passing, Reads()) for each in sites)
            for passing in Passing
        },
    )
