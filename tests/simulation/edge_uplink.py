"""The uplink of a simulated edge: the real core, and what its shell does with a connection.

What the shell decides (when to connect again, when to give a connection up) stands in
edge/uplink.py.
"""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import apsw

from edge.failpoints import FailPoint
from edge.pack import PackKeeper, open_pack
from edge.station_events import Receipted
from edge.uplink import CRASH_PAUSE_S, RECONNECT, UNACKED_MAX
from edge.uplink_core import WAIT_MS_MAX, UplinkCore, UplinkSetup
from edge.uplink_events import (
    Arrived,
    Connected,
    Disconnected,
    FetchList,
    FetchPack,
    HubWentBack,
    OrderFootage,
    ProblemChanged,
    Publish,
    Refused,
    UplinkInput,
    UplinkOutput,
    Waited,
)
from edge.verdict import shipped_list
from edge.wanted import WantedKeeper
from tests.simulation.broker import Connection, topic_of
from tests.simulation.world import SECOND, Alarm, Inbox
from tests.unit.edge.fakes import POLICY
from wire.topics import Channel

if TYPE_CHECKING:
    from tests.simulation.edge_process import EdgeProcess

IDLE_MS = (2 * SECOND, 12 * SECOND)
"""An uplink with nothing to do looks at the time this often (the real one: each second)."""


class Uplink:
    """One thread's turns; also the broker's client, whose calls come to it by its inbox."""

    def __init__(self, process: "EdgeProcess") -> None:
        self._process, self._machine, self._world = process, process.machine, process.world
        self.core = self._make_core()
        self._inbox = Inbox[UplinkInput](self._world, self.hear)
        self._alarm = Alarm(self._world, lambda: self.hear(Waited()))
        self.link: Connection | None = None
        self._connection = ""
        self._is_up = False
        self._failures = 0
        self._unacked: dict[int, Channel] = {}

    def _make_core(self) -> UplinkCore:
        process, machine = self._process, self._machine
        names = (machine.site, machine.edge)
        reads = partial(open_pack, site=machine.site, edge=machine.edge, hub_key=machine.hub_key)
        return UplinkCore(
            UplinkSetup(*names, process.run_id, "1", machine.key, machine.hub_key),
            process.reader,
            WantedKeeper(shipped_list(POLICY.waybill), machine.kept_list),
            machine.keep_list,
            process.clock,
            None,
            PackKeeper(reads, lambda _kept: None, None, None),
        )

    def start(self) -> None:
        """Begin to connect."""
        self._connect()

    def end(self) -> None:
        """The program has ended."""
        if self.link is not None:
            self._machine.broker.abandon(self.link)

    def put(self, event: UplinkInput) -> None:
        """Something that the uplink has to know of."""
        self._inbox.put(event)

    def hear(self, event: UplinkInput) -> None:
        if not self._process.is_alive:
            return
        try:
            outputs = self.core.step(event)
        except apsw.Error:
            # As the thread's outermost loop: a fresh connection starts clean, after a pause.
            self._machine.must_be_sick()
            self._drop_link("the uplink failed")
            self._machine.after_disk_work()
            self._alarm.set(CRASH_PAUSE_S * SECOND)
            return
        self._machine.after_disk_work()
        self._obey(outputs)
        wait_ms = self.core.wait_ms()
        is_idle = wait_ms >= WAIT_MS_MAX
        self._alarm.set(self._world.rng.randrange(*IDLE_MS) if is_idle else wait_ms)

    def _obey(self, outputs: Sequence[UplinkOutput]) -> None:
        for output in outputs:
            match output:
                case Publish():
                    self._publish(output)
                case FetchList():
                    self._process.errands.fetch(output.message)
                case FetchPack():
                    self._process.errands.fetch_pack(output.message)
                case OrderFootage() | HubWentBack() | Refused() | ProblemChanged():
                    self._machine.truth.heard(output)
                case Receipted():
                    self._machine.hit(FailPoint.RECEIPT_ARRIVED)
                    self._process.put(output)
                case _:
                    self._process.put(output)

    def _publish(self, output: Publish) -> None:
        if self.link is None or not self._is_up:
            return
        if len(self._unacked) >= UNACKED_MAX:
            self._drop_link("the broker acknowledges nothing")
            return
        if output.channel is Channel.EVENTS:
            self._machine.hit(FailPoint.BEFORE_PUBLISH)
        topic = topic_of(self._machine.site, self._machine.edge, output.channel)
        mid = self._machine.broker.publish(self.link, topic, output.payload)
        self._unacked[mid] = output.channel
        self.sent(mid, output)
        if output.channel is Channel.STATE:
            self._failures = 0

    def sent(self, mid: int, output: Publish) -> None:
        """A message is on its way under this number."""

    def _connect(self) -> None:
        if not self._process.is_alive or self.link is not None:
            return
        self._unacked.clear()
        self._is_up = False
        self._connection = self._process.clock.random_bytes(16).hex()
        state = topic_of(self._machine.site, self._machine.edge, Channel.STATE)
        will = (state, self.core.will(self._connection))
        self.link = self._machine.broker.connect(self._machine.name, self, will)

    def _drop_link(self, reason: str) -> None:
        if self.link is not None:
            self._machine.broker.abandon(self.link)
            self.disconnected(reason)

    # the broker's calls, each in paho's thread: they come to the uplink's by its inbox

    def connected(self) -> None:
        if self._process.is_alive:
            self._is_up = True
            self._inbox.put(Connected(self._connection))

    def disconnected(self, reason: str) -> None:
        if not self._process.is_alive or self.link is None:
            return
        self.link, self._is_up = None, False
        self._failures += 1
        self._inbox.put(Disconnected(reason))
        self._world.after(RECONNECT.delay_s(self._failures) * SECOND, self._connect)

    def arrived(self, topic: str, payload: bytes) -> None:
        if self._process.is_alive:
            self._inbox.put(Arrived(payload))

    def acknowledged(self, mid: int) -> None:
        if self._process.is_alive and self._unacked.pop(mid, None) is Channel.EVENTS:
            self._machine.hit(FailPoint.AFTER_PUBLISH)
