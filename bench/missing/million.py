"""What a million open parcels cost the hub: each event, the shift's question, and room.

A large carrier's network, a declared way for each parcel, and its newest scan somewhere on it. A
model that was learned from weeks of that carrier judges (tier T1). The missing room alone works
here, as ingest lets it; SQLite, one process. Aims: 50 us an event with its deadline, 50 ms for a
shift's question, 1 GB.
"""

import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, insert, text

from bench.figures import Spread
from hub.app import make_projections, train
from hub.db.engine import open_database, parse_url
from hub.db.upgrade import upgrade
from hub.fact import Fact
from hub.missing.project import MissingProjection
from hub.missing.service import Asked, list_suspects, next_looks
from hub.network import Network
from hub.parcels.declaration_store import declaration
from hub.parcels.project import ParcelProjection
from hub.parcels.store import parcel
from hub.role_process import look_less_for_garbage
from simulators.carrier.build import Size
from simulators.carrier.day import Setting, simulate
from simulators.carrier.noise import Noise
from simulators.carrier.timetable import SiteKind
from tests import samples
from tests.carrier_bridge import network_of
from tests.carrier_hub import Stage
from tests.hub_parts import HubHome, open_hub
from wire.events import ContainerKind
from wire.names import Step

PARCELS = 1_000_000
SEED = 1
AFTERWARDS = 50_000
"""Events that come while all those are open, of parcels from all over them."""
PER_COMMIT = 50
"""Scans in a message of a busy edge."""
PER_LOAD = 10_000
QUESTIONS = 200
LOOKS_SHOWN = 50
LARGE = Size(regions=5, level_2_per_region=4, branches_per_level_2=4)
BEGIN = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
TAUGHT, TAUGHT_DAYS = 1_500, 22
"""Parcels of the carrier, and days, that a model is learned from before."""
FIRST_WAYBILL = 756_000_000_000
FIRST_DECLARATION = 100_000
"""Those before it were declared by the carrier whose past was learned from."""
VEHICLES = 400
US_PER_S, MS_PER_S, MIB = 1e6, 1e3, 2**20


@dataclass(frozen=True)
class Open:
    """A parcel on its way: ``seen`` is the site of its newest scan, as a place in ``route``."""

    waybill: str
    route: tuple[str, ...]
    seen: int
    is_out: bool
    at: datetime


def measure_hub(parcels: int = PARCELS) -> dict[str, object]:
    """Load that many, then time events and questions; print and return the figures."""
    look_less_for_garbage()
    with tempfile.TemporaryDirectory(dir="build") as folder, _hub(Path(folder)) as hub:
        network = hub.role.network
        (missing,) = (p for p in make_projections(hub.role) if isinstance(p, MissingProjection))
        rng = random.Random(SEED)
        began = time.perf_counter()
        for some in _by(PER_LOAD, _parcels(network, rng, parcels)):
            with hub.database.writing() as tx:
                _declare(tx, some)
                missing.apply(tx, [_scan(each) for each in some], BEGIN)
        loaded_s = time.perf_counter() - began
        messages = _moved(network, rng, parcels)
        half = len(messages) // 2
        event_us = _events(hub, missing, messages[:half])
        mixed_us = _events(hub, missing, _mixed(messages[half:], rng))
        sites = [site.code for site in network.site if site.code in network.lanes_from]
        asked_ms = _times(QUESTIONS, lambda: _ask(hub, rng.choice(sites)), MS_PER_S)
        with hub.database.reading() as tx:
            watched = tx.execute(text("SELECT count(*) FROM missing_watch")).scalar_one()
        figures: dict[str, object] = {
            "open_parcels": watched,
            "loaded_s": loaded_s,
            "event_us": asdict(event_us),
            "mixed_event_us": asdict(mixed_us),
            "question_ms": asdict(asked_ms),
            "missing_mib": _room(hub),
            "resident_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    print(f"\na million open parcels: {watched:,} watched, loaded in {loaded_s:.0f} s")
    print(f"  an event with its deadline, us   {event_us}")
    print(f"  of as many sites as scans, us    {mixed_us}")
    print(f"  a shift's question, ms           {asked_ms}")
    print(
        f"  room: {figures['missing_mib']:.0f} MiB in the database, "
        f"process {figures['resident_mib']:.0f} MiB"
    )
    return figures


@contextmanager
def _hub(folder: Path) -> Iterator[HubHome]:
    url = parse_url(f"sqlite:///{folder / 'hub.sqlite'}", folder)
    database = open_database(url)
    upgrade(url, database)
    database.close()
    days = simulate(1, TAUGHT, Noise(links=0, powers=0), TAUGHT_DAYS, Setting(size=LARGE))
    with open_hub(folder, url, network_of(days)) as hub:
        # A hub that has run for weeks: a model that was learned judges, as it does there.
        now = Stage(hub, [ParcelProjection(hub.search())]).play(days)
        learned = train(hub.role, now, lambda _read, _expected: None)
        assert learned.reason is None, learned.reason
        yield hub


def _by(size: int, parcels: Iterator[Open]) -> Iterator[tuple[Open, ...]]:
    while some := tuple(islice(parcels, size)):
        yield some


def _parcels(network: Network, rng: random.Random, count: int) -> Iterator[Open]:
    branches = [site.code for site in network.site if site.kind == SiteKind.BRANCH.value]
    for number in range(count):
        route = None
        while route is None or len(route) < 2:
            route = network.route(rng.choice(branches), rng.choice(branches))
        seen = rng.randrange(len(route))
        at = BEGIN - timedelta(seconds=rng.randrange(12 * 3600))
        yield Open(str(FIRST_WAYBILL + number), route, seen, rng.random() < 0.5, at)


def _declare(tx: Connection, some: tuple[Open, ...]) -> None:
    rows = [
        {
            "id": int(each.waybill) - FIRST_WAYBILL + FIRST_DECLARATION,
            "waybill": each.waybill,
            "origin": each.route[0],
            "destination": each.route[-1],
            "declared_by": "bench",
            "declared_at": BEGIN,
        }
        for each in some
    ]
    tx.execute(insert(declaration), rows)
    known = [
        {"waybill": row["waybill"], "declaration_id": row["id"], "hv_by_value": False}
        for row in rows
    ]
    tx.execute(insert(parcel), known)


def _scan(each: Open) -> Fact:
    fields: dict[str, object] = {"step": Step.ARRIVE}
    if each.is_out:
        vehicle = f"V-{int(each.waybill) % VEHICLES}"
        kind = ContainerKind.VEHICLE
        fields = {"step": Step.LOAD, "container": vehicle, "container_kind": kind}
    site = each.route[each.seen]
    event = samples.scan(site=site, waybill=each.waybill, **fields)
    return Fact(event, each.at, each.at, late=False)


def _moved(network: Network, rng: random.Random, parcels: int) -> list[tuple[Open, ...]]:
    """The next scans of some of them, in the messages of edges: each comes to one site."""
    by_site: dict[str, list[Open]] = {}
    every = max(1, parcels // AFTERWARDS)
    for each in islice(_parcels(network, random.Random(SEED), parcels), 0, None, every):
        place = min(each.seen + 1, len(each.route) - 1)
        moved = Open(each.waybill, each.route, place, False, BEGIN)
        by_site.setdefault(each.route[place], []).append(moved)
    for some in by_site.values():
        rng.shuffle(some)
    messages = [each for some in by_site.values() for each in _by(PER_COMMIT, iter(some))]
    rng.shuffle(messages)
    return [each for each in messages if len(each) == PER_COMMIT]


def _mixed(messages: Sequence[tuple[Open, ...]], rng: random.Random) -> list[tuple[Open, ...]]:
    """As if each scan came from another site than the one before."""
    scans = [each for message in messages for each in message]
    rng.shuffle(scans)
    return list(_by(PER_COMMIT, iter(scans)))


def _events(
    hub: HubHome, missing: MissingProjection, commits: Iterable[tuple[Open, ...]]
) -> Spread:
    took: list[float] = []
    for some in commits:
        facts = [_scan(each) for each in some]
        with hub.database.writing() as tx:
            began = time.perf_counter()
            missing.apply(tx, facts, BEGIN)
            took.append((time.perf_counter() - began) * US_PER_S / len(facts))
    return Spread.of(took)


def _ask(hub: HubHome, site: str) -> None:
    with hub.database.reading() as tx:
        list_suspects(tx, hub.role.network, Asked(site), frozenset({site}))
        next_looks(tx, frozenset({site}), LOOKS_SHOWN)


def _times(count: int, act: Callable[[], None], unit: float) -> Spread:
    took = []
    for _ in range(count):
        began = time.perf_counter()
        act()
        took.append((time.perf_counter() - began) * unit)
    return Spread.of(took)


def _room(hub: HubHome) -> float:
    """MiB of the watched parcels' table with its indexes: what becomes free without it."""
    with hub.database.writing() as tx:
        before = _pragma(tx, "freelist_count")
        tx.execute(text("DROP TABLE missing_watch"))
        pages = _pragma(tx, "freelist_count") - before
        return pages * _pragma(tx, "page_size") / MIB


def _pragma(tx: Connection, name: str) -> int:
    return int(tx.execute(text(f"PRAGMA {name}")).scalar_one())
