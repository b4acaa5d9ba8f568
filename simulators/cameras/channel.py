"""One camera's channel: takes its pictures at wall-clock pace and hands each to all who watch.

Shell; lives in one event loop. A viewer who does not keep up is cut off: the others never wait.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from aio_rtsp_toolkit.server_rtp import RtspRtpMixin

from simulators.cameras.encoder import AccessUnit, ParameterSets
from simulators.cameras.faults import Fault
from simulators.cameras.orders import Orders, follow
from simulators.cameras.source import Source

BACKLOG_UNITS_MAX = 50
"""Pictures that wait for one viewer, two seconds at 25 a second; one more and it is cut off."""
LATE_S_MAX = 1.0
"""A channel that fell behind by more leaves pictures out instead of sending a burst."""

_PACKETIZER = RtspRtpMixin()


@dataclass(frozen=True, slots=True)
class RtpUnit:
    """An access unit as RTP payloads, each with its marker bit."""

    payloads: tuple[tuple[bytes, int], ...]
    is_key: bool
    at_ms: int


class Viewer:
    """One client's pictures: from a key frame on, without a gap."""

    def __init__(self, cut_off: Callable[[], None]) -> None:
        self.units: asyncio.Queue[RtpUnit] = asyncio.Queue(BACKLOG_UNITS_MAX)
        self._cut_off = cut_off
        self._began = False

    def offer(self, unit: RtpUnit) -> bool:
        """Take the next picture; False if there was no room, and the client is cut off."""
        self._began = self._began or unit.is_key
        if not self._began:
            return True
        try:
            self.units.put_nowait(unit)
        except asyncio.QueueFull:
            self._cut_off()
            return False
        return True


class Channel:
    """A camera with its orders and its viewers."""

    def __init__(self, camera_id: str, source: Source) -> None:
        self.camera_id = camera_id
        self.source = source
        self.orders = Orders()
        self.cut_off_count = 0
        self._viewers: set[Viewer] = set()
        self._watched = asyncio.Event()

    @property
    def is_lost(self) -> bool:
        """Nobody reaches it."""
        return self.orders.fault is Fault.LOST

    def check(self, words: tuple[str, ...]) -> Orders:
        """What would hold after one more order; nothing has changed.

        Raises:
            OrderError: it cannot be followed.
        """
        orders = follow(self.orders, words, now_ms())
        self.source.check(orders)
        return orders

    def order(self, words: tuple[str, ...]) -> None:
        """Follow one more order, or raise OrderError as ``check``."""
        self.orders = self.check(words)

    def join(self, viewer: Viewer) -> None:
        """Send ``viewer`` pictures from the next key frame on."""
        self._viewers.add(viewer)
        self._watched.set()

    def leave(self, viewer: Viewer) -> None:
        """Send it no more; twice is the same as once."""
        self._viewers.discard(viewer)
        if not self._viewers:
            # Nobody looks: nothing is drawn.
            self._watched.clear()

    async def run(self) -> None:
        """Take and hand out pictures until cancelled."""
        due_s, at_ms = time.monotonic(), 0
        while True:
            if not self._watched.is_set():
                await self._watched.wait()
                due_s = time.monotonic()
            due_s = max(due_s, time.monotonic() - LATE_S_MAX)
            await asyncio.sleep(due_s - time.monotonic())
            due_s += self.source.interval_s
            if self.orders.fault in (Fault.LOST, Fault.STALL):
                continue
            # Two late pictures are not of one moment, and none is of an earlier one.
            at_ms = max(now_ms(), at_ms + 1)
            self._hand_out(await self.source.next_unit(at_ms, self.orders))

    def _hand_out(self, unit: AccessUnit) -> None:
        packed = _pack(unit, self.source.parameter_sets)
        for viewer in tuple(self._viewers):
            if not viewer.offer(packed):
                self.cut_off_count += 1
                self.leave(viewer)


def _pack(unit: AccessUnit, parameter_sets: ParameterSets) -> RtpUnit:
    before = (parameter_sets.sps, parameter_sets.pps) if unit.is_key else ()
    kept = tuple(nal for nal in unit.nal_units if nal not in before)
    payloads: list[tuple[bytes, int]] = []
    for nal in before + kept:
        marker = int(nal is kept[-1])
        payloads += _PACKETIZER._packetize_video_nalu(nal, marker=marker, codec_name="h264")
    return RtpUnit(tuple(payloads), unit.is_key, unit.at_ms)


def now_ms() -> int:
    """The machine's wall time, in ms since 1970."""
    return time.time_ns() // 1_000_000
