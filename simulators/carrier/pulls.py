"""Scanner pulls, typed entries and REST calls: all that the simulated carrier does outside.

Pure. ``ScanBook`` writes a piece of work the way people do it: badge, step, place, container,
then the labels one by one, then ``CX:END``. A scan may be skipped; the work behind it is done all
the same. Source: interface.md ("Labels").
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from simulators.carrier.noise import Rates
from simulators.carrier.world import World
from wire.names import Step

EDGE, HALL_EDGE = "dock", "hall"
HALL_DEVICES = frozenset({"out-1", "sort-1"})
"""At a level-1 hub these hang on an edge of their own."""
PAUSES = tuple(timedelta(milliseconds=ms) for ms in range(1_000, 3_500, 9))
"""Between two pulls."""
PULL_MAX = timedelta(seconds=3.5)
LABELS_AROUND = 6
"""Labels that open and end a piece of work, at most."""
AFTER_SHIFT = timedelta(seconds=20)
"""A shift's end ends the sessions of its site, so nobody begins what would not be done by then."""
MS = timedelta(milliseconds=1)
NO_SKIP_STEPS = frozenset({Step.ACCEPT, Step.DELIVER, Step.INSPECT, Step.COUNT})


class Pull(NamedTuple):
    """One trigger pull: this label at this device."""

    at: datetime
    site: str
    edge: str
    device: str
    code: str


class Typed(NamedTuple):
    """What somebody typed on the station page; ``act`` is deliver or exception."""

    at: datetime
    site: str
    edge: str
    device: str
    act: str
    waybill: str
    text: str


class Call(NamedTuple):
    """A REST call under /api/v1 with its JSON body."""

    at: datetime
    method: str
    path: str
    body: dict[str, object] | None


Doing = Pull | Typed | Call


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of work at one device, done under one badge.

    ``container`` is a whole label (``CX:VEH:…``); ``receiver`` a badge that takes over at the end;
    ``sure`` work is scanned whole.
    """

    site: str
    device: str
    by: str
    step: Step
    place: str | None = None
    container: str | None = None
    receiver: str | None = None
    sure: bool = False


class Scanned(NamedTuple):
    """When a label's turn came, and whether it was scanned then."""

    at: datetime
    told: bool


@dataclass(slots=True)
class ScanBook:
    """Everything that was scanned, typed and called so far, unsorted."""

    world: World
    rng: random.Random
    rates: Rates
    devices: Mapping[str, str] = field(default_factory=dict)
    """Where one scanner does the work of several: its name by theirs."""
    clock_slack: timedelta = timedelta()
    """How far apart the clocks of who works may be from the shifts'."""
    doings: list[Doing] = field(default_factory=list)
    turns: int = 0
    """How often a label's turn came; ``skipped`` of them were not scanned."""
    skipped: int = 0
    _free_at: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def write(
        self, work: Work, at: datetime, labels: Sequence[str], after: dict[str, str] | None = None
    ) -> tuple[list[Scanned], datetime]:
        """Do a piece of work, at the earliest when its device is free.

        Args:
            work: who does what where.
            at: when it could begin.
            labels: what is scanned, in this order.
            after: further labels scanned right behind single ones (a seal, a refusal).

        Returns:
            Each label's turn, and the end of the work.
        """
        desk = (work.site, self.devices.get(work.device, work.device))
        start = self.ready_at(work.site, work.device, at, len(labels))
        pulls: list[Pull] = []
        turns: list[Scanned] = []
        moment = self._pull_all(pulls, work, start, _opening(work))
        is_dark = self.rates.is_dark(work.site, start)
        for label in labels:
            told = not is_dark and (work.sure or not self._skips(work, start))
            turns.append(Scanned(moment, told))
            if not told:
                moment = self._next(moment)
                continue
            extra = (after or {}).get(label)
            moment = self._pull_all(pulls, work, moment, [label, extra] if extra else [label])
        last = [f"CX:BY:{work.receiver}"] if work.receiver else []
        end = self._pull_all(pulls, work, moment, [*last, "CX:END"])
        is_dark = is_dark or self.rates.is_dark(work.site, end)
        if is_dark:
            turns = [Scanned(turn.at, told=False) for turn in turns]
        elif any(turn.told for turn in turns):
            self.doings += pulls
        self.turns += len(turns)
        self.skipped += sum(not turn.told for turn in turns)
        self._free_at[desk] = self._next(end)
        return turns, pulls[-1].at

    def ready_at(self, site: str, device: str, at: datetime, labels: int) -> datetime:
        """When a device can be used for so many labels in one go, at the earliest ``at``."""
        desk = (site, self.devices.get(device, device))
        return self._start(site, max(at, self._free_at.get(desk, at)), labels)

    def _start(self, site: str, at: datetime, labels: int) -> datetime:
        length = PULL_MAX * (labels + LABELS_AROUND) + self.clock_slack
        end = self.world.next_shift_end(site, at - self.clock_slack)
        return end + AFTER_SHIFT + self.clock_slack if end <= at + length else at

    def type(self, at: datetime, site: str, device: str, act: str, waybill: str, text: str) -> None:
        """Somebody types on the station page."""
        if not self.rates.is_dark(site, at):
            edge, device = edge_of(site, device), self.devices.get(device, device)
            self.doings.append(Typed(at, site, edge, device, act, waybill, text))

    def call(self, at: datetime, method: str, path: str, body: dict[str, object] | None) -> None:
        """The carrier's own systems call the hub."""
        self.doings.append(Call(at, method, path, body))

    def manifest(
        self, at: datetime, id_: str, kind: str, way: tuple[str, str], waybills: list[str]
    ) -> None:
        """Who made up a bag, a vehicle or a flight tells what it should hold."""
        body: dict[str, object] = {"kind": kind, "from": way[0], "to": way[1]}
        self.call(at, "PUT", f"manifests/{id_}", {**body, "waybills": waybills})

    def _skips(self, work: Work, at: datetime) -> bool:
        if work.step in NO_SKIP_STEPS:
            return False
        is_pack = work.step is Step.PACK
        share = self.rates.pack_skip if is_pack else self.rates.skip_at(work.site, work.device, at)
        return self.rng.random() < share

    def _pull_all(
        self, pulls: list[Pull], work: Work, moment: datetime, codes: Sequence[str]
    ) -> datetime:
        edge = edge_of(work.site, work.device)
        device = self.devices.get(work.device, work.device)
        for code in codes:
            pulls.append(Pull(moment, work.site, edge, device, code))
            moment = self._next(moment)
        return moment

    def _next(self, moment: datetime) -> datetime:
        return moment + PAUSES[int(self.rng.random() * len(PAUSES))]


def edge_of(site: str, device: str) -> str:
    """Which edge of a site a device hangs on."""
    return HALL_EDGE if site[3] == "W" and device in HALL_DEVICES else EDGE


def _opening(work: Work) -> list[str]:
    labels = [f"CX:BY:{work.by}", f"CX:STEP:{work.step.value}"]
    if work.place is not None:
        labels.append(f"CX:PLACE:{work.place}")
    if work.container is not None:
        labels.append(work.container)
    return labels
