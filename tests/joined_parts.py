"""One edge and one hub in one thread: the real spool, station, uplink and intake, and a fake cable.

What either side sends is handed to the other at once, unless the link is cut; nothing of it is a
broker, TLS or a thread. Time stands still until it is moved, for both alike.
"""

from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from devices.framing import ScannerProtocol
from devices.port_thread import BytesRead, PortOpened
from edge.open_work import OpenWork
from edge.pack import PackKeeper, open_pack
from edge.spool import SPOOL_BYTES_MAX, Spool
from edge.spool_reader import SpoolReader
from edge.station import StationCore
from edge.station_events import (
    Answer,
    CloseSpool,
    HubHasLess,
    LinkChanged,
    ListChanged,
    LossNoted,
    Output,
    PackChanged,
    Receipted,
    Recorded,
    ScannerSetup,
    Started,
    StationSetup,
    Ticked,
)
from edge.uplink_core import UplinkCore, UplinkSetup
from edge.uplink_events import Arrived, Connected, Disconnected, Publish, UplinkOutput, Waited
from edge.verdict import HeldList, shipped_list
from edge.wanted import WantedKeeper
from hub.ingest.intake import Outgoing
from ledger.keys import SigningKey
from ledger.signing import seal
from tests import samples
from tests.hub_parts import HubHome, SigningEdge
from tests.unit.edge.fakes import NOTHING_FIXED, POLICY, FakeClock, FakeStore
from wire.messages import Receipt
from wire.names import format_at
from wire.topics import Channel
from wire.wanted import WantedIndex

FIRST = "5" * 32
STEP_MS = 1_000


class JoinedEdge:
    """An edge whose disk is a real file; ``is_cut``: nothing passes between it and the hub."""

    def __init__(
        self,
        hub: HubHome,
        folder: Path,
        spool_id: str = FIRST,
        *,
        bytes_max: int = SPOOL_BYTES_MAX,
        key: SigningKey = samples.EDGE_KEY,
    ) -> None:
        self.hub, self.path, self.key = hub, folder / "spool.sqlite", key
        hub.enrol(SigningEdge(key=key))
        self.clock = FakeClock()
        self.clock.wall = hub.clock.now()
        self.intake = hub.intake([])
        self.is_cut = False
        self.problems: list[str | None] = []
        self.to_edge: deque[bytes] = deque()
        self.starts = 0
        self.spool_id, self.bytes_max = spool_id, bytes_max
        self.outputs: list[Output] = []
        self.start()

    def start(self) -> None:
        """The program, from its disk."""
        self.starts += 1
        self.spool = Spool(self.path, self.spool_id, bytes_max=self.bytes_max)
        self.reader = SpoolReader(self.path)
        run = f"{self.starts:032x}"
        held = HeldList(WantedIndex(shipped_list(POLICY.waybill)), None)
        setup = StationSetup(
            site="755A",
            edge="dock",
            boot="b" * 32,
            version="1",
            test_clock=None,
            policy=POLICY,
            scanners=(ScannerSetup("dock-1", ScannerProtocol.HONEYWELL, NOTHING_FIXED),),
        )
        self.station = StationCore(
            setup, self.spool, self.clock, held, "ab" * 16, {}, {}, OpenWork(), FakeStore(), ()
        )
        hub_key = self.hub.keys.statement.public_key
        reads = partial(open_pack, site="755A", edge="dock", hub_key=hub_key)
        self.uplink = UplinkCore(
            UplinkSetup("755A", "dock", run, "1", self.key, hub_key),
            self.reader,
            WantedKeeper(shipped_list(POLICY.waybill), None),
            lambda _kept: None,
            self.clock,
            None,
            PackKeeper(reads, lambda _kept: None, None, None),
        )
        self.tell_station(Started())
        self.tell_station(PortOpened("dock-1", "pts:/dev/pts/7"))
        self.connect()

    def stop(self) -> None:
        """The program ends as a kill ends it."""
        self.reader.close()
        self.spool.close()

    # ------------------------------------------------------------ the cable

    def connect(self) -> None:
        self.is_cut = False
        self.tell_uplink(Connected(f"{self.starts:032x}"))

    def cut(self) -> None:
        self.is_cut = True
        self.tell_uplink(Disconnected("cut"))

    def tell_station(self, event: object) -> None:
        outputs = self.station.step(event)  # type: ignore[arg-type]  # any of its inputs
        self.outputs += outputs
        for output in outputs:
            if isinstance(output, Recorded | LossNoted):
                self.tell_uplink(output)

    def tell_uplink(self, event: object) -> None:
        self._carry_out(self.uplink.step(event))  # type: ignore[arg-type]  # any of its inputs
        while self.to_edge:
            self._carry_out(self.uplink.step(Arrived(self.to_edge.popleft())))

    def _carry_out(self, outputs: list[UplinkOutput]) -> None:
        for output in outputs:
            match output:
                case Publish():
                    if not self.is_cut:
                        self.send(output.channel, output.payload)
                case Receipted() | HubHasLess() | CloseSpool():
                    self.tell_station(output)
                case LinkChanged() | ListChanged() | PackChanged():
                    self.tell_station(output)
                case _:
                    self.problems += [getattr(output, "problem", None)]

    def send(self, channel: Channel, payload: bytes) -> None:
        """What the broker does: hand it to ingest, and its answers back."""
        for answer in self.hub.take(payload, channel, intake=self.intake):
            self.to_edge.append(self.sealed(answer))

    def sealed(self, answer: Outgoing) -> bytes:
        message = answer.message
        if isinstance(message, Receipt):
            now = format_at(self.hub.clock.now())
            message = replace(message, sent_at=now)
        return seal(message, self.hub.keys.statement)

    # ------------------------------------------------------------ time

    def run(self, seconds: int, every: Callable[[], None] = lambda: None) -> None:
        """Let time pass on both sides, a second at a time."""
        for _ in range(seconds):
            for _ in range(1000 // STEP_MS):
                self.clock.advance(STEP_MS)
                self.hub.clock.move(STEP_MS / 1000)
                every()
                self.tell_station(Ticked())
                self.settle()

    def settle(self, steps_max: int = 10_000) -> None:
        """Send what can be sent at this moment and the milliseconds after it."""
        for _ in range(steps_max):
            self.tell_uplink(Waited())
            wait_ms = self.uplink.wait_ms()
            if wait_ms > 30:
                return
            self.clock.advance(wait_ms)
            self.hub.clock.move(wait_ms / 1000)

    def scan(self, waybill: str) -> bytes:
        """Scan; the bytes of the answer."""
        self.clock.advance(400)
        self.hub.clock.move(0.4)
        before = len(self.outputs)
        read = BytesRead("dock-1", f"]C0{waybill}\r".encode(), self.clock.mono_ns())
        self.tell_station(read)
        return b"".join(each.data for each in self.outputs[before:] if isinstance(each, Answer))

    # ------------------------------------------------------------ what both have

    def lines(self) -> dict[str, list[bytes]]:
        """Every line on the edge's disk, by spool, in the order of recording."""
        found: dict[str, list[bytes]] = {}
        for spool in self.reader.spools():
            found[spool.id] = self.reader.unsent(spool.id, 0, 10**6, 10**9)
        return found

    def stored(self) -> dict[str, list[bytes]]:
        """Every line that the hub has, by spool, in the order of their numbers."""
        found: dict[str, list[bytes]] = {}
        query = (
            "SELECT spool, line FROM event JOIN spool_head ON spool_head.id = spool_id "
            "ORDER BY spool_id, seq"
        )
        with self.hub.database.reading() as tx:
            for spool, line in tx.exec_driver_sql(query):
                found.setdefault(spool, []).append(bytes(line))
        return found
