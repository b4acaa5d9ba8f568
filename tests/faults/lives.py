"""Lives of a forked recorder that end by SIGKILL: ``python -m tests.faults.lives``.

A program of its own, because pytest's process may have threads, and a fork of such a process can
hang. It reads orders, one JSON line each, and answers what was acknowledged before the end.
"""

import json
import os
import select
import signal
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from edge.failpoints import parse_fail_points
from edge.seams import SpoolError
from edge.spool import Spool
from tests.faults.answering import answering
from tests.faults.spooling import BODY, DELIVERED_AT, SPOOL_ID, body_hash, scan, station
from wire.events import StationFact

SCANS_PER_LIFE_MAX = 30
ANSWER_S_MAX = 10
_ACK = struct.Struct("<Q")

SCANS_PER_SPOOL = 4


class Live(Protocol):
    """One life of a recorder, with a spool at a path."""

    def __call__(
        self, recorder: str, path: Path, first: int, acks_before_kill: int, points: str = ...
    ) -> list[int]:
        """Let it record from a number on, to so many acknowledgements or an armed fail-point."""


def _record(spool: Spool, acknowledgements: int, first: int) -> None:
    """What the edge does: an acknowledgement follows a commit."""
    for number in range(first, first + SCANS_PER_LIFE_MAX):
        spool.append([scan(number)], {}, {})
        os.write(acknowledgements, _ACK.pack(number))


def _record_too_early(spool: Spool, acknowledgements: int, first: int) -> None:
    """The mutant: tone first, commit after; it dies between the two at its last scan."""
    for number in range(first, first + SCANS_PER_LIFE_MAX):
        os.write(acknowledgements, _ACK.pack(number))
        if number == first + SCANS_PER_LIFE_MAX // 2:
            os.kill(os.getpid(), signal.SIGKILL)
        spool.append([scan(number)], {}, {})


def _record_without_end(spool: Spool, acknowledgements: int, first: int) -> None:
    """Acknowledges the numbers that the spool itself gives, until it is killed."""
    del first
    while True:
        (sealed,) = spool.append([scan(spool.head_seq)], {}, {})
        os.write(acknowledgements, _ACK.pack(sealed.seq))


def _change_over(spool: Spool, acknowledgements: int, first: int) -> None:
    """Begins a new spool after every few scans, and goes on from a disk that refuses it."""
    for number in range(first, first + SCANS_PER_LIFE_MAX):
        spool.append([scan(number)], {}, {})
        os.write(acknowledgements, _ACK.pack(number))
        if number % SCANS_PER_SPOOL == 0:
            end, start = station(StationFact.SPOOL_END), station(StationFact.SPOOL_START)
            with suppress(SpoolError):
                spool.change_over(f"{number + 1:032x}", [end], start, {})


def _lose(spool: Spool, acknowledgements: int, first: int) -> None:
    """Delivers each body at once; a hub that had all of it is restored to nothing now and then.

    What it acknowledges is that the disk knows: the bodies up to this scan are owed again.
    """
    for number in range(first, first + SCANS_PER_LIFE_MAX):
        spool.append([scan(number)], {body_hash(number): BODY}, {})
        spool.bodies_delivered([body_hash(number)], DELIVERED_AT)
        spool.mark_receipted(SPOOL_ID, spool.head_seq)
        if number % SCANS_PER_SPOOL == 0:
            spool.hub_has_less(SPOOL_ID, 0)
            with suppress(SpoolError):
                spool.deliver_again()
                os.write(acknowledgements, _ACK.pack(number))
    os.close(acknowledgements)  # fewer than anybody may wait for


RECORDERS = {
    "honest": _record,
    "too early": _record_too_early,
    "without end": _record_without_end,
    "changing over": _change_over,
    "restored hub": _lose,
}


def _live(
    recorder: str, path: str, first: int, acks_before_kill: int, points: str | None = None
) -> list[int]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            faults = parse_fail_points(points)
            RECORDERS[recorder](Spool(Path(path), SPOOL_ID, fail_points=faults), writing, first)
            signal.pause()
        finally:
            os._exit(1)
    os.close(writing)
    data = b""
    try:
        while len(data) < acks_before_kill * _ACK.size:
            select.select([reading], [], [], ANSWER_S_MAX)
            chunk = os.read(reading, _ACK.size)
            if not chunk:
                break
            data += chunk
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while chunk := os.read(reading, 4096):
            data += chunk
    finally:
        os.close(reading)
    return [number for (number,) in _ACK.iter_unpack(data)]


@contextmanager
def lives(log: Path | None = None) -> Iterator[Live]:
    """The program above, to be asked for one life after the other; what it says goes to ``log``."""
    with answering("tests.faults.lives", log=log) as ask:

        def live(
            recorder: str,
            path: Path,
            first: int,
            acks_before_kill: int,
            points: str | None = None,
        ) -> list[int]:
            found: list[int] = ask([recorder, str(path), first, acks_before_kill, points])
            return found

        yield live


def main() -> None:
    """Answer each order until there are none."""
    for order in sys.stdin:
        print(json.dumps(_live(*json.loads(order))), flush=True)


if __name__ == "__main__":
    main()
