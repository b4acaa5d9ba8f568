"""Which private bodies the hub has, and which it needs again because it was restored.

Part of the station's core: no thread, no I/O of its own. The uplink sends no line again before the
disk knows here what went with it; a hub that has its lines again looks as if it had lost nothing.
Source: docs/adr/0035.
"""

from datetime import datetime

from edge.seams import SpoolError, SpoolWriter
from edge.station_events import (
    BodiesDelivered,
    BodiesWait,
    HubHasLess,
    LossNoted,
    NotRecorded,
    Output,
)
from wire.names import format_at


class BodyDebts:
    """Remembers that the hub went back until the disk has taken note of it."""

    def __init__(self, spool: SpoolWriter) -> None:
        self._spool = spool
        self._lost: dict[str, int] = {}

    def follow(self, loss: HubHasLess) -> list[Output]:
        """The hub has less of a spool than it had."""
        self._spool.hub_has_less(loss.spool, loss.upto_seq)
        self._lost[loss.spool] = min(loss.upto_seq, self._lost.get(loss.spool, loss.upto_seq))
        return self.settle()

    def settle(self) -> list[Output]:
        """Let wait again what was delivered since; tried again until the disk takes it."""
        if not self._lost:
            return []
        try:
            self._spool.deliver_again()
        except SpoolError as error:
            return [NotRecorded(str(error), scans=0)]
        noted = [LossNoted(spool, upto_seq) for spool, upto_seq in self._lost.items()]
        self._lost.clear()
        return [BodiesWait(), *noted]

    def put_away(self, delivered: BodiesDelivered, now: datetime) -> list[Output]:
        """The hub has these; they stay as long as their lines."""
        try:
            self._spool.bodies_delivered(delivered.hashes, format_at(now))
        except SpoolError as error:
            return [NotRecorded(str(error), scans=0)]
        return [BodiesWait()]
