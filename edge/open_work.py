"""What the station page still has to ask: who signed for which parcel, which searches are open.

A fold over this edge's own lines, so that after a crash the newest ones make it again. Pure.
Source: HV-2.6, HV-2.11.2.
"""

from collections import OrderedDict
from collections.abc import Iterable

from wire.events import Act, ActKind, Event, Scan
from wire.lines import LineError, parse_line
from wire.names import Result, Step

DELIVERIES_MAX = 50
"""Deliveries that wait for their signer; beyond it the oldest is asked for no more (the hub knows
it as a delivery without ID)."""
ANSWERS_MAX = 200
"""Answered searches that are remembered; a site pack holds no more."""


class OpenWork:
    """Deliveries by waybill, oldest first, and the answers given to searches, by incident."""

    def __init__(self) -> None:
        self.deliveries: OrderedDict[str, Scan] = OrderedDict()
        self.answers: OrderedDict[int, bool] = OrderedDict()

    def follow(self, event: Event) -> None:
        """A line is durable; ``event`` is sealed."""
        match event:
            case Scan(step=Step.DELIVER, waybill=str(waybill)) if event.result is not Result.CLEAR:
                self.deliveries.pop(waybill, None)
                self.deliveries[waybill] = event
                _cut(self.deliveries, DELIVERIES_MAX)
            case Act(act=ActKind.DELIVER, waybill=str(waybill)):
                self.deliveries.pop(waybill, None)
            case Act(act=ActKind.SELF_CHECK, incident=int(incident), found=bool(found)):
                self.answers.pop(incident, None)
                self.answers[incident] = found
                _cut(self.answers, ANSWERS_MAX)


def _cut(kept: OrderedDict[str, Scan] | OrderedDict[int, bool], count: int) -> None:
    while len(kept) > count:
        kept.popitem(last=False)


def open_work(lines: Iterable[bytes]) -> OpenWork:
    """What the newest lines of the spool, oldest first, leave to ask."""
    found = OpenWork()
    for line in lines:
        try:
            event = parse_line(line)
        except LineError:
            continue
        found.follow(event)
    return found
