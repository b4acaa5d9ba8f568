"""The demo's life and death, with stand-ins for hub and edge."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.rig.programs import free_port

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


def wait_until(is_so: Callable[[], bool], what: str, timeout_s: float = 20.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.02)


class RunningDemo:
    """One demo process with its output in files."""

    def __init__(self, data_dir: Path, out_dir: Path, port: int, seed: int, beats: int) -> None:
        self.data_dir = data_dir
        self.stdout_path = out_dir / f"{port}.out"
        self.stderr_path = out_dir / f"{port}.err"
        argv = [sys.executable, str(HERE / "fake_demo.py"), str(data_dir), str(port)]
        with self.stdout_path.open("wb") as out, self.stderr_path.open("wb") as err:
            self.process = subprocess.Popen(
                [*argv, str(seed), str(beats)],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=os.environ | {"PYTHONPATH": str(ROOT), "CUSTOS_DATA_DIR": "/nowhere"},
            )

    @property
    def out(self) -> str:
        return self.stdout_path.read_text()

    @property
    def err(self) -> str:
        return self.stderr_path.read_text()

    def wait_playing(self) -> None:
        wait_until(lambda: "gate-1" in self.out, f"first beat; stderr: {self.err}")

    def end(self) -> int:
        return self.process.wait(30)

    def child_pids(self) -> list[int]:
        return [int(line) for line in (self.data_dir / "pids").read_text().split()]

    def assert_no_process_left(self) -> None:
        for pid in self.child_pids():
            wait_until(lambda pid=pid: not psutil.pid_exists(pid), f"end of {pid}")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., RunningDemo]]:
    started: list[RunningDemo] = []

    def start(
        name: str = "demo", *, port: int | None = None, seed: int = 1, beats: int = 0
    ) -> RunningDemo:
        demo = RunningDemo(tmp_path / name, tmp_path, port or free_port(), seed, beats)
        started.append(demo)
        return demo

    yield start
    for demo in started:
        if demo.process.poll() is None:
            demo.process.kill()
            demo.process.wait(10)


def test_the_demo_plays_a_day_without_a_surprise(start: Callable[..., RunningDemo]) -> None:
    demo = start(beats=60, seed=3)
    assert demo.end() == 0, demo.err
    lines = demo.out.splitlines()
    assert re.fullmatch(r"Console \(one use\): http://127.0.0.1:\d+/enter/s3cret", lines[0])
    assert lines[1].endswith("this machine lacks a library for them: No module named 'cv2'")
    for line, site in zip(lines[2:6], ("755A", "755X1", "755B", "755C"), strict=True):
        assert re.fullmatch(rf"Station page: http://127.0.0.1:\d+/  \({site} dock\)", line)
    assert str(demo.data_dir / "logs") in lines[6]
    assert "Seed: 3" in lines[6]
    done = re.fullmatch(r"60 beats, (\d+) pulls, 0 surprises", lines[-1])
    assert done, demo.out
    assert int(done[1]) > 100
    assert re.match(r"\*\*\* 看什么 What to watch: http://127.0.0.1:\d+/console/", lines[7])
    played = lines[7:-1]
    assert sum(" gate-" in line or "control room" in line for line in played) == 60
    for sound in ("OK", "WARN", "WANTED", "STOP", "REJECT"):
        assert any(f"->  {sound} " in line for line in played), sound
    for work in ("收件 accepts", "交接 →", "装车 loads"):
        assert any(work in line for line in played), work
    sent = (demo.data_dir / "sent").read_text()
    assert "/api/v1/parcels/103" in sent
    wanted = (demo.data_dir / "wanted.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in wanted]
    assert {entry["result"] for entry in entries} == {"wanted", "stop"}
    for entry in entries:
        assert re.fullmatch(r"/api/v1/wanted/888\d{9}", entry["path"])
        assert entry["expires_at"].endswith("Z")
    demo.assert_no_process_left()


def test_a_used_data_folder_starts_again_and_keeps_the_records_of_the_run_before(
    start: Callable[..., RunningDemo],
) -> None:
    for seed in (1, 2, 3):
        demo = start("used", seed=seed, beats=5)
        assert demo.end() == 0, demo.err
        assert demo.out.splitlines()[-1].startswith("5 beats, ")
        token = demo.data_dir / "hub" / "admin.token"
        token.write_text(f"run {seed}")
    assert (demo.data_dir / "before" / "hub" / "admin.token").read_text() == "run 2"
    assert token.read_text() == "run 3"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_and_is_a_good_end(
    start: Callable[..., RunningDemo], number: signal.Signals
) -> None:
    demo = start()
    demo.wait_playing()
    demo.process.send_signal(number)
    assert demo.end() == 0, demo.err
    assert demo.out.splitlines()[-1] == "停止 Stopped."
    assert len(demo.child_pids()) == 5
    demo.assert_no_process_left()
    assert not (demo.data_dir / "scanners" / "755A-dock-1").is_symlink()


def test_a_program_that_does_not_stop_is_killed(start: Callable[..., RunningDemo]) -> None:
    demo = start("stubborn")
    demo.data_dir.mkdir()
    (demo.data_dir / "fake-stubborn").touch()
    demo.wait_playing()
    demo.process.send_signal(signal.SIGINT)
    assert demo.end() == 0, demo.err
    demo.assert_no_process_left()


def test_a_killed_demo_leaves_no_process(start: Callable[..., RunningDemo]) -> None:
    demo = start()
    demo.wait_playing()
    demo.process.kill()
    demo.end()
    demo.assert_no_process_left()


@pytest.mark.parametrize(
    ("file", "name", "words"),
    [
        ("fake-hub-dies", "hub", "custos-hub: the disk is on fire"),
        ("fake-edge-dies", "755[ABCX1]+-dock", "custos-edge: the spool is broken"),
    ],
)
def test_a_program_that_dies_is_named_with_its_last_words(
    start: Callable[..., RunningDemo], file: str, name: str, words: str
) -> None:
    demo = start()
    demo.wait_playing()
    (demo.data_dir / file).touch()
    assert demo.end() == 1
    assert re.search(rf"custos-sim: ({name}) has ended with exit code 1", demo.err)
    assert words in demo.err
    demo.assert_no_process_left()


def test_a_program_that_cannot_start_is_named_with_its_last_words(
    start: Callable[..., RunningDemo], tmp_path: Path
) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "fake-hub-fails").touch()
    demo = start()
    assert demo.end() == 1
    assert "custos-sim: hub has ended with exit code 1" in demo.err
    assert "custos-hub: SQLite is too old" in demo.err
    assert demo.out == ""


def test_a_taken_console_port_is_one_sentence_and_nothing_starts(
    start: Callable[..., RunningDemo],
) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
        demo = start(port=port)
        assert demo.end() == 2
    assert demo.err == (
        f"port {port} is taken by another program; "
        "stop that one or choose another console port with --http-port\n"
    )
    assert demo.out == ""
    assert not (demo.data_dir / "logs").exists()


def test_a_second_demo_in_the_same_folder_is_refused_and_the_first_goes_on(
    start: Callable[..., RunningDemo],
) -> None:
    first = start("same")
    first.wait_playing()
    second = start("same")
    assert second.end() == 2
    assert second.err == f"another demo is running in {second.data_dir}\n"
    beats = len(first.out.splitlines())
    wait_until(lambda: len(first.out.splitlines()) > beats, "another beat of the first demo")
    first.process.send_signal(signal.SIGINT)
    assert first.end() == 0


def test_a_folder_that_cannot_be_made_is_one_sentence(
    start: Callable[..., RunningDemo], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("precious")
    demo = start("file/inside")
    assert demo.end() == 2
    assert demo.err == f"cannot write {tmp_path / 'file' / 'inside'}: Not a directory\n"
    assert (tmp_path / "file").read_text() == "precious"
