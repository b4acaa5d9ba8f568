"""Simulated cameras as an FFmpeg client meets them, over real connections."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from statistics import median

import av
import numpy as np
import pytest
from av.container import InputContainer
from av.error import FFmpegError, HTTPNotFoundError, HTTPUnauthorizedError
from numpy.typing import NDArray

from simulators.cameras import clock_code
from simulators.cameras.belt import BeltOptions
from simulators.cameras.cage import Cage, CageOptions
from simulators.cameras.camera_options import ClipCamera, LiveCamera
from simulators.cameras.clip import ClipError, write_clip
from simulators.cameras.encoder import AccessUnit
from simulators.cameras.orders import LINE_BYTES_MAX, OrderError, Orders
from simulators.cameras.pictures import Size
from simulators.cameras.simulated_cameras import ListenError, SimulatedCameras
from simulators.cameras.source import LiveSource

ROOT = Path(__file__).parents[3]
SMALL = Size(640, 360)
FPS = 10
BELT = LiveCamera("belt-1", BeltOptions(SMALL, speed_px_s=300), camera_no=9, fps=FPS)
CAGE = LiveCamera("cage-1", CageOptions(SMALL), camera_no=10, fps=FPS)
OPTIONS = {"rtsp_transport": "tcp", "analyzeduration": "100000"}


@contextmanager
def opened(url: str, read_s: float = 10.0) -> Iterator[InputContainer]:
    with av.open(url, options=OPTIONS, timeout=(10.0, read_s)) as container:
        yield container


def lumas(container: InputContainer) -> Iterator[NDArray[np.uint8]]:
    for frame in container.decode(video=0):
        yield np.asarray(frame.to_ndarray(format="gray"), np.uint8)


def now_ms() -> float:
    return time.time() * 1000


def test_pictures_come_at_the_pace_of_the_wall_clock_and_show_it() -> None:
    with SimulatedCameras([BELT]) as cameras, opened(cameras.url("belt-1")) as container:
        shown, late_ms, stamps = [], [], []
        begin_s = time.monotonic()
        for frame in container.decode(video=0):
            read = clock_code.read(np.asarray(frame.to_ndarray(format="gray"), np.uint8))
            assert read is not None
            assert read[1] == 9
            shown.append(read[0])
            late_ms.append(now_ms() - read[0])
            stamps.append(frame.time)
            if time.monotonic() - begin_s > 3:
                break
    steps = np.diff(shown)
    assert abs(steps.mean() - 1000 / FPS) < 5
    assert (steps > 0).all()
    # Packets' times are the pictures' own, not those of their sending. FFmpeg leaves the first
    # picture of a stream without a time.
    sent_ms = np.diff(stamps[1:]) * 1000
    assert np.abs(sent_ms - steps[1:]).max() < 2
    # What FFmpeg held back while it looked at the stream is late; the rest is not.
    assert median(late_ms[len(late_ms) // 2 :]) < 500


def test_a_lost_camera_ends_its_connections_and_refuses_new_ones_until_it_is_back() -> None:
    with SimulatedCameras([BELT, CAGE]) as cameras:
        with opened(cameras.url("belt-1")) as container:
            pictures = lumas(container)
            next(pictures)
            cameras.order("belt-1 lost")
            with pytest.raises((StopIteration, OSError)):
                while True:
                    next(pictures)
        with pytest.raises(FFmpegError), opened(cameras.url("belt-1")):
            pass
        # The other one of the same port goes on.
        with opened(cameras.url("cage-1")) as container:
            next(lumas(container))
        cameras.order("* lost")
        with pytest.raises(ConnectionRefusedError), opened(cameras.url("cage-1")):
            pass
        cameras.order("* ok")
        with opened(cameras.url("belt-1")) as container:
            next(lumas(container))


def test_a_stalled_camera_keeps_its_connection_and_sends_nothing() -> None:
    with SimulatedCameras([BELT]) as cameras, opened(cameras.url("belt-1"), 1.5) as container:
        pictures = lumas(container)
        next(pictures)
        cameras.order("belt-1 stall")
        begin_s = time.monotonic()
        with pytest.raises(av.error.ExitError):
            while True:
                next(pictures)
        assert time.monotonic() - begin_s >= 1.4


def test_a_black_camera_goes_on_with_its_clock_and_a_frozen_one_without() -> None:
    with SimulatedCameras([CAGE]) as cameras, opened(cameras.url("cage-1")) as container:
        pictures = lumas(container)
        assert next(pictures)[60:].mean() > 60
        cameras.order("cage-1 black")
        black = next(picture for picture in pictures if picture[60:].max() < 40)
        (at_ms, _) = clock_code.read(black) or (0, 0)
        assert abs(now_ms() - at_ms) < 5_000
        cameras.order("cage-1 freeze")
        frozen = next(
            one for one, other in pairwise(map(clock_code.read, pictures)) if one == other
        )
        assert all(clock_code.read(next(pictures)) == frozen for _ in range(5))
        cameras.order("cage-1 clock -60000")
        cameras.order("cage-1 ok")
        well = next(picture for picture in pictures if picture[60:].mean() > 60)
        (at_ms, _) = clock_code.read(well) or (0, 0)
        assert 59_000 < now_ms() - at_ms < 70_000


def test_a_wrong_password_and_an_unknown_camera_are_refused() -> None:
    with SimulatedCameras([CAGE], login="watch:man") as cameras:
        good = cameras.url("cage-1")
        assert good.startswith("rtsp://watch:man@127.0.0.1:")
        for login in ["", "watch:dog@"]:
            with pytest.raises(HTTPUnauthorizedError), opened(good.replace("watch:man@", login)):
                pass
        with pytest.raises(HTTPNotFoundError), opened(cameras.url("cage-2")):
            pass
        with opened(good) as container:
            next(lumas(container))


def test_a_clip_is_played_over_and_over_at_its_own_pace(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_clip(path, Cage(CageOptions(SMALL)), camera_no=1, begin_ms=0, seconds=1, fps=FPS)
    clips = [ClipCamera(f"clip-{number}", path) for number in (1, 2)]
    with SimulatedCameras(clips) as cameras, opened(cameras.url("clip-2")) as container:
        frames = []
        begin_s = time.monotonic()
        for frame in container.decode(video=0):
            frames.append(frame)
            if len(frames) == 25:
                break
        # FFmpeg has looked at the first ones already.
        assert 1.5 < time.monotonic() - begin_s < 8
    shown = [
        clock_code.read(np.asarray(frame.to_ndarray(format="gray"), np.uint8)) for frame in frames
    ]
    assert [read and read[0] for read in shown] == [n % 10 * 100 for n in range(25)]
    stamps = [frame.pts for frame in frames[1:]]
    assert stamps == sorted(set(stamps))


def test_orders_are_lines_and_each_is_answered() -> None:
    with SimulatedCameras([CAGE], control=("127.0.0.1", 0)) as cameras:
        address = "127.0.0.1", cameras.control_port or 0
        with socket.create_connection(address, 5) as control:
            for line, answer in [
                ("cage-1 black", "ok"),
                ("* lights off", "ok"),
                ("cage-2 black", "refused: there is no camera 'cage-2'"),
                ("cage-1 dance", "refused: a camera knows no order 'dance'"),
                ("", "refused: say CAMERA and ORDER, e.g. belt-1 black"),
            ]:
                control.sendall(f"{line}\n".encode())
                assert control.recv(1_000) == f"{answer}\n".encode()
            control.sendall(b"x" * LINE_BYTES_MAX * 2)
            with pytest.raises(ConnectionError):
                # Hung up on, one way or the other.
                if not control.recv(1_000):
                    raise ConnectionAbortedError
        with pytest.raises(OrderError, match="no camera"):
            cameras.order("cage-2 black")


def test_a_taken_port_and_a_missing_file_are_said(tmp_path: Path) -> None:
    with SimulatedCameras([CAGE]) as cameras:
        taken = "127.0.0.1", cameras.port
        for where in ({"listen": taken}, {"control": taken}):
            with (
                pytest.raises(ListenError, match="cannot listen"),
                SimulatedCameras([CAGE], **where),
            ):
                pass
    with pytest.raises(ClipError, match="cannot read"):
        SimulatedCameras([ClipCamera("a", tmp_path / "none.mp4")])


def test_a_camera_that_fails_ends_them_all_with_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(source: LiveSource, at_ms: int, orders: Orders) -> AccessUnit:
        raise RuntimeError("out of film")

    monkeypatch.setattr(LiveSource, "next_unit", fail)
    with pytest.raises(ExceptionGroup) as caught, SimulatedCameras([CAGE, BELT]) as cameras:
        with pytest.raises(FFmpegError), opened(cameras.url("cage-1")):
            pass
        cameras.wait_end()
    assert caught.group_contains(RuntimeError, match="out of film")


def test_the_program_says_where_its_cameras_are_and_ends_by_a_signal() -> None:
    camera = "in-1=belt,size=640x360,fps=5"
    argv = ["camera", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--camera", camera]
    process = subprocess.Popen(
        [sys.executable, "-m", "simulators", *argv], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout as said:
        url = said.readline().removeprefix("A camera at ").strip()
        assert said.readline().startswith("orders at port ")
        with opened(url) as container:
            assert next(lumas(container)).shape == (360, 640)
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(10) == 0


def test_a_wrong_call_is_one_sentence_and_exit_2() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "simulators", "camera", "--camera", "a=belt,speed=0"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
    )
    said = "custos-sim: camera a: speed is 1 to 5000, not 0\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)
