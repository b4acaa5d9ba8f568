"""The runner of ``make faults``: it goes on where it was stopped, and hides no failure."""

import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest

from tests.faults import __main__ as runner
from tests.faults.fuzzing import Target, fuzz
from tests.faults.long_runs import LONG_RUNS, LongRun

FUZZ_S = 3.0
SEEN = b"as it came"


class Counting:
    """A run that notes its draws, and fails where it is told to."""

    def __init__(self, fails_at: int = 0) -> None:
        self.draws: list[int] = []
        self._fails_at = fails_at

    def __call__(self, folder: Path, rng: Random) -> Mapping[str, object]:
        assert list(folder.iterdir()) == []
        self.draws.append(rng.randrange(2**31))
        assert len(self.draws) != self._fails_at, "broken"
        took_s = 0.5 * len(self.draws)
        return {
            "kills": 10,
            "kills_per_s": 3,
            "longest_s": took_s,
            "hits": {"after_commit": 2},
            "note": "words",
        }


def _start(
    monkeypatch: pytest.MonkeyPatch, folder: Path, *runs: LongRun, seeds: str = ""
) -> tuple[int, dict[str, dict[str, object]]]:
    monkeypatch.chdir(folder)
    monkeypatch.setattr(runner, "LONG_RUNS", runs)
    monkeypatch.setenv("SEEDS", seeds)
    monkeypatch.setattr(runner.signal, "signal", lambda *_: None)
    status = runner.main()
    return status, {each["fault"]: each for each in json.loads(runner.SUMMARY.read_text())}


def test_a_second_start_runs_only_what_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kills, once = Counting(), Counting()
    table = (LongRun("kills", 3, kills), LongRun("once", 1, once))
    _start(monkeypatch, tmp_path, *table, seeds="2")
    assert (len(kills.draws), len(once.draws)) == (2, 1)
    with (tmp_path / runner.DONE).open("a") as file:
        file.write('{"fault": "kills", "se')  # stopped in the middle of a line
    monkeypatch.setenv("ONLY", "kill")
    status, told = _start(monkeypatch, tmp_path, *table)
    assert (len(set(kills.draws)), len(once.draws)) == (3, 1)
    assert (status, told["kills"]["held"], told["once"]["held"]) == (0, 3, 1)
    _start(monkeypatch, tmp_path, *table)
    assert len(kills.draws) == 3
    assert told["kills"]["figures"] == {
        "kills": 30,
        "longest_s": 1.5,
        "hits": {"after_commit": 6},
    }


def test_a_failed_seed_is_told_for_good_and_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = (LongRun("kills", 3, Counting(fails_at=2)),)
    for _ in range(2):
        status, told = _start(monkeypatch, tmp_path, *table)
        kills = told["kills"]
        assert (status, kills["held"], kills["failed_seeds"]) == (1, 2, [2])


def test_who_is_told_to_stop_stops_and_takes_that_for_no_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept"

    def probe(data: bytes) -> None:
        if data != SEEN:  # one that Hypothesis drew
            os.kill(os.getpid(), signal.SIGTERM)

    def run(_folder: Path, rng: Random) -> Mapping[str, object]:
        return fuzz(Target("stopped", (SEEN,), probe), rng.randrange(9), FUZZ_S, kept)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(runner, "LONG_RUNS", (LongRun("fuzz", 9, run),))
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(KeyboardInterrupt):
            runner.main()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert not runner.DONE.exists()
    assert not kept.exists()


def test_no_two_rows_have_one_name() -> None:
    names = [each.name for each in LONG_RUNS]
    assert len(set(names)) == len(names)
    assert all(each.seeds > 0 for each in LONG_RUNS)
