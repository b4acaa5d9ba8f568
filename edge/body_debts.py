"""Which private bodies the hub has, and which it needs again because it was restored.

Part of the station's core: no thread, no I/O of its own. Source: docs/adr/0035.
"""

from datetime import datetime

from edge.seams import SpoolError, SpoolWriter
from edge.station_events import BodiesDelivered, BodiesWait, NotRecorded, Output, Receipted
from wire.names import format_at


class BodyDebts:
    """Remembers that the hub went back until the disk has taken note of it."""

    def __init__(self, spool: SpoolWriter) -> None:
        self._spool = spool
        self._went_back = False

    def follow(self, receipt: Receipted) -> list[Output]:
        """The hub says how far it has a spool; less than it had: it was restored."""
        if self._spool.mark_receipted(receipt.spool, receipt.upto_seq):
            # Its lines go again by themselves.
            self._went_back = True
        return self.settle()

    def settle(self) -> list[Output]:
        """Let wait again what was delivered since; tried again until the disk takes it."""
        if not self._went_back:
            return []
        try:
            self._spool.deliver_again()
        except SpoolError as error:
            return [NotRecorded(str(error), scans=0)]
        self._went_back = False
        return [BodiesWait()]

    def put_away(self, delivered: BodiesDelivered, now: datetime) -> list[Output]:
        """The hub has these; they stay as long as their lines."""
        try:
            self._spool.bodies_delivered(delivered.hashes, format_at(now))
        except SpoolError as error:
            return [NotRecorded(str(error), scans=0)]
        return [BodiesWait()]
