"""The embedded broker, the real one: a dead router inside its living process is found."""

import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from hub.broker import PROBE_ANSWER_S, PROBE_EVERY_S, EmbeddedBroker
from tests.broker_parts import kill_router
from tests.rig.programs import free_port

EVERY_NS = int(PROBE_EVERY_S * 1e9)
ANSWER_NS = int(PROBE_ANSWER_S * 1e9)


class Watched:
    """A broker and the clock that it is watched with."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.broker = EmbeddedBroker(directory / "broker.toml", "127.0.0.1", self.port)
        self.mono_ns = 0
        before = psutil.Process().children()
        self.broker.start(self.mono_ns)
        (self.process,) = (each for each in psutil.Process().children() if each not in before)

    def ask(self, patience_s: float) -> str | None:
        """Begin a question, give it some real time, then all the time on the clock."""
        self.mono_ns += EVERY_NS
        assert self.broker.failure(self.mono_ns) is None
        end = time.monotonic() + patience_s
        while time.monotonic() < end:
            assert self.broker.failure(self.mono_ns) is None
            time.sleep(0.01)
        self.mono_ns += ANSWER_NS
        return self.broker.failure(self.mono_ns)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    found = Watched(tmp_path)
    yield found
    found.broker.stop()


def open_descriptors() -> int:
    return psutil.Process().num_fds()


def test_a_broker_that_serves_is_left_alone_and_asking_costs_nothing(watched: Watched) -> None:
    assert watched.ask(patience_s=0.5) is None
    before = open_descriptors()
    for _ in range(5):
        assert watched.ask(patience_s=0.2) is None
    # One question may be on its way still.
    assert open_descriptors() <= before + 1


def test_a_dead_router_is_found_and_the_broker_serves_again(watched: Watched) -> None:
    kill_router(watched.port)
    assert watched.ask(patience_s=0.5) == "it answers no CONNECT"
    watched.broker.start(watched.mono_ns)
    assert watched.ask(patience_s=0.5) is None


def test_an_ended_process_is_found_at_once(watched: Watched) -> None:
    watched.process.kill()
    watched.process.wait(10)
    assert watched.broker.failure(watched.mono_ns) == "its process has ended"
