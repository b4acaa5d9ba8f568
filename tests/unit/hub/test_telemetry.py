"""A process's counters have their room before they count, and give it back when it has ended."""

import mmap
import os
import sys
from pathlib import Path

import pytest

from hub.telemetry import release_metrics, reserve_metrics

RESERVED_BYTES = 64 * 1024


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    return tmp_path


def taken_bytes(path: Path) -> int:
    return path.stat().st_blocks * 512


def test_counters_have_no_holes_that_a_full_disk_could_refuse(directory: Path) -> None:
    reserve_metrics()
    files = sorted(directory.iterdir())
    assert [path.name.partition("_")[0] for path in files] == ["counter", "histogram"]
    assert all(taken_bytes(path) >= RESERVED_BYTES for path in files)


def test_the_dead_keep_what_they_counted_and_no_more_room(directory: Path) -> None:
    reserve_metrics()
    counter, histogram = sorted(directory.iterdir())
    with counter.open("rb+") as file:
        file.write((3 * mmap.PAGESIZE).to_bytes(4, sys.byteorder) + b"counted")
    release_metrics(os.getpid())
    assert counter.stat().st_size == 3 * mmap.PAGESIZE
    assert counter.read_bytes()[4:11] == b"counted"
    assert histogram.stat().st_size == mmap.PAGESIZE
    release_metrics(4711)


def test_without_a_directory_nothing_is_reserved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    reserve_metrics()
    release_metrics(os.getpid())
