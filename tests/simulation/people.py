"""The people of a simulated site: what they scan, what they do when a scanner keeps quiet.

A person pulls the trigger, listens, and scans again where it was told "not recorded" or nothing;
after some tries the parcel goes on paper. Twice in a hundred a trigger is pulled double.
"""

import random
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from edge.forms import DeliverForm, ExceptionForm
from edge.station_events import Answer
from tests.simulation.edge_machine import DEVICES, EdgeMachine
from tests.simulation.edge_truth import SIGNAL_OF
from tests.simulation.world import SECOND, Alarm, World
from wire.names import ExceptionReason, Signal, Step

PATIENCE_MS = 3 * SECOND
TRIES_MAX = 6
PARCELS = 56
HIGH_VALUE = 8
BADGES = ("g1v3r", "r3c31v3r", "n1ght", "d4y")
STRANGE = ("http://example.com/?q=1", "4006381333931", "CX:STEP:nonsense", "HELLO")


def parcels(rng: random.Random) -> list[str]:
    """A day's waybills; the first are of the high-value series."""
    high = [f"103{rng.randrange(10**9):09d}" for _ in range(HIGH_VALUE)]
    return high + [f"755{rng.randrange(10**9):09d}" for _ in range(PARCELS - HIGH_VALUE)]


@dataclass
class Person:
    """Whoever holds one scanner."""

    world: World
    machine: EdgeMachine
    device: str
    pulls: Counter[str] = field(default_factory=Counter)
    """Triggers pulled, by code."""

    def __post_init__(self) -> None:
        self._codes: deque[str] = deque()
        self._tries = 0
        self._pull_no = 0
        self._is_waiting = False
        self._gap_ms = (320, 900)
        self._arm = Alarm(self.world, self._pull)

    @property
    def is_idle(self) -> bool:
        """Say whether nothing is left to scan."""
        return not self._codes

    def work(self, codes: Iterable[str]) -> None:
        """Scan these after what is still to be scanned."""
        self._codes.extend(codes)
        if not self._is_waiting:
            self._arm.set(0)

    def hurry(self) -> None:
        """From now on ten times as fast."""
        self._gap_ms = (310, 400)

    def go_home(self) -> None:
        """What is left is left."""
        self._codes.clear()
        self._gap_ms = (320, 900)

    def _pull(self) -> None:
        if not self._codes or self._is_waiting:
            return
        self._pull_no += 1
        self._tries += 1
        self._is_waiting = True
        number, code, rng = self._pull_no, self._codes[0], self.world.rng
        self._trigger(code)
        if self.world.chance(0.02):
            self.world.after(rng.randrange(60, 250), lambda: self._trigger(code))
        self.world.after(PATIENCE_MS, lambda: self._give_up(number))

    def _trigger(self, code: str) -> None:
        data = f"]C0{code}\r".encode()
        self.pulls[code] += 1
        cut = self.world.rng.randrange(1, len(data)) if self.world.chance(0.1) else len(data)
        self.machine.feed(self.device, data[:cut])
        if cut < len(data):
            rest = data[cut:]
            self.world.after(5, lambda: self.machine.feed(self.device, rest))

    def hear(self, signal: Signal) -> None:
        """The scanner sounds."""
        if self._is_waiting:
            self._is_waiting = False
            if signal is Signal.NOT_RECORDED:
                self._again()
            else:
                self._next()

    def _give_up(self, number: int) -> None:
        if self._is_waiting and number == self._pull_no:
            self._is_waiting = False
            self._again()

    def _again(self) -> None:
        if self._tries >= TRIES_MAX:
            self._next()
        else:
            self._arm.set(self.world.rng.randrange(SECOND, 5 * SECOND))

    def _next(self) -> None:
        self._tries = 0
        if self._codes:
            self._codes.popleft()
        self._arm.set(self.world.rng.randrange(*self._gap_ms))


class Team:
    """Everybody at one edge."""

    def __init__(self, world: World, machine: EdgeMachine, waybills: Sequence[str]) -> None:
        self.world, self.machine, self.waybills = world, machine, list(waybills)
        self.people = {device: Person(world, machine, device) for device in DEVICES}
        self.signed: list[str] = []
        machine.on_tone = self._hear

    def _hear(self, answer: Answer) -> None:
        self.people[answer.device].hear(SIGNAL_OF[answer.data])

    def shift(self, from_ms: int, to_ms: int, rounds: Sequence[Sequence[str]]) -> None:
        """Spread rounds of scanning over a shift, and both scanners."""
        rng = self.world.rng
        for n, codes in enumerate(rounds):
            person = self.people[DEVICES[n % len(DEVICES)]]
            at_ms = from_ms + (to_ms - from_ms) * n // len(rounds) + rng.randrange(30 * SECOND)
            self.world.at(at_ms, lambda person=person, codes=codes: person.work(codes))
        for person in self.people.values():
            self.world.at(to_ms, person.go_home)

    def morning(self) -> list[list[str]]:
        """What comes in is sorted, and goes out for delivery."""
        return [
            *self._rounds(Step.ARRIVE, 4, ("CX:PLACE:dock1",)),
            *self._rounds(Step.SORT, 3),
            *self._rounds(Step.OUT_FOR_DELIVERY, 3),
        ]

    def evening(self) -> list[list[str]]:
        """What was collected is accepted, packed, handed over and loaded; some is delivered."""
        return [
            *self._rounds(Step.DELIVER, 2),
            *self._rounds(Step.ACCEPT, 4),
            *self._rounds(Step.PACK, 3, ("CX:BAG:B-1",)),
            *self._handovers(2),
            *self._rounds(Step.LOAD, 2, ("CX:VEH:V-1",)),
        ]

    def _rounds(self, step: Step, count: int, labels: tuple[str, ...] = ()) -> list[list[str]]:
        rng = self.world.rng
        found = []
        for _ in range(count):
            badge = rng.choice(BADGES)
            codes = rng.sample(self.waybills, rng.randrange(4, 12))
            if rng.random() < 0.3:
                codes.insert(rng.randrange(len(codes)), rng.choice(STRANGE))
            end = ("CX:END",) if rng.random() < 0.7 else ()
            found.append([f"CX:BY:{badge}", f"CX:STEP:{step}", *labels, *codes, *end])
        return found

    def _handovers(self, count: int) -> list[list[str]]:
        rng = self.world.rng
        found = []
        for _ in range(count):
            giver, receiver = rng.sample(BADGES, 2)
            codes = rng.sample(self.waybills, rng.randrange(2, 6))
            begin = [f"CX:BY:{giver}", f"CX:STEP:{Step.HANDOVER}"]
            found.append([*begin, *codes, "CX:SEAL:S1", f"CX:BY:{receiver}", "CX:END"])
        return found

    def type_something(self) -> None:
        """Somebody fills in a form on the page."""
        rng = self.world.rng
        key, waybill = rng.randbytes(16).hex(), rng.choice(self.waybills)
        if rng.random() < 0.5:
            self.machine.fill_in(
                DeliverForm(key=key, waybill=waybill, signer_name="李强", signer_id="4403")
            )
            return
        self.machine.fill_in(
            ExceptionForm(
                key=key,
                device=DEVICES[0],
                waybill=waybill,
                reason=rng.choice(list(ExceptionReason)),
                note="wet",
            )
        )
