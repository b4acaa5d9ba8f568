"""The errands of a simulated edge: the real ones, over an HTTP that is simulated.

When they are run and tried again stands in edge/errand_thread.py.
"""

from typing import TYPE_CHECKING

import apsw

from edge.errand_thread import RETRY
from edge.errands import DeliverBodies, FetchSigned
from edge.hub_http import PACK_PATH, WANTED_PATH, HubError
from edge.uplink_events import PackArrived, SnapshotArrived
from tests.simulation.world import SECOND, Alarm
from wire.limits import PACK_MESSAGE_BYTES_MAX, SNAPSHOT_BYTES_MAX

if TYPE_CHECKING:
    from tests.simulation.edge_process import EdgeProcess


class Errands:
    """One thread's turns."""

    def __init__(self, process: "EdgeProcess") -> None:
        self._process, self._machine, self._world = process, process.machine, process.world
        self._alarm = Alarm(self._world, self._run)
        self._failures = 0
        own = self._machine
        self._deliver = DeliverBodies(own.site, own.edge, own.key, process.reader, process.put, own)
        self._fetch = FetchSigned(
            WANTED_PATH, SNAPSHOT_BYTES_MAX, lambda a: process.uplink.put(SnapshotArrived(a))
        )
        self._fetch_pack = FetchSigned(
            PACK_PATH, PACK_MESSAGE_BYTES_MAX, lambda a: process.uplink.put(PackArrived(a))
        )

    def fetch(self, message: bytes) -> None:
        """The uplink needs the whole wanted list."""
        self._fetch.ask(message)
        self.wake()

    def fetch_pack(self, message: bytes) -> None:
        """The uplink needs the site's pack."""
        self._fetch_pack.ask(message)
        self.wake()

    def bodies_wait(self) -> None:
        self._deliver.ask()
        self.wake()

    def wake(self) -> None:
        if not self._failures:
            self._alarm.set(self._world.rng.randrange(1, 50))

    def _run(self) -> None:
        if not self._process.is_alive:
            return
        try:
            for errand in (self._fetch, self._deliver, self._fetch_pack):
                if errand.is_due():
                    errand.run(self._machine.http)  # type: ignore[arg-type]  # a port like it
            self._failures = 0
        except apsw.Error:
            self._machine.must_be_sick()
            self._failures += 1
        except HubError:
            self._failures += 1
        if self._failures:
            self._alarm.set(RETRY.delay_s(self._failures) * SECOND)
        elif any(each.is_due() for each in (self._fetch, self._deliver, self._fetch_pack)):
            self._alarm.set(1)
