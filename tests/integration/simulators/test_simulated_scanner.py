"""The simulated scanner as a whole, and the truth of its log."""

import os
from pathlib import Path

import pytest

from simulators.answers import Answer
from simulators.cable import PtyCable
from simulators.pull_log import Pull, PullLog, read_pulls
from simulators.scanner import Faults, ScannerProtocol
from simulators.simulated_scanner import SimulatedScanner
from simulators.tcp_cable import TcpCable
from tests.integration.simulators.hosts import OK, answering_host, open_cable, wait_readable
from tests.rig.programs import wait_until
from wire.names import Signal

AnyCable = PtyCable | TcpCable
HONEYWELL = ScannerProtocol.HONEYWELL


def make(cable: AnyCable, tmp_path: Path, faults: Faults | None = None) -> SimulatedScanner:
    return SimulatedScanner(cable, HONEYWELL, faults=faults, log=PullLog(tmp_path / "log.jsonl"))


def signal_of(answer: Answer | None) -> Signal | None:
    assert answer is not None
    return answer.signal


def pulls(tmp_path: Path) -> list[Pull]:
    return read_pulls(tmp_path / "log.jsonl")


def test_a_pull_is_sent_answered_and_written_down(cable: AnyCable, tmp_path: Path) -> None:
    with make(cable, tmp_path) as scanner, answering_host(cable, lambda _: OK) as frames:
        assert scanner.wait_host(5)
        scanner.pull("755000000001")
        assert signal_of(scanner.wait_answer()) is Signal.OK
    assert frames == [b"]C0755000000001"]
    (pull,) = pulls(tmp_path)
    assert (pull.n, pull.code_hex, pull.aim) == (1, b"755000000001".hex(), "C0")
    assert (pull.sent, pull.answer, pull.answers, pull.copies) == (True, Signal.OK, 1, 1)
    assert pull.answer_hex == OK.hex()
    assert pull.answer_ms is not None
    assert 0 < pull.answer_ms < 5000
    assert pull.unanswered_before == 0


def test_split_delay_noise_and_copies_arrive_as_such(cable: AnyCable, tmp_path: Path) -> None:
    faults = Faults(split_bytes=3, pause_ms=1, delay_ms=5, noise_bytes=4, copies=2)
    with make(cable, tmp_path, faults) as scanner, answering_host(cable, lambda _: OK) as frames:
        assert scanner.wait_host(5)
        scanner.pull("755000000001")
        assert signal_of(scanner.wait_answer()) is Signal.OK
        scanner.faults = Faults(reprogrammed=True)
        scanner.pull("755000000002")
        assert signal_of(scanner.wait_answer()) is Signal.OK
    assert [frame[4:] for frame in frames[:2]] == [b"]C0755000000001"] * 2
    assert frames[2:] == [b"755000000002"]
    first, second = pulls(tmp_path)
    assert (first.copies, first.answers, second.aim) == (2, 2, None)


def test_a_silent_host_gets_the_own_error_tone_and_a_late_answer_is_nobodys(
    cable: AnyCable, tmp_path: Path
) -> None:
    fd, close = open_cable(cable)
    with make(cable, tmp_path) as scanner:
        assert scanner.wait_host(5)
        scanner.pull("755000000001")
        assert scanner.wait_answer(0.01) is None
        scanner.pull("755000000002")
        assert scanner.wait_answer(0.01) is None
        os.write(fd, OK)
        wait_idle(cable)
        scanner.pull("755000000003")
        assert scanner.wait_answer(0.01) is None
    close()
    assert [pull.answer for pull in pulls(tmp_path)] == [None, None, None]
    assert [pull.unanswered_before for pull in pulls(tmp_path)] == [0, 1, 1]


def wait_idle(cable: AnyCable) -> None:
    """Until the host's bytes have reached the far end, without reading them."""
    if isinstance(cable, PtyCable):
        assert cable._master is not None
        wait_readable(cable._master)
    else:
        assert cable._connection is not None
        wait_readable(cable._connection.fileno())


def test_a_reject_that_came_just_in_time_is_given_its_quiet(tmp_path: Path) -> None:
    cable = PtyCable(tmp_path / "scanner")
    fd, close = open_cable(cable)
    with make(cable, tmp_path) as scanner:
        scanner.pull("755000000001")
        os.write(fd, b"\x1b8,")
        assert signal_of(scanner.wait_answer(0.0)) is Signal.REJECT
    close()


def test_no_host_means_not_sent_and_no_waiting(cable: AnyCable, tmp_path: Path) -> None:
    with make(cable, tmp_path) as scanner:
        scanner.pull("755000000001")
        assert scanner.wait_answer(60) is None
    (pull,) = pulls(tmp_path)
    assert (pull.sent, pull.answer) == (False, None)


def test_a_host_that_dies_while_it_should_answer_ends_the_wait(
    cable: AnyCable, tmp_path: Path
) -> None:
    fd, close = open_cable(cable)
    with make(cable, tmp_path) as scanner:
        assert scanner.wait_host(5)
        scanner.pull("755000000001")
        wait_readable(fd)
        close()
        assert scanner.wait_answer(60) is None
    (pull,) = pulls(tmp_path)
    assert (pull.sent, pull.answer) == (True, None)


def test_a_host_that_answers_and_dies_has_answered(cable: AnyCable, tmp_path: Path) -> None:
    fd, close = open_cable(cable)
    with make(cable, tmp_path) as scanner:
        assert scanner.wait_host(5)
        scanner.pull("755000000001")
        wait_readable(fd)
        os.read(fd, 100)
        os.write(fd, OK)
        close()
        assert signal_of(scanner.wait_answer(60)) is Signal.OK
    assert pulls(tmp_path)[0].answer is Signal.OK


def test_half_an_answer_of_a_dying_host_claims_nothing(cable: AnyCable, tmp_path: Path) -> None:
    fd, close = open_cable(cable)
    with make(cable, tmp_path) as scanner:
        assert scanner.wait_host(5)
        scanner.pull("755000000001")
        wait_readable(fd)
        os.read(fd, 100)
        os.write(fd, b"\x1b8,")
        close()
        assert signal_of(scanner.wait_answer(60)) is None
    (pull,) = pulls(tmp_path)
    assert (pull.answer, pull.answer_hex) == (None, b"\x1b8,".hex())


def test_unplug_and_replug_keep_the_url_and_forget_what_was_under_way(
    cable: AnyCable, tmp_path: Path
) -> None:
    with make(cable, tmp_path) as scanner:
        fd, close = open_cable(cable)
        assert scanner.wait_host(5)
        scanner.pull("755000000001")
        wait_readable(fd)
        scanner.unplug()
        close()
        scanner.pull("755000000002")
        assert scanner.wait_answer() is None
        scanner.replug()
        with answering_host(cable, lambda _: OK):
            assert scanner.wait_host(5)
            scanner.pull("755000000003")
            assert signal_of(scanner.wait_answer()) is Signal.OK
    assert [(p.sent, p.answer, p.unanswered_before) for p in pulls(tmp_path)] == [
        (True, None, 0),
        (False, None, 0),
        (True, Signal.OK, 0),
    ]


def test_the_person_scans_again_after_not_recorded(cable: AnyCable, tmp_path: Path) -> None:
    answers = iter([b"\x1b8,\x1b8,", OK])
    with make(cable, tmp_path) as scanner, answering_host(cable, lambda _: next(answers)):
        assert scanner.wait_host(5)
        assert signal_of(scanner.scan("755000000001")) is Signal.OK
    assert [pull.answer for pull in pulls(tmp_path)] == [Signal.NOT_RECORDED, Signal.OK]


def test_the_person_gives_up_after_some_tries_and_does_not_repeat_a_reject(
    cable: AnyCable, tmp_path: Path
) -> None:
    answers = iter([b"\x1b8,\x1b8,"] * 3 + [b"\x1b8,"])
    with make(cable, tmp_path) as scanner, answering_host(cable, lambda _: next(answers)):
        assert scanner.wait_host(5)
        assert signal_of(scanner.scan("755000000001", tries_max=3)) is Signal.NOT_RECORDED
        assert signal_of(scanner.scan("755000000002")) is Signal.REJECT
    assert len(pulls(tmp_path)) == 4


def test_plain_has_no_return_channel(cable: AnyCable, tmp_path: Path) -> None:
    log = PullLog(tmp_path / "log.jsonl")
    with (
        SimulatedScanner(cable, ScannerProtocol.PLAIN, log=log) as scanner,
        answering_host(cable, lambda _: b"") as frames,
    ):
        assert scanner.wait_host(5)
        assert scanner.scan("755000000001") is None
        assert scanner.scan("755000000002") is None
        # A pty that is unplugged takes along what nobody has read yet.
        wait_until(lambda: len(frames) == 2, "both codes at the host")
        scanner.unplug()
    assert frames == [b"755000000001", b"755000000002"]
    assert [(pull.sent, pull.unanswered_before) for pull in pulls(tmp_path)] == [(True, 0)] * 2


def test_an_open_pull_is_over_and_written_down_at_the_next_one_and_at_the_end(
    cable: AnyCable, tmp_path: Path
) -> None:
    with make(cable, tmp_path) as scanner, answering_host(cable, lambda _: b""):
        assert scanner.wait_host(5)
        scanner.pull("755000000001")
        scanner.pull("755000000002")
        assert [pull.n for pull in pulls(tmp_path)] == [1]
    assert [pull.n for pull in pulls(tmp_path)] == [1, 2]


def test_a_pull_that_cannot_be_sent_changes_nothing(cable: AnyCable, tmp_path: Path) -> None:
    with make(cable, tmp_path) as scanner:
        with pytest.raises(ValueError, match="AIM id"):
            scanner.pull("755000000001", aim="too long")
        with pytest.raises(ValueError, match="pull the trigger first"):
            scanner.wait_answer()
    assert pulls(tmp_path) == []


def test_a_log_with_a_line_that_is_no_pull_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"n":1}\n')
    with pytest.raises(ValueError, match="required field"):
        read_pulls(path)


def test_a_log_is_continued_by_the_next_scanner(tmp_path: Path) -> None:
    for _ in range(2):
        with make(PtyCable(tmp_path / "scanner"), tmp_path) as scanner:
            scanner.pull("755000000001")
    assert len(pulls(tmp_path)) == 2
