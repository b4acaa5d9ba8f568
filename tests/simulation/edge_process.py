"""An edge's program between its start and its end: the real cores, and the shells' work done here.

Station, uplink and errands are threads of the real program; here each takes its turn in the one
thread of the world, and what one hands to the other waits in an inbox as it does there. What the
shells decide (a lost link, an answer that no port takes) stands in edge/station_thread.py,
edge/uplink.py and edge/errand_thread.py.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import apsw

from devices.framing import ScannerProtocol
from devices.port_thread import AnswerFailed, AnswerSent, BytesRead, PortLost, PortOpened
from edge.failpoints import FailPoint
from edge.open_work import open_work
from edge.scan_lines import last_scans
from edge.seams import SpoolError
from edge.session import FixedSession, parse_session
from edge.spool import Spool
from edge.spool_reader import SpoolReader
from edge.station import NO_TOKEN, TICK_MS, StationCore
from edge.station_events import (
    Answer,
    BodiesWait,
    ClockStepped,
    DevicesChanged,
    FormAnswered,
    Input,
    LossNoted,
    Output,
    Receipted,
    Recorded,
    ScannerSetup,
    Started,
    StationSetup,
    Stopping,
    Ticked,
)
from edge.station_thread import TIDY_EVERY_MS
from edge.verdict import HeldList, shipped_list
from tests.simulation.edge_errands import Errands
from tests.simulation.edge_uplink import Uplink
from tests.simulation.world import SECOND, Alarm, Inbox
from tests.unit.edge.fakes import POLICY, FakeStore
from wire.wanted import WantedIndex

if TYPE_CHECKING:
    from tests.simulation.edge_machine import EdgeMachine

LAST_LINES, BODIES_SEARCHED_MAX, BODIES_BYTES_MAX = 200, 200, 2_000_000
"""As edge/app.py looks back at a start."""
IDLE_MS = 25 * SECOND
"""A station with nothing to do is looked after at least this often (the real one: each second)."""
NOTHING_FIXED = FixedSession()


class EdgeProcess:
    """From its start until :meth:`end`; afterwards nothing of it does anything any more."""

    def __init__(self, machine: "EdgeMachine") -> None:
        """Open the spool and begin.

        Raises:
            SpoolUnusableError: the disk cannot be used now.
        """
        self.machine, self.world, self.clock = machine, machine.world, machine.clock
        self.is_alive = True
        self.run_id = self.clock.random_bytes(16).hex()
        self.spool: Spool = machine.kinds.spool(
            machine.path,
            self.clock.random_bytes(16).hex(),
            vfs=machine.disk.vfs,
            bytes_max=machine.spool_bytes_max,
            fail_points=machine,
        )
        self.reader = SpoolReader(machine.path, vfs=machine.disk.vfs)
        self.station = self._make_station()
        self._station_inbox = Inbox[Input](self.world, self._take_if_alive)
        self._station_alarm = Alarm(self.world, self._tick)
        self.errands = Errands(self)
        self.uplink: Uplink = machine.kinds.uplink(self)
        self._tidied_ms = self.world.now_ms

    def _make_station(self) -> StationCore:
        machine = self.machine
        setup = StationSetup(
            site=machine.site,
            edge=machine.edge,
            boot=machine.boot_id,
            version="1",
            test_clock=None,
            policy=POLICY,
            scanners=tuple(
                ScannerSetup(device, ScannerProtocol.HONEYWELL, NOTHING_FIXED)
                for device in machine.plugged
            ),
        )
        lines = self.reader.last_lines(LAST_LINES)
        bodies = self.reader.bodies(BODIES_SEARCHED_MAX, BODIES_BYTES_MAX)
        sessions = {name: parse_session(kept) for name, kept in self.spool.sessions().items()}
        return StationCore(
            setup,
            self.spool,
            self.clock,
            HeldList(WantedIndex(shipped_list(POLICY.waybill)), None),
            machine.site_salt,
            sessions,
            last_scans(lines, bodies, self.spool.id),
            open_work(lines),
            FakeStore(),
            (),
        )

    # ------------------------------------------------------------ life

    def start(self) -> None:
        """The first events of all threads."""
        self._take(Started())
        for device, is_plugged in self.machine.plugged.items():
            self.port(device, is_open=is_plugged)
        self.put(self.uplink.core.list_changed())
        self.uplink.start()
        self.errands.wake()

    def stop(self) -> None:
        """A clean end: what is open is written down first."""
        self._take(Stopping())
        self.end()

    def end(self) -> None:
        """The end, as a kill brings it about: files are as they are, nobody is told anything."""
        self.is_alive = False
        self.uplink.end()
        self.reader.close()
        leave_as_it_is(self.spool)

    # ------------------------------------------------------------ the station's thread

    def put(self, event: Input) -> None:
        """Something happened that the station has to know of."""
        self._station_inbox.put(event)

    def port(self, device: str, *, is_open: bool) -> None:
        """A scanner's cable is there, or gone."""
        if is_open:
            self.put(PortOpened(device, "usb:1234:5678"))
        else:
            self.put(PortLost(device, "unplugged"))

    def _take_if_alive(self, event: Input) -> None:
        if self.is_alive:
            self._take(event)

    def _take(self, event: Input) -> None:
        machine = self.machine
        if isinstance(event, BytesRead):
            machine.hit(FailPoint.READ)
        if isinstance(event, Receipted):
            machine.hit(FailPoint.BEFORE_RECEIPT)
        held = self.station.known.held
        outputs = self.station.step(event)
        machine.after_disk_work()
        machine.truth.saw(self, event, held, outputs)
        self._carry_out(outputs)
        if isinstance(event, AnswerSent) and event.token != NO_TOKEN:
            machine.hit(FailPoint.AFTER_TONE)
        if isinstance(event, Receipted):
            machine.hit(FailPoint.AFTER_RECEIPT)
        wait_ms = self.station.wait_ms()
        self._station_alarm.set(
            max(0, wait_ms) if wait_ms < TICK_MS else self.world.rng.randrange(4 * TICK_MS, IDLE_MS)
        )

    def _carry_out(self, outputs: Sequence[Output]) -> None:
        for output in outputs:
            match output:
                case Answer():
                    self._answer(output)
                case Recorded():
                    self.uplink.put(output)
                    if output.with_body:
                        self.errands.bodies_wait()
                case BodiesWait():
                    self.errands.bodies_wait()
                case DevicesChanged() | ClockStepped() | LossNoted():
                    self.uplink.put(output)
                case FormAnswered():
                    self.machine.form_answered(output)
                case _:
                    pass

    def _answer(self, answer: Answer) -> None:
        if answer.token != NO_TOKEN:
            self.machine.hit(FailPoint.BEFORE_TONE)
        if not self.machine.plugged[answer.device]:
            failed = AnswerFailed(answer.device, answer.token, "the port is closed or busy")
            self.station.step(failed)
            return
        self.machine.tone(answer)
        self.put(AnswerSent(answer.device, answer.token, self.clock.mono_ns()))

    def _tick(self) -> None:
        if not self.is_alive:
            return
        self._take(Ticked())
        if self.world.now_ms - self._tidied_ms >= TIDY_EVERY_MS:
            self._tidied_ms = self.world.now_ms
            try:
                self.spool.tidy(self.station.time.known_hub_time())
            except SpoolError:
                self.machine.must_be_sick()
            self.machine.after_disk_work()


def leave_as_it_is(spool: Spool) -> None:
    """Close a spool's file as the end of a process does: nothing is folded in or flushed."""
    connection: apsw.Connection = spool._connection
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    connection.close(True)
