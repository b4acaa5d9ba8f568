"""``custos-hub train`` as a person calls it, and as the hub does each night."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.train_cli import LEFT_ALONE_EXIT_CODE
from tests.rig import warm
from tests.training_parts import Played
from wire.names import format_at

PROGRAM = [sys.executable, "-m", "hub", "train"]


@pytest.fixture(scope="module")
def data_dir(played: Played, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    to = tmp_path_factory.mktemp("program") / "hub"
    with played.copy(to):
        pass
    yield to


def environment(data_dir: Path) -> dict[str, str]:
    return {"CUSTOS_DATA_DIR": str(data_dir), "CUSTOS_NETWORK": str(data_dir / "network.toml")}


def train(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return warm.run("hub", "train", *arguments, **environment(data_dir))


def models(data_dir: Path) -> list[tuple[int, str]]:
    """What is kept of models: number and state."""
    with sqlite3.connect(data_dir / "hub.sqlite") as database:
        return database.execute("SELECT id, state FROM missing_model ORDER BY id").fetchall()


def start(data_dir: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*PROGRAM, *arguments],
        env=os.environ | environment(data_dir),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def wait_until_it_reads(program: subprocess.Popen[bytes]) -> None:
    """It is under way: it has told of its first page."""
    assert program.stderr is not None
    for line in program.stderr:
        if line.startswith(b"read "):
            return
    pytest.fail("it never read")


def test_a_moment_that_is_none_is_one_sentence(data_dir: Path) -> None:
    found = train(data_dir, "--until", "yesterday")
    assert found.returncode == 2
    (line,) = [each for each in found.stderr.splitlines() if each.startswith("custos-hub: ")]
    assert "until" in line
    assert "Traceback" not in found.stderr
    assert models(data_dir) == []


def test_on_a_leash_it_ends_with_who_started_it_and_writes_nothing(
    data_dir: Path, played: Played
) -> None:
    with start(data_dir, "--leash", "--until", format_at(played.now)) as program:
        wait_until_it_reads(program)
        assert program.stdin is not None
        program.stdin.close()
        assert program.wait(timeout=20) == LEFT_ALONE_EXIT_CODE
    assert models(data_dir) == []


def test_killed_on_its_way_it_leaves_the_database_as_it_was(data_dir: Path, played: Played) -> None:
    with start(data_dir, "--until", format_at(played.now)) as program:
        wait_until_it_reads(program)
        program.send_signal(signal.SIGKILL)
        assert program.wait(timeout=20) == -signal.SIGKILL
    assert models(data_dir) == []
    with sqlite3.connect(data_dir / "hub.sqlite") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_refused_model_is_told_with_its_reason(data_dir: Path) -> None:
    found = train(data_dir, "--until", "2026-06-20T00:00:00.000Z")
    assert found.returncode == 1, found.stderr
    refused, goes_on = found.stdout.splitlines()
    assert refused.startswith("refused: too little history: ")
    assert goes_on == "tier T0 goes on"
    assert models(data_dir) == [(1, "refused")]


def test_a_good_model_counts_and_its_week_is_told(data_dir: Path, played: Played) -> None:
    found = train(data_dir, "--until", format_at(played.now))
    assert found.returncode == 0, found.stderr
    learned, week, loss, counts = found.stdout.splitlines()
    assert learned.startswith("learned from ")
    assert "false alarms in 1,000 (budget 6), tier T0 " in week
    assert loss.startswith("a loss would be told after ")
    assert counts == "it counts from now on"
    assert "read 1500 of 1500 parcels" in found.stderr
    assert models(data_dir)[-1][1] == "live"
