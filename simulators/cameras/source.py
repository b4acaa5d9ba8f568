"""Where a channel's pictures come from: drawn and encoded live, or a file over and over.

Shell. A source is asked for one picture after the other by one channel.
"""

import asyncio
from typing import Protocol

from simulators.cameras import clock_code
from simulators.cameras.belt import Belt
from simulators.cameras.clip import Clip
from simulators.cameras.encoder import BIT_RATE, AccessUnit, Encoder, ParameterSets
from simulators.cameras.faults import OF_THE_LINE, Fault, FaultyLens
from simulators.cameras.orders import Clock, OrderError, Orders
from simulators.cameras.pictures import Picture, luma_of
from simulators.cameras.scene import Scene
from simulators.cameras.surroundings import DAYLIGHT


class Source(Protocol):
    """One picture each ``interval_s``."""

    interval_s: float
    parameter_sets: ParameterSets

    def check(self, orders: Orders) -> None:
        """Raise OrderError if these orders cannot be followed."""
        ...

    async def next_unit(self, at_ms: int, orders: Orders) -> AccessUnit:
        """The picture of ``at_ms``, as the orders make it."""
        ...


class LiveSource:
    """Draws and encodes in a thread of the event loop's pool."""

    def __init__(
        self, scene: Scene, *, seed: int, camera_no: int, fps: int, bit_rate: int = BIT_RATE
    ) -> None:
        self.interval_s = 1 / fps
        self._scene = scene
        self._camera_no = camera_no
        self._lens = FaultyLens(scene.size, seed)
        self._encoder = Encoder(scene.size, fps, bit_rate)
        self.parameter_sets = self._encoder.parameter_sets
        self._last: Picture | None = None

    def check(self, orders: Orders) -> None:
        """It can follow all of them; but parcels lie on belts."""
        if orders.conditions.laid and not isinstance(self._scene, Belt):
            raise OrderError("parcels can be laid onto a belt only")

    async def next_unit(self, at_ms: int, orders: Orders) -> AccessUnit:
        """Draw and encode the picture of ``at_ms``, which grows."""
        return await asyncio.to_thread(self._take, at_ms, orders)

    def _take(self, at_ms: int, orders: Orders) -> AccessUnit:
        if orders.fault is not Fault.FREEZE or self._last is None:
            picture = self._scene.frame(at_ms, orders.conditions)
            self._lens.apply(orders.fault, picture, at_ms)
            clock_code.draw(luma_of(picture), orders.clock.shown_ms(at_ms), self._camera_no)
            self._last = picture
        return self._encoder.encode(self._last, at_ms)


class LoopedSource:
    """Plays a clip over and over; its burnt-in clock is that of the recording."""

    def __init__(self, clip: Clip) -> None:
        self.interval_s = clip.duration_ms / len(clip.units) / 1000
        self.parameter_sets = clip.parameter_sets
        self._units = clip.units
        self._next = 0
        self._frozen = clip.units[0]

    def check(self, orders: Orders) -> None:
        """A file can be cut off or stopped; nothing in its pictures can be changed."""
        if orders.fault not in OF_THE_LINE or orders.conditions != DAYLIGHT:
            raise OrderError("a looped clip can only be lost, stall, freeze and ok")
        if orders.clock != Clock():
            raise OrderError("a looped clip shows the clock of its recording")

    async def next_unit(self, at_ms: int, orders: Orders) -> AccessUnit:
        """The next picture; a frozen one is the last key frame again."""
        if orders.fault is Fault.FREEZE:
            unit = self._frozen
        else:
            unit = self._units[self._next]
            self._next = (self._next + 1) % len(self._units)
            if unit.is_key:
                self._frozen = unit
        return AccessUnit(unit.nal_units, unit.is_key, at_ms)
