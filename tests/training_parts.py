"""A carrier's recorded past for tests of training, and pasts that a model must not learn from."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from itertools import groupby
from pathlib import Path

from hub.db.engine import open_database, parse_url
from hub.db.upgrade import upgrade
from hub.missing.history import scan_of
from hub.missing.rules.past import Way, silences_of
from hub.missing.rules.plan import LastScan, Phase, Planner, Stop, phase_of
from hub.missing.rules.watch import Watch, fold_scan, match_stop
from hub.network import Network
from hub.parcels.project import ParcelProjection
from hub.parcels.ways import WAYS_PAGE_MAX, RecordedWay, Sign, recorded_ways
from simulators.carrier.day import simulate
from simulators.carrier.network_text import network_text
from simulators.carrier.noise import Noise
from tests.carrier_bridge import network_of
from tests.carrier_hub import Stage
from tests.hub_parts import HubHome, open_hub
from tests.missing_parts import CHINA
from wire.names import Step

SEED = 11
PARCELS = 1_500
DAYS = 22
NOISE = Noise(links=0, powers=0)


@dataclass(frozen=True)
class Played:
    """A hub's data directory in which a whole carrier was played, until ``now``; to be copied."""

    folder: Path
    network: Network
    now: datetime

    @contextmanager
    def copy(self, to: Path) -> Iterator[HubHome]:
        """The same past in a hub of its own; ``to`` is made."""
        shutil.copytree(self.folder, to)
        with open_hub(to, parse_url(None, to), self.network) as home:
            home.clock.at = self.now
            yield home


def play(folder: Path) -> Played:
    """Play the carrier into a new database, as the hub's parcels' room records it."""
    url = parse_url(None, folder)
    database = open_database(url)
    upgrade(url, database)
    database.close()
    days = simulate(SEED, PARCELS, NOISE, days=DAYS)
    (folder / "network.toml").write_text(network_text(days.world), encoding="utf-8")
    network = network_of(days)
    with open_hub(folder, url, network) as home:
        now = Stage(home, [ParcelProjection(home.search())]).play(days)
    return Played(folder, network, now)


def ways_of(home: HubHome, since: datetime) -> list[RecordedWay]:
    """All ways that are recorded."""
    found: list[RecordedWay] = []
    with home.database.reading() as tx:
        while True:
            after = found[-1].waybill if found else ""
            page = recorded_ways(tx, home.role.network, since, after)
            found += page
            if len(page) < WAYS_PAGE_MAX:
                return found


Spoil = Callable[[RecordedWay], RecordedWay]
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def clock_off(sites: Iterable[str], off: timedelta, until: datetime) -> Spoil:
    """The clocks of some sites go wrong by so much."""
    wrong = frozenset(sites)

    def spoil(way: RecordedWay) -> RecordedWay:
        return _timed(
            way,
            (
                replace(sign, at=sign.at + off) if sign.site in wrong and sign.at <= until else sign
                for sign in way.signs
            ),
        )

    return spoil


def slow(each: timedelta, until: datetime) -> Spoil:
    """Every scan of a time comes so much later after the one before it, so that a theft may hide.

    What would come after that time then is not heard of.
    """

    def spoil(way: RecordedWay) -> RecordedWay:
        if way.signs[0].at > until:
            return way
        moves = groupby(way.signs, key=lambda sign: (sign.site, phase_of(sign.step)))
        late = (
            replace(sign, at=sign.at + nth * each)
            for nth, (_, signs) in enumerate(moves)
            for sign in signs
        )
        return _timed(way, (sign for sign in late if sign.at <= until))

    return spoil


def thrice(way: RecordedWay) -> RecordedWay:
    """Each scan is recorded again a minute later, and nine minutes later."""
    again = (0 * MINUTE, MINUTE, 9 * MINUTE)
    return _timed(way, (replace(sign, at=sign.at + by) for sign in way.signs for by in again))


def at_night(site: str) -> Spoil:
    """A site keeps its scans until three in the morning and records them then, all at once."""

    def spoil(way: RecordedWay) -> RecordedWay:
        return _timed(
            way,
            (
                replace(sign, at=_next_night(sign.at)) if sign.site == site else sign
                for sign in way.signs
            ),
        )

    return spoil


def punctual(planner: Planner, until: datetime) -> Spoil:
    """Nobody is ever late, and no scan is skipped: whatever came after its plan came just then."""

    def spoil(way: RecordedWay) -> RecordedWay:
        return replace(way, signs=tuple(_on_time(way, planner, until)))

    return spoil


def _on_time(way: RecordedWay, planner: Planner, until: datetime) -> Iterator[Sign]:
    known: Watch | None = None
    for sign in way.signs:
        at = sign.at
        stops = known.stops if known is not None and at <= until else ()
        hit = match_stop(stops, LastScan(sign.site, phase_of(sign.step), at))
        for stop in stops[: 0 if hit is None else hit + 1]:
            assert known is not None
            at = min(sign.at, max(stop.by, known.last.at + SECOND))
            made = sign if stop is stops[hit or 0] else _made(stop, at)
            known, _ = fold_scan(known, scan_of(replace(made, at=at)), way.route, planner)
            yield replace(made, at=at)
        if hit is None:
            known, _ = fold_scan(known, scan_of(sign), way.route, planner)
            yield sign


def is_late(way: RecordedWay, planner: Planner, until: datetime) -> bool:
    """Say whether any of its silences that began by then lasted half an hour beyond its plan."""
    past, _ = silences_of(
        Way(way.waybill, [scan_of(s) for s in way.signs], way.route), planner, until
    )
    return any(each.late_at_all >= 29 * MINUTE for each in past)


def _made(stop: Stop, at: datetime) -> Sign:
    return Sign(stop.site, Step.DEPART if stop.phase is Phase.OUT else Step.ARRIVE, at, None, True)


def _next_night(at: datetime) -> datetime:
    local = at.astimezone(CHINA)
    night = datetime.combine(local.date(), time(3), CHINA)
    return (night if night >= local else night + DAY).astimezone(at.tzinfo)


def _timed(way: RecordedWay, signs: Iterable[Sign]) -> RecordedWay:
    return replace(way, signs=sorted(signs, key=lambda sign: sign.at))
