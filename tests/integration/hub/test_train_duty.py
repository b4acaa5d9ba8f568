"""A training is started once a night, beside the hub (design section 7)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from hub.missing import model_store
from hub.missing.duties import TRAINING_MAX, TrainDuty, last_night
from hub.missing.model_store import ModelState
from hub.missing.rules.backtest import Report
from tests.hub_parts import HubHome
from tests.missing_parts import HOUR, local

EVENING = local(14, "20:00")
NIGHT = local(15, "03:00")
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@dataclass
class FakeTraining:
    code: int | None = None
    killed: bool = False

    def poll(self) -> int | None:
        return self.code

    def kill(self) -> None:
        self.killed = True


@dataclass
class Nights:
    """A duty, and the trainings that it started."""

    hub: HubHome
    started: list[tuple[datetime, FakeTraining]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """The clock role starts anew; what it had started ends with it."""
        self.duty = TrainDuty(self._start)

    def _start(self, now: datetime) -> FakeTraining:
        self.started.append((now, FakeTraining()))
        return self.started[-1][1]

    def turn(self, now: datetime) -> int:
        """Run the duty; return how many trainings were started until now."""
        with self.hub.database.writing() as tx:
            self.duty.run(tx, now)
        return len(self.started)

    def end(self, code: int) -> None:
        self.started[-1][1].code = code

    def made(self, at: datetime) -> None:
        """A training wrote what it made."""
        with self.hub.database.writing() as tx:
            model_store.add(tx, ModelState.REFUSED, Report(6.0), 0, at)


@pytest.fixture
def nights(hub: HubHome) -> Nights:
    return Nights(hub)


def test_a_hub_that_never_learned_waits_for_its_first_night(nights: Nights) -> None:
    assert nights.turn(EVENING) == 0
    assert nights.turn(NIGHT - SECOND) == 0
    assert nights.turn(NIGHT) == 1
    assert nights.started[0][0] == NIGHT


def test_one_is_started_a_night_and_none_while_it_works(nights: Nights) -> None:
    nights.turn(EVENING)
    for hour in range(24):
        assert nights.turn(NIGHT + hour * HOUR) == 1
        nights.end(0)
    assert nights.turn(NIGHT + 24 * HOUR - SECOND) == 1
    assert nights.turn(NIGHT + 24 * HOUR) == 2


def test_one_that_takes_too_long_is_ended_and_waits_for_the_next_night(nights: Nights) -> None:
    nights.turn(EVENING)
    nights.turn(NIGHT)
    _, training = nights.started[0]
    with capture_logs() as logs:
        nights.turn(NIGHT + TRAINING_MAX - SECOND)
        assert not training.killed
        assert logs == []
        assert nights.turn(NIGHT + TRAINING_MAX) == 1
    assert training.killed
    assert [(each["event"], each["log_level"]) for each in logs] == [
        ("training took too long, ended", "error")
    ]
    assert nights.turn(NIGHT + 23 * HOUR) == 1
    assert nights.turn(NIGHT + 24 * HOUR) == 2


@pytest.mark.parametrize(("code", "told"), [(0, 0), (1, 0), (2, 1), (70, 1), (-9, 1)])
def test_a_training_that_failed_is_logged_once_and_a_refused_model_is_none(
    nights: Nights, code: int, told: int
) -> None:
    nights.turn(EVENING)
    nights.turn(NIGHT)
    nights.end(code)
    with capture_logs() as logs:
        assert nights.turn(NIGHT + MINUTE) == 1
        assert nights.turn(NIGHT + 2 * MINUTE) == 1
    assert [each["event"] for each in logs] == ["training failed"] * told
    assert all(each["exit_code"] == code and each["log_level"] == "error" for each in logs)


def test_a_restart_in_the_night_does_what_the_night_did_not_bring(nights: Nights) -> None:
    nights.made(EVENING)
    assert nights.turn(NIGHT) == 1
    nights.restart()
    assert nights.turn(NIGHT + HOUR) == 2
    nights.made(NIGHT + 2 * HOUR)
    nights.restart()
    assert nights.turn(NIGHT + 3 * HOUR) == 2


def test_what_was_refused_last_night_waits_for_the_next(nights: Nights) -> None:
    nights.made(NIGHT + MINUTE)
    assert nights.turn(NIGHT + 20 * HOUR) == 0
    assert nights.turn(NIGHT + 24 * HOUR) == 1


def test_a_machine_that_starts_nothing_is_tried_again_the_next_night(nights: Nights) -> None:
    """The duty's turn fails, as any duty's may, and is told by who runs it."""

    def refuse(_now: datetime) -> FakeTraining:
        raise OSError("no process now")

    nights.turn(EVENING)
    nights.duty.start = refuse
    with pytest.raises(OSError, match="no process now"):
        nights.turn(NIGHT)
    nights.duty.start = nights._start
    assert nights.turn(NIGHT + HOUR) == 0
    assert nights.turn(NIGHT + 24 * HOUR) == 1


@pytest.mark.parametrize(
    ("now", "night"),
    [
        (NIGHT, NIGHT),
        (NIGHT - SECOND, NIGHT - 24 * HOUR),
        (datetime(2026, 9, 15, 23, 0, tzinfo=UTC), local(16, "03:00")),
    ],
)
def test_a_night_begins_at_three_by_the_clock_of_the_sites(now: datetime, night: datetime) -> None:
    assert last_night(now) == night
