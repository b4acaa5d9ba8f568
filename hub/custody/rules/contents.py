"""What a parcel is in: its bag or pallet, the vehicle or flight around that, or a store. Pure.

A bag's scans speak for what is in it; a parcel whose own label is scanned is in no closed bag.
Source: design section 6, HV-2.4.
"""

from hub.custody.rules.chain import Exit
from hub.custody.rules.records import UNIT_KINDS, Container, Record
from hub.custody.rules.spans import SpanBook
from wire.names import Step

_KEEPING = frozenset({Step.HANDOVER, Step.INSPECT, Step.COUNT, Step.LOAD, Step.DEPART, None})
"""Steps that leave a parcel in what it is in, unless they name something else."""
_TAKING_OFF = frozenset({Step.ARRIVE, Step.UNLOAD})
"""Steps that name a vehicle or bag because the parcel comes out of it."""


class Contents:
    """Follows one parcel into containers and out of them."""

    def __init__(self, book: SpanBook) -> None:
        self._book = book
        self._puts: dict[Container, Record] = {}
        self.exits: list[Exit] = []
        """Where it was seen by itself although it had been put into something right there."""

    @property
    def now(self) -> tuple[Container, ...]:
        """What the parcel is in, from the inside out."""
        current = self._book.current
        return () if current is None else current.where.containers

    def note(self, scan: Record) -> list[Exit]:
        """Look at a scan before it counts, and return what it shows the parcel to be out of."""
        if scan.unit is not None:
            return []
        if scan.step is Step.DEPART:
            # It left itself, whatever it was in.
            self._puts.clear()
        is_put = scan.container is not None and scan.step in (Step.PACK, Step.LOAD)
        puts = [(each, self._puts[each]) for each in self.now if each in self._puts]
        stays_in = () if is_put or not puts else self.after(scan)
        found = [
            Exit(container, put, scan)
            for container, put in puts
            if container not in stays_in and put.site == scan.site
        ]
        self.exits += found
        if is_put and scan.container is not None:
            self._puts[scan.container] = scan
        return found

    def after(self, record: Record) -> tuple[Container, ...]:
        """What the parcel is in after a record."""
        if record.act is not None:
            return self.now
        if record.container is None and record.step in _KEEPING:
            return self._kept(record)
        carrier = None if record.step in _TAKING_OFF else record.container
        return tuple(each for each in (record.unit, carrier) if each is not None)

    def _kept(self, scan: Record) -> tuple[Container, ...]:
        current = self._book.current
        if scan.unit is not None or current is None:
            return self.now
        if current.where.site not in (None, scan.site):
            return ()
        return tuple(each for each in current.where.containers if each.kind not in UNIT_KINDS)
