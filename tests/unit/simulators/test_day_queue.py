"""The day's order: by time, and one scanner's work put off as a whole."""

from datetime import timedelta

from simulators.carrier.pulls import Call, Doing, Pull, Typed
from simulators.day_queue import DayQueue
from tests.unit.simulators.stage_fakes import START

MINUTE = timedelta(minutes=1)


def pull(minute: int, code: str, device: str = "dock-1") -> Pull:
    return Pull(START + minute * MINUTE, "755A", "dock", device, code)


def work_off(queue: DayQueue) -> list[Doing]:
    done = []
    while (turn := queue.next()) is not None:
        done.append(turn.doing)
    return done


def test_turns_come_in_the_order_of_the_day() -> None:
    doings = [pull(0, "a"), Call(START, "PUT", "x", None), pull(0, "b"), pull(1, "c")]
    queue = DayQueue(doings)
    assert work_off(queue) == doings
    assert queue.next() is None


def test_what_is_put_off_takes_its_scanners_other_work_along_and_nobody_elses() -> None:
    first, second = pull(0, "CX:BY:a"), pull(1, "CX:STEP:load")
    typed = Typed(START + 2 * MINUTE, "755A", "dock", "dock-1", "deliver", "103", "ID")
    other, later = pull(3, "755", "dock-2"), pull(9, "CX:END")
    queue = DayQueue([first, second, typed, other, later])
    turn = queue.next()
    assert turn is not None
    queue.put_off(turn, START + 5 * MINUTE)
    assert work_off(queue) == [other, first, second, typed, later]
