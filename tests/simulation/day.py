"""One seed, one site-day: a station or two, their hub and a broker, and some dozens of faults.

A day has two shifts, of 30 and 40 minutes, in which the site's machines are on (they are switched
off between them, cleanly or not) and about 250 scans are made at two scanners of each edge; every
sixth day has two edges. 32 faults are drawn for the shifts, and a bad hour of the network makes
dozens more of single messages. The hub runs all day long. Then everything is mended, the machines
run until nothing moves any more (20 minutes at most), and what the hub has is compared with what
was noted beside the system (``edge_truth``, ``hub_checks``).

Smaller than in a real house, so that a day reaches them: a backlog ends its spool at 60 lines, and
on every fifth day the spool has a bound that it reaches. On every seventh day an edge's disk is put
back to an older copy: what was on it alone is lost, both sides tell, and somebody closes the spool.
Not simulated: handhelds, cameras and footage, site packs, certificates, enrolment, and of the hub's
roles all but ingest and what edges ask over HTTP. A hub's store loses what was not committed, and
no more: that a commit is on the disk is what ``tests/faults`` shows.
"""

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from edge import change_over
from hub.alerts.service import AlertKind
from hub.ingest.spool_store import Closing
from hub.ingest.spools import close_spool
from hub.ingest.worker import Worker
from hub.wanted.rules import entry_id_of
from hub.wanted.service import expire_entries, put_entry, remove_entry
from tests.simulation import hub_checks
from tests.simulation.broker import Broker
from tests.simulation.edge_machine import EdgeKinds, EdgeMachine, Enrolled
from tests.simulation.edge_truth import Lists
from tests.simulation.faults import PER_DAY, Faults
from tests.simulation.hub_machine import HubMachine
from tests.simulation.people import Team, parcels
from tests.simulation.template import EDGES, SITE, Template, edge_key, template
from tests.simulation.world import HOUR, MINUTE, SECOND, World
from wire.events import Scan
from wire.lines import parse_line
from wire.names import format_at
from wire.wanted import WantedEntry, WantedResult

BACKLOG_EVENTS_MAX = 60
SMALL_SPOOL_BYTES = 560 * 1024
QUIET_MS_MAX = 20 * MINUTE
LIST_CHANGES = 14
FORMS = 6


@dataclass(frozen=True)
class Kinds:
    """What edge and hub are made of; mutants bring their own, and the weather that tells them.

    ``altered`` is this share of all messages, the whole day long.
    """

    edge: EdgeKinds = field(default_factory=EdgeKinds)
    worker: type[Worker] = Worker
    altered: float = 0.0


@dataclass(frozen=True)
class Report:
    """What a day was."""

    seed: int
    scans: int
    lines: int
    spools: int
    events: int
    faults: Counter[str]
    hits: Counter[str]
    tones: Counter[str]
    trace: str


def run_day(seed: int, kinds: Kinds | None = None) -> Report:
    """Live through a day.

    Raises:
        AssertionError: a promise was broken.
        Exception: something that nobody foresaw.
    """
    day = Day(seed, kinds or Kinds())
    try:
        with _small_backlog():
            return day.run()
    finally:
        day.take_down()


@contextmanager
def _small_backlog() -> Iterator[None]:
    kept = change_over.BACKLOG_EVENTS_MAX
    change_over.BACKLOG_EVENTS_MAX = BACKLOG_EVENTS_MAX
    try:
        yield
    finally:
        change_over.BACKLOG_EVENTS_MAX = kept


class Day:
    """The world of one seed, put together."""

    def __init__(self, seed: int, kinds: Kinds) -> None:
        self.seed = seed
        self.world = World(seed)
        self.broker = Broker(self.world)
        self.broker.weather.garble = kinds.altered
        self.lists = Lists()
        made = template()
        self.hub = HubMachine(self.world, made, self.broker, self.lists, kinds.worker)
        self.folder = made.folder / "edges"
        names = EDGES if seed % 6 == 0 else EDGES[:1]
        self.waybills = parcels(self.world.rng)
        self.teams = [
            Team(self.world, self._machine(name, made, kinds.edge), self.waybills) for name in names
        ]
        self.faults = Faults(self.world, self.hub, self.teams)

    def _machine(self, name: str, made: Template, kinds: EdgeKinds) -> EdgeMachine:
        folder: Path = self.folder / name
        folder.mkdir(parents=True)
        hub_key = made.keys.statement.public_key
        who = Enrolled(SITE, name, edge_key(name), hub_key, made.site_salt)
        machine = EdgeMachine(self.world, folder, who, self.broker, self.hub, kinds)
        machine.truth.lists, machine.truth.ever_stored = self.lists, self.hub.ever_stored
        if self.seed % 5 == 0:
            machine.spool_bytes_max = SMALL_SPOOL_BYTES
        return machine

    def take_down(self) -> None:
        """Nothing is left of it but what was found."""
        self.hub.take_down()
        for team in self.teams:
            team.machine.take_down()
        shutil.rmtree(self.folder, ignore_errors=True)

    # ------------------------------------------------------------ the day

    def run(self) -> Report:
        """From midnight until everything is quiet in the evening."""
        world, rng = self.world, self.world.rng
        self.hub.start()
        self.world.at(rng.randrange(7 * HOUR, 19 * HOUR), self.hub.back_up)
        morning = 7 * HOUR + rng.randrange(20 * MINUTE)
        evening = 17 * HOUR + rng.randrange(20 * MINUTE)
        shifts = ((morning, morning + 30 * MINUTE), (evening, evening + 40 * MINUTE))
        for n, (begins, ends) in enumerate(shifts):
            for team in self.teams:
                rounds = team.evening() if n else team.morning()
                world.at(begins - 3 * MINUTE, team.machine.switch_on)
                team.shift(begins, ends, rounds[:: len(self.teams)])
                self._plan_people(team, begins, ends)
                if not n:
                    world.at(ends + 5 * MINUTE, lambda team=team: self._switch_off(team))
            self.faults.plan(begins, ends, PER_DAY // len(shifts))
        if self.seed % 7 == 0:
            self.hub.doubted = self.teams[0].machine.truth.forks
            self.faults.plan_old_disk(*shifts[rng.randrange(len(shifts))])
            world.at(morning, self._administer)
        world.run(shifts[-1][1])
        self.faults.cease()
        self._wait_until_quiet()
        hub_checks.check(self.hub, self.teams)
        return self._report()

    def _switch_off(self, team: Team) -> None:
        team.machine.switch_off(is_clean=self.world.chance(0.5))

    def _plan_people(self, team: Team, begins: int, ends: int) -> None:
        rng = self.world.rng
        for _ in range(LIST_CHANGES // 2):
            self.world.at(rng.randrange(begins, ends), self._change_list)
        for _ in range(FORMS // 2):
            self.world.at(rng.randrange(begins, ends), team.type_something)

    def _change_list(self) -> None:
        rng, now = self.world.rng, self.hub.clock.now()
        waybill = rng.choice(self.waybills)
        if rng.random() < 0.3:
            self.hub.work(lambda tx: remove_entry(tx, waybill, now))
            return
        if rng.random() < 0.2:
            self.hub.work(lambda tx: expire_entries(tx, now))
        ends_at = self.hub.clock.later(rng.randrange(MINUTE, HOUR)) if rng.random() < 0.3 else None
        entry = WantedEntry(
            id=entry_id_of(waybill),
            waybill=waybill,
            result=rng.choice(list(WantedResult)),
            reason="lost at 755W",
            expires_at=None if ends_at is None else format_at(ends_at),
            scope=(rng.choice((SITE, "020W")),) if rng.random() < 0.3 else None,
        )
        self.hub.work(lambda tx: put_entry(tx, entry, now))

    def _administer(self) -> None:
        """Now and then somebody looks at the alarms, and closes the spools that they are about."""
        hub, machine = self.hub, self.teams[0].machine
        if hub_checks.standing(hub, AlertKind.SPOOL_DIVERGED):
            closing = Closing(hub.clock.now(), "li", "its disk was put back from a copy")
            for spool in sorted(machine.truth.forks.keys() & hub.heads().keys()):
                hub.work(
                    lambda tx, spool=spool: close_spool(tx, SITE, machine.edge, spool, closing)
                )
        self.world.after(self.world.rng.randrange(2 * MINUTE, 6 * MINUTE), self._administer)

    def _wait_until_quiet(self) -> None:
        world = self.world
        until_ms = world.now_ms + QUIET_MS_MAX
        for team in self.teams:
            if not team.machine.is_on:
                team.machine.switch_on()
        while not self._is_quiet():
            assert world.now_ms < until_ms, f"never quiet: {self._unrest()}"
            world.run(world.now_ms + 20 * SECOND)

    def _is_quiet(self) -> bool:
        return not self._unrest()

    def _unrest(self) -> list[str]:
        return [word for team in self.teams for word in hub_checks.unrest(self.hub, team.machine)]

    def _report(self) -> Report:
        lines = [
            line
            for team in self.teams
            for spool in team.machine.truth.lines.values()
            for line in spool
        ]
        hits: Counter[str] = Counter(self.hub.hits)
        tones: Counter[str] = Counter()
        for team in self.teams:
            hits += team.machine.hits
            tones += Counter({k.value: n for k, n in team.machine.truth.tones.items()})
        self.world.note(f"events {self.world.events}")
        return Report(
            self.seed,
            sum(isinstance(parse_line(line), Scan) for line in lines),
            len(lines),
            sum(len(team.machine.truth.lines) for team in self.teams),
            self.world.events,
            self.world.faults,
            hits,
            tones,
            self.world.trace.hexdigest(),
        )
