"""SIGKILL of a process that records, 1,000 times: what it said was recorded is there (P1).

kill -9 alone cannot lose what the kernel holds (facts: test costs), so the mutant that
acknowledges before the commit is killed at a fail-point between the two: it must be caught.
"""

import os
import random
import select
import signal
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.spool import Spool
from tests.faults.spooling import SPOOL_ID, scan, waybills

KILLS = 1_000
MUTANT_KILLS = 20
SCANS_PER_LIFE_MAX = 30
_ACK = struct.Struct("<Q")


def _record(path: Path, acknowledgements: int, first: int) -> None:
    """What the edge does: an acknowledgement follows a commit."""
    spool = Spool(path, SPOOL_ID)
    for number in range(first, first + SCANS_PER_LIFE_MAX):
        spool.append([scan(number)], {}, {})
        os.write(acknowledgements, _ACK.pack(number))


def _record_too_early(path: Path, acknowledgements: int, first: int) -> None:
    """The mutant: tone first, commit after; it dies between the two at its last scan."""
    spool = Spool(path, SPOOL_ID)
    for number in range(first, first + SCANS_PER_LIFE_MAX):
        os.write(acknowledgements, _ACK.pack(number))
        if number == first + SCANS_PER_LIFE_MAX // 2:
            os.kill(os.getpid(), signal.SIGKILL)
        spool.append([scan(number)], {}, {})


def _life(
    record: Callable[[Path, int, int], None], path: Path, first: int, acks_before_kill: int
) -> list[str]:
    """One life of a forked recorder, killed after so many acknowledgements; what it promised."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            record(path, writing, first)
            signal.pause()
        finally:
            os._exit(1)
    os.close(writing)
    data = b""
    try:
        while len(data) < acks_before_kill * _ACK.size:
            select.select([reading], [], [], 10)
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
    return [f"{755000000000 + number}" for (number,) in _ACK.iter_unpack(data)]


@pytest.mark.timeout(180)
def test_a_thousand_kills_lose_no_acknowledged_scan(tmp_path: Path) -> None:
    rng = random.Random(20261122)
    first, promised, lives = 0, list[str](), 0
    path = tmp_path / "spool.sqlite"
    for kill in range(KILLS):
        promised += _life(_record, path, first, rng.randrange(1, 8))
        first += SCANS_PER_LIFE_MAX
        lives += 1
        if kill % 100 == 99:
            kept = waybills(path)
            assert set(promised) <= set(kept)
            assert len(set(kept)) == len(kept)
            path = tmp_path / f"spool-{kill}.sqlite"
            promised = []
    assert lives == KILLS


def test_a_mutant_that_acknowledges_before_the_commit_is_caught(tmp_path: Path) -> None:
    caught = 0
    for kill in range(MUTANT_KILLS):
        path = tmp_path / f"{kill}.sqlite"
        promised = _life(_record_too_early, path, 0, SCANS_PER_LIFE_MAX)
        caught += not set(promised) <= set(waybills(path))
    print(f"the mutant lost a promised scan in {caught} of {MUTANT_KILLS} kills")
    assert caught == MUTANT_KILLS
