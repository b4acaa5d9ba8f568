"""Signed batches of a carrier's edges, made before they are measured: ``python -m bench.batches``.

Parcels go from edge to edge, six scans each, 2 % of them high value; every line is sealed, every
batch signed by its edge's own key, as a real edge does. One process makes one file; two files are
two halves of the edges with parcels of their own.
"""

import random
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ledger.keys import SigningKey
from tests.hub_parts import SigningEdge
from wire.names import Result, Step, format_at

WAY = (
    Step.ACCEPT,
    Step.DEPART,
    Step.ARRIVE,
    Step.DEPART,
    Step.ARRIVE,
    Step.OUT_FOR_DELIVERY,
)
HIGH_VALUE_RATIO = 0.02
KNOWN_RATIO = 0.85
"""Of the scans of an edge that has parcels: so many are of those, the others of new ones."""
SERIES = {True: "103", False: "755"}
_HEAD = struct.Struct("<HHI16sI")


@dataclass(frozen=True, slots=True)
class Made:
    """A signed batch; ``fresh`` is a high-value waybill that it scans for the first time."""

    edge: int
    events: int
    first_seq: int
    fresh: str | None
    payload: bytes


def site_of(edge: int) -> str:
    """The site at which an edge stands; each has one, named ``dock``."""
    return f"S{edge:03d}"


def pen_of(edge: int) -> SigningEdge:
    """An edge that signs; always the same for the same number."""
    key = SigningKey((edge + 1).to_bytes(32, "big"))
    return SigningEdge(site=site_of(edge), key=key, spool=f"{edge + 1:032x}")


def read_batches(paths: list[Path]) -> Iterator[Made]:
    """The batches of some files in their order, one of each file in turn."""
    files = [path.open("rb") for path in paths]
    try:
        while files:
            for file in list(files):
                head = file.read(_HEAD.size)
                if not head:
                    files.remove(file)
                    file.close()
                    continue
                edge, events, first_seq, fresh, size = _HEAD.unpack(head)
                name = fresh.rstrip(b"\0").decode() or None
                yield Made(edge, events, first_seq, name, file.read(size))
    finally:
        for file in files:
            file.close()


def make_batches(folder: Path, events: int, edges: int, size: int) -> list[Path]:
    """Make them in two processes; return the files."""
    began_s, halves = time.monotonic(), []
    for half in range(2):
        path = folder / f"batches-{size}-{half}.bin"
        first, last = half * edges // 2, (half + 1) * edges // 2
        order = [str(each) for each in (path, events // 2, first, last, size)]
        halves.append((path, subprocess.Popen([sys.executable, "-m", "bench.batches", *order])))
    for path, process in halves:
        assert process.wait() == 0, path
    paths = [path for path, _ in halves]
    mib = sum(path.stat().st_size for path in paths) / 2**20
    took_s = time.monotonic() - began_s
    print(f"{events:,} events in batches of {size} made in {took_s:.0f} s: {mib:,.0f} MiB")
    return paths


class _Carrier:
    """Parcels on their way between some edges."""

    def __init__(self, first: int, last: int) -> None:
        self._rng = random.Random(first)
        self._pens = {edge: pen_of(edge) for edge in range(first, last)}
        self._waiting: dict[int, list[tuple[str, int]]] = {edge: [] for edge in self._pens}
        self._parcels = first * 10_000_000
        self._at = datetime.now(UTC)

    def batch(self, edge: int, size: int) -> Made:
        """The next scans of an edge."""
        pen, fresh = self._pens[edge], None
        lines = []
        for _ in range(size):
            waybill, nth = self._next(edge)
            is_high = waybill.startswith(SERIES[True])
            fresh = waybill if is_high and nth == 0 else fresh
            self._at += timedelta(milliseconds=1)
            scan = pen.scan(
                waybill,
                code_hex=waybill.encode().hex(),
                text=waybill,
                at=format_at(self._at),
                step=WAY[nth],
                container=None,
                container_kind=None,
                result=Result.HV if is_high else Result.CLEAR,
            )
            lines.append(pen.line(scan))
            self._send_on(edge, waybill, nth + 1)
        first_seq = pen.seq - size + 1
        return Made(edge, size, first_seq, fresh, pen.batch(lines))

    def _next(self, edge: int) -> tuple[str, int]:
        waiting = self._waiting[edge]
        if waiting and self._rng.random() < KNOWN_RATIO:
            place = self._rng.randrange(len(waiting))
            waiting[place], waiting[-1] = waiting[-1], waiting[place]
            return waiting.pop()
        self._parcels += 1
        series = SERIES[self._rng.random() < HIGH_VALUE_RATIO]
        return f"{series}{self._parcels:09d}", 0

    def _send_on(self, edge: int, waybill: str, nth: int) -> None:
        if nth < len(WAY):
            there = edge if nth % 2 else self._rng.choice(list(self._pens))
            self._waiting[there].append((waybill, nth))


def main() -> None:
    """``python -m bench.batches FILE EVENTS FIRST_EDGE LAST_EDGE SIZE``."""
    path = Path(sys.argv[1])
    events, first, last, size = map(int, sys.argv[2:])
    carrier = _Carrier(first, last)
    with path.open("wb") as file:
        for nth in range(-(-events // size)):
            made = carrier.batch(first + nth % (last - first), size)
            fresh = (made.fresh or "").encode()
            head = (made.edge, made.events, made.first_seq, fresh, len(made.payload))
            file.write(_HEAD.pack(*head) + made.payload)


if __name__ == "__main__":
    main()
