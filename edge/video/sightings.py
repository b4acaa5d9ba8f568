"""Which readings of labels are sightings: a waybill that two frames showed. Pure.

A misread is worse than a miss, so one frame says nothing. A passage is told at its second reading
and not at its end: what is told outlives a kill. Source: design sections 6 and 8.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

PASSAGES_MAX = 256
"""Waybills that are followed at once; beyond them the one that was read longest ago is forgotten
and would be told anew. One picture holds at most 32 labels."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Waybill ``waybill`` was in view from ``since_s`` to ``at_s``, of the pictures' clock."""

    waybill: str
    since_s: float
    at_s: float


@dataclass(slots=True)
class _Passage:
    first_s: float
    last_s: float
    is_told: bool = False


class Passages:
    """What one camera has in view. Not for sharing between threads."""

    def __init__(self) -> None:
        self._passages: OrderedDict[str, _Passage] = OrderedDict()
        """By waybill, the one that was read longest ago first."""

    def read(self, waybills: Iterable[str], at_s: float, apart_s: float) -> list[Sighting]:
        """Take what one frame showed.

        Args:
            waybills: what was read in it, in any order.
            at_s: when it was taken; never earlier than the frame before.
            apart_s: out of view for so long, a waybill begins a new passage.

        Returns:
            One sighting for each passage, with the second frame that shows it.
        """
        told = []
        for waybill in sorted(set(waybills)):
            passage = self._passages.pop(waybill, None)
            if passage is None or at_s - passage.last_s >= apart_s:
                passage = _Passage(at_s, at_s)
            elif not passage.is_told:
                passage.is_told = True
                told.append(Sighting(waybill, passage.first_s, at_s))
            passage.last_s = at_s
            self._passages[waybill] = passage
        while len(self._passages) > PASSAGES_MAX:
            self._passages.popitem(last=False)
        return told
