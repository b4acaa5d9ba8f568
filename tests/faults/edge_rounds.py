"""The real edge in a real house, ended or failed at every step of a scan's way.

The simulated scanner's own log says what the person was told; the hub's table says what is true.
"""

import base64
import json
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from edge.failpoints import Action, FailPoint
from simulators.simulated_scanner import SimulatedScanner
from tests.faults.footage_faults import Figures
from tests.faults.hub_rounds import hits_in
from tests.rig.house import DEVICE, House, open_house, plugged_scanner, scan
from tests.rig.programs import Edge, Hub, running, wait_until
from wire.events import Event, Feedback, Scan
from wire.lines import parse_line

ELSEWHERE = frozenset(
    {
        FailPoint.BEFORE_CHANGE_OVER,
        FailPoint.AFTER_CHANGE_OVER,
        FailPoint.BEFORE_LOSS,
        FailPoint.AFTER_LOSS,
    }
)
"""A new spool needs 2,000 lines without a receipt, a loss a hub that was restored: forked lives
go through these."""
POINTS = tuple(point for point in FailPoint if point not in ELSEWHERE)
ENDS_THE_STATION = (
    FailPoint.READ,
    FailPoint.BEFORE_TONE,
    FailPoint.AFTER_TONE,
    FailPoint.BEFORE_RECEIPT,
    FailPoint.AFTER_RECEIPT,
)
"""What the core knows and what the disk holds may differ after a failure there: it restarts."""
SURVIVED = tuple(point for point in POINTS if point not in ENDS_THE_STATION)
ONCE_A_LIFE = frozenset(
    {
        FailPoint.BEFORE_LIST,
        FailPoint.AFTER_LIST,
        FailPoint.BEFORE_BODIES,
        FailPoint.AFTER_BODIES,
    }
)
"""What passes there is brought once in each life for sure."""
SCANS_PER_LIFE = 8
BETWEEN_SCANS_S = 0.04
FIRST_CODE = 755_200_000_000
STATION_CODE = 756_200_000_000
EXIT_FAILED = 1


@dataclass
class Station:
    """An edge with its scanner, and that scanner's log."""

    edge: Edge
    scanner: SimulatedScanner
    pulls: Path

    def answered(self) -> list[str]:
        """The codes that the scanner's log says were answered with anything but not_recorded."""
        records = [json.loads(line) for line in self.pulls.read_text().splitlines()]
        told = [r for r in records if r["answer"] not in (None, "not_recorded")]
        return [bytes.fromhex(record["code_hex"]).decode() for record in told]


@dataclass
class EdgeRounds:
    """Ends one edge's lives one after the other; beside it another lives through every failure."""

    house: House
    rng: random.Random
    ended: Station
    failing: Station
    number: int = 0
    ends: Counter[str] = field(default_factory=Counter)

    def end_at(self, point: FailPoint, action: Action) -> None:
        """Start the edge with an armed fail-point and scan until it has ended there.

        A start commits, publishes and is receipted too, so the first passing is not a scan's.
        """
        hit = 1 if point in ONCE_A_LIFE else self.rng.randint(2, 5)
        self._bring_list()
        edge = self.ended.edge
        edge.env["CUSTOS_FAIL_POINT"] = armed = f"{point}:{hit}:{action}"
        edge.launch()
        process = edge.process
        assert process is not None
        wait_until(
            lambda: process.poll() is not None or self.ended.scanner.wait_host(0.0),
            "the edge opens its port, or dies on the way",
        )
        for number in range(SCANS_PER_LIFE):
            if process.poll() is not None:
                break
            self._pull(self.ended, FIRST_CODE, number)
        wait_until(lambda: process.poll() is not None, f"the edge ends at {armed}", 15)
        expected = -signal.SIGKILL if action is Action.KILL else EXIT_FAILED
        assert process.returncode == expected, f"{armed}: {process.returncode}\n{edge.tail()}"
        edge.process = None
        self.ends[str(action)] += 1

    def _bring_list(self) -> None:
        order = {"result": "wanted", "reason": "fault"}
        status, body = self.house.hub.call("PUT", f"wanted/7580{self.ends.total():08d}", order)
        assert status == 201, body

    def _pull(self, station: Station, first: int, number: int) -> None:
        """One scan; every third is of something that has a private body."""
        self.number += 1
        code = f"note-{self.number}" if number % 3 == 2 else str(first + self.number)
        scan(station.scanner, code, timeout_s=1.0)
        # Longer than the publisher's linger: each scan is a batch with a receipt of its own.
        time.sleep(BETWEEN_SCANS_S)

    def pull_beside(self) -> None:
        """One scan at the edge that fails and lives on."""
        self._pull(self.failing, STATION_CODE, self.number)

    def check(self) -> Figures:
        """Start both once more, unharmed: what was told is at the hub, once and in its order."""
        for station in (self.ended, self.failing):
            if station.edge.process is not None:
                assert station.edge.stop() == 0
            station.edge.env.pop("CUSTOS_FAIL_POINT")
            station.edge.start()
        return {**self.ends, **check_told(self.house.hub, (self.ended, self.failing))}


def check_told(hub: Hub, stations: Sequence[Station], timeout_s: float = 60) -> Figures:
    """Whatever a scanner was told to be recorded is at the hub, once and in its order."""
    answered = {code for each in stations for code in each.answered()}
    for station in stations:
        wait_until(lambda edge=station.edge: edge.depth() == 0, "all is receipted", timeout_s)  # type: ignore[misc]
    stored = [base64.b64decode(item["line_b64"]) for item in hub.events("")]
    events = sorted(map(parse_line, stored), key=lambda e: (e.edge, e.spool, e.seq))
    check_order(events)
    scans = Counter(event.waybill for event in events if isinstance(event, Scan))
    assert [code for code in answered if code.isdecimal() and scans[code] != 1] == []
    hits = sum((hits_in(each.edge.log) for each in stations), Counter[str]())
    return {"answered": len(answered), "lines": len(events), "hits": dict(hits)}


def check_order(events: list[Event]) -> None:
    """No place is empty or taken twice, scans stand as they were pulled, a tone is told once."""
    last: dict[tuple[str, str], int] = {}
    codes: dict[str, int] = {}
    toned: set[tuple[str, str, int]] = set()
    for event in events:
        place = (event.edge, event.spool)
        assert event.seq == last.get(place, 0) + 1
        last[place] = event.seq
        if isinstance(event, Scan) and event.waybill is not None:
            assert int(event.waybill) > codes.get(event.edge, 0)
            codes[event.edge] = int(event.waybill)
        if isinstance(event, Feedback):
            assert (*place, event.of_seq) not in toned
            toned.add((*place, event.of_seq))


@contextmanager
def open_rounds(folder: Path, rng: random.Random) -> Iterator[EdgeRounds]:
    """A house with two edges: one that is ended, and one at which everything fails once."""
    (folder / "beside").mkdir()
    with open_house(folder) as house, plugged_scanner(folder / "beside") as scanner:
        house.edge.stop()
        device = {DEVICE: (scanner.cable.url, "honeywell")}
        beside = Edge(folder, house.hub, house.broker.url, device, name="beside")
        faults = [f"{point}:{1 + n}:fail" for n, point in enumerate(SURVIVED[:2])]
        faults += [f"{point}:1:fail" for point in SURVIVED[2:]]
        beside.env["CUSTOS_FAIL_POINT"] = ",".join(faults)
        with running(beside):
            beside.wait_scanners()
            ended = Station(house.edge, house.scanner, house.pulls)
            failing = Station(beside, scanner, folder / "beside" / "pulls.jsonl")
            yield EdgeRounds(house, rng, ended, failing)


def play_edge_rounds(folder: Path, rng: random.Random, kills: int) -> Figures:
    """So many kills through all places, and each failure once; the hits of each place."""
    with open_rounds(folder, rng) as rounds:
        places = [(POINTS[n % len(POINTS)], Action.KILL) for n in range(kills)]
        places += [(point, Action.FAIL) for point in ENDS_THE_STATION]
        rng.shuffle(places)
        for point, action in places:
            rounds.end_at(point, action)
            rounds.pull_beside()
        log = rounds.failing.edge.log
        wait_until(
            lambda: rounds.pull_beside() or len(hits_in(log)) == len(SURVIVED),  # type: ignore[func-returns-value]
            "everything has failed once beside",
            30,
        )
        figures = rounds.check()
    assert set(figures["hits"]) == set(POINTS), "a place was never reached"
    return figures
