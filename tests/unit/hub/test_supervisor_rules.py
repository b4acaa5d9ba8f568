"""How long a dead role waits, and how its end is told."""

import signal

from hub.supervisor import BACKOFF_S, backoff_s, describe_exit


def test_the_backoff_grows_and_then_stays() -> None:
    waits = [backoff_s(n) for n in range(1, 20)]
    assert waits == sorted(waits)
    assert waits[0] == BACKOFF_S[0]
    assert waits[-1] == BACKOFF_S[-1]


def test_an_end_is_told_in_words() -> None:
    assert describe_exit(-signal.SIGKILL) == "killed by SIGKILL"
    assert describe_exit(-60) == "killed by signal 60"
    assert describe_exit(70) == "exit code 70"
