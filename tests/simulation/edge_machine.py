"""A station's machine: its disk, clock and cables, and the program that is started on it again.

What a kill, a power cut or a new start leaves behind is here; what ends with the program is in
``edge_process``.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import apsw

from devices.port_thread import BytesRead
from edge.failpoints import FailPoint
from edge.forms import AnyForm
from edge.seams import SpoolUnusableError
from edge.spool import SPOOL_BYTES_MAX, Spool
from edge.station_events import Answer, FormAnswered, FormSent
from edge.wanted import KeptList
from ledger.keys import SigningKey
from tests.simulation.broker import Broker
from tests.simulation.disk import Disk
from tests.simulation.edge_process import EdgeProcess
from tests.simulation.edge_truth import EdgeTruth
from tests.simulation.edge_uplink import Uplink
from tests.simulation.world import SECOND, Clock, Died, World

RESTART_MS = 3 * SECOND
"""A supervisor starts a program again that ended."""
BOOT_MS = 40 * SECOND
DEVICES = ("dock-1", "dock-2")


class HubPort(Protocol):
    """The hub over HTTP, as errands ask it."""

    def post(self, path: str, message: bytes, answer_bytes_max: int) -> bytes:
        """The hub's answer."""


@dataclass(frozen=True)
class EdgeKinds:
    """Which classes an edge is made of; mutants bring their own."""

    spool: type[Spool] = Spool
    uplink: type[Uplink] = Uplink


@dataclass(frozen=True)
class Enrolled:
    """Who an edge is, and what it knows of its hub."""

    site: str
    edge: str
    key: SigningKey
    hub_key: bytes
    site_salt: str


class EdgeMachine:
    """The machine of one edge; ``process`` is None while its program does not run."""

    def __init__(
        self,
        world: World,
        folder: Path,
        who: Enrolled,
        broker: Broker,
        http: HubPort,
        kinds: EdgeKinds,
    ) -> None:
        self.world, self.broker, self.http, self.kinds = world, broker, http, kinds
        self.site, self.edge, self.key = who.site, who.edge, who.key
        self.hub_key, self.site_salt = who.hub_key, who.site_salt
        self.name = f"{who.site}/{who.edge}"
        self.path = folder / "spool.sqlite"
        self.disk = Disk(folder.name, folder, world.rng)
        self.clock = Clock(world, world.rng.randrange(-3_000, 3_000), world.rng.randrange(-60, 60))
        self.boot_id = "0" * 32
        self.plugged = dict.fromkeys(DEVICES, True)
        self.spool_bytes_max = SPOOL_BYTES_MAX
        self.kept_list: KeptList | None = None
        self.keeps_lists = True
        self.truth = EdgeTruth(world, who.site)
        self.process: EdgeProcess | None = None
        self.is_on = self.is_wanted_on = False
        self.on_tone: Callable[[Answer], None] = lambda _: None
        self.on_form: Callable[[FormAnswered], None] = lambda _: None
        self.hits: Counter[str] = Counter()
        self._dies_at: dict[FailPoint, int] = {}
        self._copy: dict[str, bytes] = {}

    # ------------------------------------------------------------ on and off

    def switch_on(self) -> None:
        """The machine comes up, and its program with it."""
        self.is_on = self.is_wanted_on = True
        self.clock.boot()
        self.boot_id = self.clock.random_bytes(16).hex()
        self.start()

    def start(self) -> None:
        """The program, from its disk; one that cannot start is tried again."""
        if not self.is_on or self.process is not None:
            return
        try:
            self.process = EdgeProcess(self)
        except (SpoolUnusableError, apsw.Error):
            self.must_be_sick()
        # Only here, for the error holds on to what was opened.
        if self.disk.is_dead:
            self._cut_power()
        elif self.process is None:
            self.world.after(RESTART_MS, self.start)
        else:
            with self.disk.trusted():
                self.truth.looked_at_start(self.process.reader, forgets=self.is_small)
            self.process.start()

    def kill(self) -> None:
        """SIGKILL, or a crash; the supervisor starts it again."""
        if self.process is not None:
            self.process.end()
            self.process = None
            self.world.after(RESTART_MS, self.start)

    def restart(self) -> None:
        """A clean end, and a new start."""
        if self.process is not None:
            self.process.stop()
            self.process = None
            self.world.after(RESTART_MS, self.start)

    def spare(self) -> None:
        """Nothing of what was to be done to it is done any more."""
        self.disk.heal()
        self.keeps_lists = True
        self._dies_at.clear()

    def switch_off(self, *, is_clean: bool) -> None:
        """The shift is over: the program is told to end, or the plug is pulled."""
        was_on, self.is_on, self.is_wanted_on = self.is_on, False, False
        if is_clean and self.process is not None:
            self.process.stop()
            self.process = None
        elif was_on:
            self._lose_power()

    def cut_power(self) -> None:
        """The power goes, and comes back."""
        if self.is_on:
            self._cut_power()

    def _cut_power(self) -> None:
        self._lose_power()
        self.is_on = False
        self.world.after(BOOT_MS, self._come_back)

    def _come_back(self) -> None:
        if self.is_wanted_on and not self.is_on:
            self.switch_on()

    def _lose_power(self) -> None:
        if self.process is not None:
            self.process.end()
            self.process = None
        self.disk.lose_power()

    def copy_disk(self) -> None:
        """Somebody makes a copy of the disk."""
        self._copy = self.disk.copy()

    def put_disk_back(self) -> None:
        """The disk is lost, and its copy is put in its place; the program starts again."""
        if self._copy:
            self.kill()
            self.disk.put_back(self._copy)
            self.truth.was_put_back = True

    def take_down(self) -> None:
        """The day is over."""
        if self.process is not None:
            self.process.end()
            self.process = None
        self.disk.close()

    # ------------------------------------------------------------ what the program asks

    def die_at(self, point: FailPoint, passing: int) -> None:
        """Let the program be killed when it passes a point for the so-manieth time from now."""
        self._dies_at[point] = passing

    def hit(self, point: FailPoint) -> None:
        """The program passes a point."""
        self.hits[point.value] += 1
        left = self._dies_at.get(point)
        if left is None:
            return
        self._dies_at[point] = left - 1
        if left <= 1:
            del self._dies_at[point]
            self.world.fault(f"edge killed: {point}")
            raise Died(self.kill)

    def after_disk_work(self) -> None:
        """What was done when there was no power any more was not done.

        Raises:
            Died: the power went.
        """
        if self.disk.is_dead:
            self.world.fault("power cut while writing")
            raise Died(self._cut_power)

    def must_be_sick(self) -> None:
        """Only a disk that refuses is a reason for what just happened."""
        is_sick = self.disk.is_sick or self.is_small
        assert is_sick, "a sound disk was refused"

    @property
    def is_small(self) -> bool:
        """Say whether the spool has a bound that a day can reach."""
        return self.spool_bytes_max < SPOOL_BYTES_MAX

    def keep_list(self, kept: KeptList) -> str | None:
        """Put the wanted list on disk; what went wrong."""
        if not self.keeps_lists:
            return "not_kept"
        self.hit(FailPoint.BEFORE_LIST)
        self.kept_list = kept
        self.hit(FailPoint.AFTER_LIST)
        return None

    def tone(self, answer: Answer) -> None:
        """A scanner sounds."""
        self.on_tone(answer)

    def form_answered(self, answered: FormAnswered) -> None:
        """The page says what became of a form."""
        self.on_form(answered)

    # ------------------------------------------------------------ what people do

    def feed(self, device: str, data: bytes) -> None:
        """Bytes come off a scanner's cable; without a program nobody reads them."""
        if self.process is not None and self.plugged[device]:
            self.process.put(BytesRead(device, data, self.clock.mono_ns()))

    def fill_in(self, form: AnyForm) -> None:
        """Somebody sends a form on the page."""
        if self.process is not None:
            self.process.put(FormSent(form))

    def plug(self, device: str, *, is_plugged: bool) -> None:
        """A cable is pulled, or put in again."""
        if self.plugged[device] != is_plugged:
            self.plugged[device] = is_plugged
            if self.process is not None:
                self.process.port(device, is_open=is_plugged)
