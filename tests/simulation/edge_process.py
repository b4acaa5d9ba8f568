"""An edge's program between its start and its end: the real cores, and the shells' work done here.

Station, uplink and errands are threads of the real program; here each takes its turn in the one
thread of the world, and what one hands to the other waits in an inbox as it does there. What the
shells decide (a lost link, an answer that no port takes) stands in edge/station_thread.py,
edge/uplink.py and edge/errand_thread.py.
"""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import apsw

from devices.framing import ScannerProtocol
from devices.port_thread import AnswerFailed, AnswerSent, BytesRead, PortLost, PortOpened
from edge.errand_thread import RETRY
from edge.errands import DeliverBodies, FetchSigned
from edge.failpoints import FailPoint
from edge.hub_http import PACK_PATH, WANTED_PATH, HubError
from edge.open_work import open_work
from edge.pack import PackKeeper, open_pack
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
from edge.uplink import RECONNECT, UNACKED_MAX
from edge.uplink_core import WAIT_MS_MAX, UplinkCore, UplinkSetup
from edge.uplink_events import (
    Arrived,
    Connected,
    Disconnected,
    FetchList,
    FetchPack,
    HubWentBack,
    OrderFootage,
    PackArrived,
    ProblemChanged,
    Publish,
    Refused,
    SnapshotArrived,
    UplinkInput,
    UplinkOutput,
    Waited,
)
from edge.verdict import HeldList, shipped_list
from edge.wanted import WantedKeeper
from tests.simulation.broker import Connection, topic_of
from tests.simulation.world import SECOND, Alarm, Inbox
from tests.unit.edge.fakes import POLICY, FakeStore
from wire.limits import PACK_MESSAGE_BYTES_MAX, SNAPSHOT_BYTES_MAX
from wire.topics import Channel
from wire.wanted import WantedIndex

if TYPE_CHECKING:
    from tests.simulation.edge_machine import EdgeMachine

LAST_LINES, BODIES_SEARCHED_MAX, BODIES_BYTES_MAX = 200, 200, 2_000_000
"""As edge/app.py looks back at a start."""
IDLE_MS = 12 * SECOND
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
        self.uplink = self._make_uplink()
        self._station_inbox = Inbox[Input](self.world, self._take_if_alive)
        self._uplink_inbox = Inbox[UplinkInput](self.world, self._hear_if_alive)
        self._station_alarm = Alarm(self.world, self._tick)
        self._uplink_alarm = Alarm(self.world, lambda: self._hear_if_alive(Waited()))
        self._errand_alarm = Alarm(self.world, self._run_errands)
        self._errand_failures = 0
        self._deliver = DeliverBodies(
            machine.site, machine.edge, machine.key, self.reader, self._station_inbox.put
        )
        self._fetch = FetchSigned(
            WANTED_PATH, SNAPSHOT_BYTES_MAX, lambda a: self._uplink_inbox.put(SnapshotArrived(a))
        )
        self._fetch_pack = FetchSigned(
            PACK_PATH, PACK_MESSAGE_BYTES_MAX, lambda a: self._uplink_inbox.put(PackArrived(a))
        )
        self._tidied_ms = self.world.now_ms
        self.link: Connection | None = None
        self._connection = ""
        self._is_up = False
        self._link_failures = 0
        self._unacked: dict[int, Channel] = {}

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

    def _make_uplink(self) -> UplinkCore:
        machine = self.machine
        reads = partial(open_pack, site=machine.site, edge=machine.edge, hub_key=machine.hub_key)
        return UplinkCore(
            UplinkSetup(machine.site, machine.edge, self.run_id, "1", machine.key, machine.hub_key),
            self.reader,
            WantedKeeper(shipped_list(POLICY.waybill), machine.kept_list),
            machine.keep_list,
            self.clock,
            None,
            PackKeeper(reads, lambda _kept: None, None, None),
        )

    # ------------------------------------------------------------ life

    def start(self) -> None:
        """The first events of all threads."""
        self._take(Started())
        for device, is_plugged in self.machine.plugged.items():
            self.port(device, is_open=is_plugged)
        self._station_inbox.put(self.uplink.list_changed())
        self._connect()
        self._errand_alarm.set(0)

    def stop(self) -> None:
        """A clean end: what is open is written down first."""
        self._take(Stopping())
        self.end()

    def end(self) -> None:
        """The end, as a kill brings it about: files are as they are, nobody is told anything."""
        self.is_alive = False
        if self.link is not None:
            self.machine.broker.abandon(self.link)
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
            max(0, wait_ms) if wait_ms < TICK_MS else self.world.rng.randrange(TICK_MS, IDLE_MS)
        )

    def _carry_out(self, outputs: Sequence[Output]) -> None:
        for output in outputs:
            match output:
                case Answer():
                    self._answer(output)
                case Recorded():
                    self._uplink_inbox.put(output)
                    if output.with_body:
                        self._bodies_wait()
                case BodiesWait():
                    self._bodies_wait()
                case DevicesChanged() | ClockStepped():
                    self._uplink_inbox.put(output)
                case FormAnswered():
                    self.machine.form_answered(output)
                case _:
                    pass

    def _answer(self, answer: Answer) -> None:
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

    # ------------------------------------------------------------ the uplink's thread

    def _hear_if_alive(self, event: UplinkInput) -> None:
        if not self.is_alive:
            return
        try:
            outputs = self.uplink.step(event)
        except apsw.Error:
            # As the thread's outermost loop: a fresh connection starts clean.
            self.machine.must_be_sick()
            self._drop_link("the uplink failed")
            outputs = []
        self.machine.after_disk_work()
        self._obey(outputs)
        wait_ms = self.uplink.wait_ms()
        is_idle = wait_ms >= WAIT_MS_MAX
        self._uplink_alarm.set(self.world.rng.randrange(1_000, 6_000) if is_idle else wait_ms)

    def _obey(self, outputs: Sequence[UplinkOutput]) -> None:
        for output in outputs:
            match output:
                case Publish():
                    self._publish(output)
                case FetchList():
                    self._fetch.ask(output.message)
                    self._wake_errands()
                case FetchPack():
                    self._fetch_pack.ask(output.message)
                    self._wake_errands()
                case OrderFootage() | HubWentBack() | Refused() | ProblemChanged():
                    self.machine.truth.heard(output)
                case _:
                    self._station_inbox.put(output)

    def _publish(self, output: Publish) -> None:
        if self.link is None or not self._is_up:
            return
        if len(self._unacked) >= UNACKED_MAX:
            self._drop_link("the broker acknowledges nothing")
            return
        topic = topic_of(self.machine.site, self.machine.edge, output.channel)
        mid = self.machine.broker.publish(self.link, topic, output.payload)
        self._unacked[mid] = output.channel
        self.sent(mid, output)
        if output.channel is Channel.STATE:
            self._link_failures = 0

    def sent(self, mid: int, output: Publish) -> None:
        """A message is on its way under this number."""

    def _connect(self) -> None:
        if not self.is_alive or self.link is not None:
            return
        self._unacked.clear()
        self._is_up = False
        self._connection = self.clock.random_bytes(16).hex()
        state = topic_of(self.machine.site, self.machine.edge, Channel.STATE)
        will = (state, self.uplink.will(self._connection))
        self.link = self.machine.broker.connect(self.machine.name, self, will)

    def _drop_link(self, reason: str) -> None:
        if self.link is not None:
            self.machine.broker.abandon(self.link)
            self.disconnected(reason)

    # the broker's calls, each in paho's thread: they come to the uplink's by its inbox

    def connected(self) -> None:
        if self.is_alive:
            self._is_up = True
            self._uplink_inbox.put(Connected(self._connection))

    def disconnected(self, reason: str) -> None:
        if not self.is_alive or self.link is None:
            return
        self.link, self._is_up = None, False
        self._link_failures += 1
        self._uplink_inbox.put(Disconnected(reason))
        self.world.after(RECONNECT.delay_s(self._link_failures) * SECOND, self._connect)

    def arrived(self, topic: str, payload: bytes) -> None:
        if self.is_alive:
            self._uplink_inbox.put(Arrived(payload))

    def acknowledged(self, mid: int) -> None:
        if self.is_alive and self._unacked.pop(mid, None) is Channel.EVENTS:
            self.machine.hit(FailPoint.AFTER_PUBLISH)

    # ------------------------------------------------------------ the errands' thread

    def _bodies_wait(self) -> None:
        self._deliver.ask()
        self._wake_errands()

    def _wake_errands(self) -> None:
        if not self._errand_failures:
            self._errand_alarm.set(self.world.rng.randrange(1, 50))

    def _run_errands(self) -> None:
        if not self.is_alive:
            return
        try:
            for errand in (self._fetch, self._deliver, self._fetch_pack):
                if errand.is_due():
                    errand.run(self.machine.http)  # type: ignore[arg-type]  # a port like it
            self._errand_failures = 0
        except apsw.Error:
            self.machine.must_be_sick()
            self._errand_failures += 1
        except HubError:
            self._errand_failures += 1
        if self._errand_failures:
            self._errand_alarm.set(RETRY.delay_s(self._errand_failures) * SECOND)
        elif any(each.is_due() for each in (self._fetch, self._deliver, self._fetch_pack)):
            self._errand_alarm.set(1)


def leave_as_it_is(spool: Spool) -> None:
    """Close a spool's file as the end of a process does: nothing is folded in or flushed."""
    connection: apsw.Connection = spool._connection
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    connection.close(True)
