"""How long a dead role waits, how its end is told, and what a role that cannot start costs."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from hub.clock import SystemClock
from hub.config import Settings, load_policy
from hub.heartbeat import Role
from hub.network import EMPTY
from hub.supervisor import _HUNG, BACKOFF_S, RoleOrder, Supervisor, backoff_s, describe_exit


def test_the_backoff_grows_and_then_stays() -> None:
    waits = [backoff_s(n) for n in range(1, 20)]
    assert waits == sorted(waits)
    assert waits[0] == BACKOFF_S[0]
    assert waits[-1] == BACKOFF_S[-1]


def test_an_end_is_told_in_words() -> None:
    assert describe_exit(-signal.SIGKILL) == "killed by SIGKILL"
    assert describe_exit(-60) == "killed by signal 60"
    assert describe_exit(70) == "exit code 70"


class DeadAtOnce:
    """A process that ended before anybody looked."""

    started = 0
    exitcode = 1
    pid = 4711

    def __init__(self, *_arguments: object, **_options: object) -> None:
        """Taken as given."""

    def start(self) -> None:
        type(self).started += 1

    def terminate(self) -> None:
        """Nothing is left to end."""

    def join(self, timeout_s: float) -> None:
        assert timeout_s > 0

    def close(self) -> None:
        """Nothing is held."""


class NoProcessLeft(DeadAtOnce):
    """What the system says when there are too many processes."""

    def start(self) -> None:
        super().start()
        raise BlockingIOError(11, "Resource temporarily unavailable")


@pytest.fixture
def signals_kept() -> Iterator[None]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def _supervisor(tmp_path: Path) -> Supervisor:
    return Supervisor(
        Settings(data_dir=tmp_path),
        load_policy(None),
        frozenset(),
        EMPTY,
        [Role.CLOCK],
        SystemClock(),
        on_broker_restart=lambda why: pytest.fail(why),
    )


@pytest.mark.usefixtures("signals_kept")
@pytest.mark.parametrize("fake", [DeadAtOnce, NoProcessLeft])
def test_a_role_that_cannot_start_is_tried_again_and_ends_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake: type[DeadAtOnce]
) -> None:
    monkeypatch.setattr("multiprocessing.context.ForkContext.Process", fake)
    monkeypatch.setattr("hub.supervisor.POLL_S", 0.001)
    monkeypatch.setattr("hub.supervisor.BACKOFF_S", (0.001,))
    fake.started = 0
    supervisor = _supervisor(tmp_path)

    def stop_after_three_starts() -> None:
        if fake.started >= 3:
            signal.raise_signal(signal.SIGTERM)

    supervisor.run(lambda order: pytest.fail(order.role), stop_after_three_starts)
    assert fake.started >= 3


HUNG_TURNS = 20


class Lingering(DeadAtOnce):
    """A process that gives signs of life for a while, then none, until it is killed."""

    lives: ClassVar[list["Lingering"]] = []

    def __init__(self, *, args: tuple[RoleOrder], **_options: object) -> None:
        self.order = args[0]
        self.turns = 0
        self.exitcode: int | None = None  # type: ignore[assignment]  # it lives
        self.lives.append(self)

    def turn(self) -> None:
        self.turns += 1
        if self.turns < 3 * HUNG_TURNS and self.turns % (HUNG_TURNS // 2) == 0:
            self.order.sign_of_life()

    def kill(self) -> None:
        self.exitcode = -signal.SIGKILL

    def terminate(self) -> None:
        self.exitcode = -signal.SIGTERM


@pytest.mark.usefixtures("signals_kept")
def test_a_role_that_hangs_is_killed_and_started_again_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("multiprocessing.context.ForkContext.Process", Lingering)
    monkeypatch.setattr("hub.supervisor.POLL_S", 0.0001)
    monkeypatch.setattr("hub.supervisor.BACKOFF_S", (0.0001,))
    monkeypatch.setattr("hub.supervisor.HUNG_TURNS", HUNG_TURNS)
    monkeypatch.setattr(Lingering, "lives", [])

    def turn() -> None:
        Lingering.lives[-1].turn()
        if len(Lingering.lives) == 3:
            signal.raise_signal(signal.SIGTERM)

    _supervisor(tmp_path).run(lambda order: pytest.fail(order.role), turn)
    assert [each.order.died_of for each in Lingering.lives] == [None, _HUNG, _HUNG]
    # Whoever turns, however slowly, is left alone.
    assert all(each.turns > 3 * HUNG_TURNS for each in Lingering.lives[:2])
