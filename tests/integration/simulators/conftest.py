"""Both kinds of cable, and a check that a test leaves no descriptor or thread behind."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.cable import PtyCable
from simulators.tcp_cable import TcpCable


@pytest.fixture(autouse=True)
def _nothing_leaks() -> Iterator[None]:
    # What earlier tests dropped is closed by the collector at any time: fewer is no leak.
    threads = threading.active_count()
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    yield
    assert threading.active_count() <= threads
    assert len(list(Path("/proc/self/fd").iterdir())) <= descriptors


@pytest.fixture(params=["pty", "tcp"])
def cable(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PtyCable | TcpCable]:
    made = PtyCable(tmp_path / "scanner") if request.param == "pty" else TcpCable("127.0.0.1", 0)
    yield made
    made.unplug()
