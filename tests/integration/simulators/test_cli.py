"""``custos-sim scanner`` as a person calls it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from simulators.pull_log import read_pulls
from tests.integration.simulators.hosts import wait_readable

ROOT = Path(__file__).parents[3]
HONEYWELL = ["--protocol", "honeywell"]


def start(*args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "simulators", "scanner", *args],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def call(*args: str) -> subprocess.CompletedProcess[str]:
    process = start(*args)
    out, err = process.communicate(timeout=20)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ([*HONEYWELL], "give one of --pty PATH, --tcp HOST:PORT and --dial HOST:PORT"),
        ([*HONEYWELL, "--pty", "a", "--tcp", "h:1"], "give one of --pty PATH, --tcp HOST:PORT"),
        ([*HONEYWELL, "--dial", "9101"], "--dial is HOST:PORT, e.g. 127.0.0.1:9101, not 9101"),
        ([*HONEYWELL, "--tcp", "9101"], "--tcp is HOST:PORT, e.g. 127.0.0.1:9101, not 9101"),
        (
            [*HONEYWELL, "--tcp", "127.0.0.1:65536"],
            "--tcp is HOST:PORT, e.g. 127.0.0.1:9101, not 127.0.0.1:65536",
        ),
        ([*HONEYWELL, "--pty", "/proc/none"], "cannot make /proc/none: No such file or directory"),
        ([*HONEYWELL, "--pty", "/dev/null"], "/dev/null exists and is no simulated port"),
        ([*HONEYWELL, "--pty", "a", "--codes", "/none"], "cannot read /none: No such file"),
        ([*HONEYWELL, "--pty", "a", "--codes", "/dev/null"], "/dev/null holds no code"),
        ([*HONEYWELL, "--pty", "a", "--loop"], "--loop needs --codes FILE"),
        ([*HONEYWELL, "--pty", "a", "--log", "/none/x"], "cannot write /none/x: No such file"),
        ([*HONEYWELL, "--pty", "a", "--repeat", "9"], "delivered 1 to 8 times, not 9"),
        ([*HONEYWELL, "--pty", "a", "--split", "0"], "at least 1 byte"),
        (["--protocol", "plain", "--pty", "a", "--garble", "3"], "plain has no start of frame"),
        (["--protocol", "ssi", "--pty", "a", "--reprogrammed"], "ssi carries no AIM id"),
        (
            ["--protocol", "morse", "--pty", "a"],
            "'morse' is not one of 'plain', 'honeywell'",
        ),
        (["--pty", "a"], "Missing option '--protocol'"),
        ([*HONEYWELL, "--nonsense"], "No such option: --nonsense"),
    ],
)
def test_a_wrong_call_is_one_sentence_and_exit_2(args: list[str], sentence: str) -> None:
    done = call(*args)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("custos-sim: ")
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (ROOT / "a").is_symlink()


def host_answers(path: Path, process: subprocess.Popen[str], answers: list[bytes]) -> list[bytes]:
    assert process.stdout is not None
    assert process.stdout.readline() == f"A honeywell scanner at {path}\n"
    assert process.stdout.readline() == "waiting for an edge to open it\n"
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    frames = []
    for answer in answers:
        held = b""
        while not held.endswith(b"\r"):
            wait_readable(fd, 10)
            held += os.read(fd, 4096)
        frames.append(held)
        os.write(fd, answer)
    process.wait(20)
    os.close(fd)
    return frames


def test_codes_of_a_file_are_scanned_and_the_answers_said(tmp_path: Path) -> None:
    (tmp_path / "codes").write_text("755000000001\n\n]E01030000000014\n755\\x1b7,\nbad\\q\n")
    path = tmp_path / "scanner"
    log = tmp_path / "log.jsonl"
    process = start(
        *HONEYWELL, "--pty", str(path), "--codes", str(tmp_path / "codes"), "--log", str(log)
    )
    frames = host_answers(path, process, [b"\x1b7,", b"\x1b5,\x1b5,", b"\x1b8,"])
    out, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (0, "")
    assert frames == [b"]C0755000000001\r", b"]E01030000000014\r", b"]C0755\x1b7,\r"]
    lines = out.splitlines()
    assert [line.split()[:2] for line in lines[:3]] == [
        ["755000000001", "ok"],
        ["1030000000014", "warn"],
        ["755\\x1b7,", "reject"],
    ]
    assert lines[3].startswith("cannot scan this: after a backslash")
    assert [pull.answer for pull in read_pulls(log)] == ["ok", "warn", "reject"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_file_may_begin_again_at_its_end_until_a_signal(
    tmp_path: Path, number: signal.Signals
) -> None:
    (tmp_path / "codes").write_text("755000000001\n")
    path = tmp_path / "scanner"
    process = start(*HONEYWELL, "--pty", str(path), "--codes", str(tmp_path / "codes"), "--loop")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.readline()
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    for _ in range(3):
        wait_readable(fd, 10)
        assert os.read(fd, 4096) == b"]C0755000000001\r"
        os.write(fd, b"\x1b7,")
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    os.close(fd)
    assert (process.returncode, err) == (0, "")
    assert out.count("ok") >= 2
    assert not path.is_symlink()


def test_typed_plug_acts_and_codes_work_together(tmp_path: Path) -> None:
    path = tmp_path / "scanner"
    process = start(*HONEYWELL, "--pty", str(path))
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(":unplug\n755000000001\n:replug\n:eject\n")
    process.stdin.flush()
    process.stdout.readline()
    process.stdout.readline()
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    out, err = process.communicate(timeout=10)
    os.close(fd)
    assert (process.returncode, err) == (0, "")
    assert out.splitlines() == [
        f"unplugged: {path}",
        f"755000000001             not sent: no edge has {path} open",
        f"replugged: {path}",
        "cannot scan this: there are :unplug and :replug, not :eject",
    ]


def test_help_is_shown_without_a_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "simulators"], cwd=ROOT, capture_output=True, text=True, timeout=20
    )
    assert "scanner" in done.stdout + done.stderr
    assert "demo" in done.stdout + done.stderr
