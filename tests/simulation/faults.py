"""What goes wrong in a simulated day, and when: drawn from the seed, each kind with its weight.

Everything here ends by itself or with :meth:`Faults.cease`; what it left behind is the day's own
business to heal.
"""

from collections.abc import Callable

from edge.failpoints import FailPoint
from tests.simulation.broker import Connection
from tests.simulation.edge_machine import DEVICES, EdgeMachine
from tests.simulation.hub_machine import HubMachine
from tests.simulation.people import Team
from tests.simulation.world import HOUR, MINUTE, SECOND, World

HUB_POINTS = (
    "before the commit",
    "after the commit",
    "before the acknowledgement",
    "after the acknowledgement",
    "between two answers",
)
POINTS = (*(point.value for point in FailPoint), *HUB_POINTS)
PER_DAY = 32
_LOSS = (FailPoint.BEFORE_LOSS, FailPoint.AFTER_LOSS)
WEATHERS = {
    "lose": "message lost",
    "double": "message doubled",
    "delay": "message delayed",
    "lose_ack": "acknowledgement lost",
    "garble": "byte altered",
    "replay": "message replayed",
}
KINDS = (
    *WEATHERS.values(),
    *(f"edge killed: {point.value}" for point in FailPoint),
    *(f"hub killed: {point}" for point in HUB_POINTS),
    "broker lost everything",
    "edge killed",
    "edge stopped and started",
    "edge's clock set",
    "edge's connection cut",
    "edge's connection half open",
    "edge's disk full",
    "edge's disk put back",
    "edge's disk not readable",
    "edge's power cut",
    "edge's syncs fail and have happened",
    "edge's syncs fail",
    "hub killed",
    "hub not reached over HTTP",
    "hub restored from a copy",
    "hub stands still",
    "hub's clock set",
    "hub's commits fail",
    "hub's connection cut",
    "hub's connection half open",
    "power cut while writing",
    "scanner unplugged",
    "site cut off",
    "ten-fold burst",
    "wanted list not kept",
)
"""What counts as done; none may stay undone in a long run."""


class Faults:
    """Does harm to one site, its hub, and what lies between."""

    def __init__(self, world: World, hub: HubMachine, teams: list[Team]) -> None:
        self._world, self._hub, self._teams = world, hub, teams
        self._broker = hub.broker
        self._are_over = False
        self._kinds: tuple[tuple[int, Callable[[Team], None]], ...] = (
            (4, self._bad_weather),
            (2, self._cut_edge),
            (1, self._cut_hub),
            (2, self._half_open_edge),
            (1, self._half_open_hub),
            (1, self._broker_restarts),
            (2, self._partition),
            (1, self._http_outage),
            (2, self._disk_full),
            (2, self._syncs_fail),
            (1, self._reads_fail),
            (1, self._list_not_kept),
            (2, self._power_cut),
            (3, self._power_cut_while_writing),
            (2, self._edge_clock),
            (1, self._hub_clock),
            (2, self._kill_edge),
            (5, self._kill_edge_at),
            (2, self._kill_hub),
            (4, self._kill_hub_at),
            (2, self._commits_fail),
            (2, self._hub_stalls),
            (1, self._restore_hub),
            (1, self._clean_restart),
            (2, self._unplug),
            (1, self._burst),
        )

    def plan(self, from_ms: int, to_ms: int, count: int) -> None:
        """Draw so many faults for a time of the day."""
        rng = self._world.rng
        weights = [weight for weight, _ in self._kinds]
        for _, act in rng.choices(self._kinds, weights, k=count):
            team = rng.choice(self._teams)
            self._world.at(
                rng.randrange(from_ms, to_ms), lambda act=act, team=team: self._do(act, team)
            )

    def plan_old_disk(self, from_ms: int, to_ms: int) -> None:
        """Let a disk be copied in that time, and lost later in it."""
        rng, machine = self._world.rng, self._teams[0].machine
        copied_ms = rng.randrange(from_ms, to_ms - 10 * MINUTE)
        self._world.at(copied_ms, machine.copy_disk)
        lost_ms = rng.randrange(copied_ms + MINUTE, to_ms)
        self._world.at(lost_ms, lambda: self._put_back(machine))

    def _put_back(self, machine: EdgeMachine) -> None:
        self._told("edge's disk put back")
        machine.put_disk_back()

    def cease(self) -> None:
        """Nothing is done any more, and what goes on ends."""
        self._are_over = True
        self._broker.weather.clear()
        self._broker.cut_off.clear()
        self._hub.heal()
        for team in self._teams:
            team.machine.spare()
            for device in DEVICES:
                team.machine.plug(device, is_plugged=True)

    def _do(self, act: Callable[[Team], None], team: Team) -> None:
        if not self._are_over:
            act(team)

    def _for(self, min_ms: int, max_ms: int, end: Callable[[], None]) -> None:
        self._world.after(self._world.rng.randrange(min_ms, max_ms), end)

    def _told(self, kind: str) -> None:
        self._world.fault(kind)

    # ------------------------------------------------------------ between the two

    def _bad_weather(self, _team: Team) -> None:
        rng, weather = self._world.rng, self._broker.weather
        kind = rng.choice(list(WEATHERS))
        setattr(weather, kind, rng.choice((0.02, 0.1, 0.4)) * (0.2 if kind == "garble" else 1))
        self._for(MINUTE, 12 * MINUTE, lambda: setattr(weather, kind, 0.0))

    def _cut_edge(self, team: Team) -> None:
        self._cut(self._broker.edges.get(team.machine.name), "edge's connection cut")

    def _cut_hub(self, _team: Team) -> None:
        self._cut(self._broker.hub, "hub's connection cut")

    def _cut(self, connection: Connection | None, kind: str) -> None:
        if connection is not None:
            self._told(kind)
            self._broker.end(connection, "cut")

    def _half_open_edge(self, team: Team) -> None:
        self._half_open(self._broker.edges.get(team.machine.name), "edge's connection half open")

    def _half_open_hub(self, _team: Team) -> None:
        self._half_open(self._broker.hub, "hub's connection half open")

    def _half_open(self, connection: Connection | None, kind: str) -> None:
        if connection is not None:
            self._told(kind)
            side = self._world.rng.randrange(3)
            self._broker.go_silent(connection, is_mute=side != 0, is_deaf=side != 1)

    def _broker_restarts(self, _team: Team) -> None:
        self._told("broker lost everything")
        self._broker.restart(self._world.rng.randrange(SECOND, MINUTE))

    def _partition(self, team: Team) -> None:
        name, cut_off = team.machine.name, self._broker.cut_off
        self._told("site cut off")
        cut_off.add(name)
        self._hub.is_reachable = False
        connection = self._broker.edges.get(name)
        if connection is not None:
            self._broker.go_silent(connection, is_mute=True, is_deaf=True)
        self._for(2 * MINUTE, 35 * MINUTE, lambda: self._reconnect(name))

    def _reconnect(self, name: str) -> None:
        self._broker.cut_off.discard(name)
        self._hub.is_reachable = True

    def _http_outage(self, _team: Team) -> None:
        self._told("hub not reached over HTTP")
        self._hub.is_reachable = False
        self._for(MINUTE, 20 * MINUTE, lambda: setattr(self._hub, "is_reachable", True))

    # ------------------------------------------------------------ the edge's disk

    def _disk_full(self, team: Team) -> None:
        self._told("edge's disk full")
        team.machine.disk.is_full = True
        self._for(5 * SECOND, 3 * MINUTE, lambda: setattr(team.machine.disk, "is_full", False))

    def _syncs_fail(self, team: Team) -> None:
        disk = team.machine.disk
        disk.syncs_fail = self._world.chance(0.5)
        self._told(f"edge's syncs fail{'' if disk.syncs_fail else ' and have happened'}")
        self._for(5 * SECOND, MINUTE, lambda: setattr(disk, "syncs_fail", None))

    def _reads_fail(self, team: Team) -> None:
        self._told("edge's disk not readable")
        team.machine.disk.reads_fail = True
        self._for(5 * SECOND, MINUTE, lambda: setattr(team.machine.disk, "reads_fail", False))

    def _list_not_kept(self, team: Team) -> None:
        self._told("wanted list not kept")
        team.machine.keeps_lists = False
        self._for(MINUTE, 10 * MINUTE, lambda: setattr(team.machine, "keeps_lists", True))

    def _power_cut(self, team: Team) -> None:
        self._told("edge's power cut")
        team.machine.cut_power()

    def _power_cut_while_writing(self, team: Team) -> None:
        team.machine.disk.fail_after(self._world.rng.randrange(60))

    # ------------------------------------------------------------ clocks

    def _edge_clock(self, team: Team) -> None:
        rng = self._world.rng
        reach_ms = rng.choice((2 * SECOND, 5 * MINUTE, 3 * HOUR, 50 * HOUR))
        self._told("edge's clock set")
        team.machine.clock.offset_ms += rng.randrange(-reach_ms, reach_ms)

    def _hub_clock(self, _team: Team) -> None:
        rng = self._world.rng
        reach_ms = rng.choice((2 * SECOND, 5 * MINUTE, HOUR))
        self._told("hub's clock set")
        self._hub.clock.offset_ms += rng.randrange(-reach_ms, reach_ms)

    # ------------------------------------------------------------ programs

    def _kill_edge(self, team: Team) -> None:
        if team.machine.process is not None:
            self._told("edge killed")
            team.machine.kill()

    def _kill_edge_at(self, team: Team) -> None:
        rng = self._world.rng
        team.machine.die_at(rng.choice(list(FailPoint)), rng.randrange(1, 4))

    def _clean_restart(self, team: Team) -> None:
        if team.machine.process is not None:
            self._told("edge stopped and started")
            team.machine.restart()

    def _kill_hub(self, _team: Team) -> None:
        self._told("hub killed")
        self._hub.kill()

    def _kill_hub_at(self, _team: Team) -> None:
        rng = self._world.rng
        self._hub.die_at(rng.choice(HUB_POINTS), rng.randrange(1, 4))

    def _commits_fail(self, _team: Team) -> None:
        rng = self._world.rng
        fails = [rng.random() < 0.5 for _ in range(rng.randrange(1, 4))]
        self._told("hub's commits fail")
        self._hub.store.fails[:] = fails

    def _hub_stalls(self, _team: Team) -> None:
        self._told("hub stands still")
        stall_ms = self._world.rng.randrange(2 * SECOND, 4 * MINUTE)
        self._hub.stalls_until_ms = self._world.now_ms + stall_ms

    def _restore_hub(self, _team: Team) -> None:
        # What a crowded spool has forgotten, or a closed one keeps, no hub gets back: that is told,
        # and does not heal.
        is_gone = any(team.machine.is_small or team.machine.truth.forks for team in self._teams)
        if self._hub.backup is not None and not is_gone:
            self._told("hub restored from a copy")
            self._hub.restore()
            for each in self._teams:
                self._trouble_noting(each)

    def _trouble_noting(self, team: Team) -> None:
        # Only now is there anything that an edge alone can know, and forget.
        rng = self._world.rng
        if self._world.chance(0.3):
            team.machine.die_at(rng.choice(_LOSS), 1)
        elif self._world.chance(0.4):
            self._disk_full(team)
            self._for(SECOND, MINUTE, lambda: self._kill_edge(team))

    # ------------------------------------------------------------ people and cables

    def _unplug(self, team: Team) -> None:
        device = self._world.rng.choice(DEVICES)
        self._told("scanner unplugged")
        team.machine.plug(device, is_plugged=False)
        again = lambda: team.machine.plug(device, is_plugged=True)  # noqa: E731
        self._for(100, 40 * SECOND, again)

    def _burst(self, team: Team) -> None:
        self._told("ten-fold burst")
        for person in team.people.values():
            person.hurry()
            person.work(self._world.rng.sample(team.waybills, 25))
