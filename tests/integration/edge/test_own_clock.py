"""A camera is asked for the time that it writes into its picture, over real HTTP. docs/adr/0029."""

import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.backoff import Backoff
from devices.onvif import Failure, OnvifError
from devices.onvif_talk import ANSWER_S_MAX, ask_time
from edge.clock import SystemClock, TestClock
from edge.metrics import Metrics
from edge.video import own_clock_thread
from edge.video.moments import Moments
from edge.video.noted import FactNoted
from edge.video.own_clock_thread import OnvifSetup, OwnClockThread
from simulators.cameras.cage import CageOptions
from simulators.cameras.camera_options import LiveCamera
from simulators.cameras.onvif import answer_of
from simulators.cameras.orders import OnvifFault, Orders
from simulators.cameras.pictures import Size
from simulators.cameras.simulated_cameras import SimulatedCameras
from tests.footage_parts import told_of
from tests.integration.edge.rig import House, open_house
from tests.rig.programs import free_port, wait_until
from wire.events import CameraFact
from wire.names import parse_at

AHEAD_MS = 192_410
CAGE = CageOptions(Size(640, 360))
HOST = ("127.0.0.1", 0)


@pytest.fixture(scope="module")
def cameras() -> Iterator[SimulatedCameras]:
    each = [LiveCamera(name, CAGE, fps=5) for name in ("well", "mute", "hang", "garbage")]
    with SimulatedCameras(each, onvif=HOST) as running:
        yield running


def failure_of(url: str, answer_s_max: float = 0.5) -> Failure:
    with pytest.raises(OnvifError) as caught:
        ask_time(url, time.monotonic, answer_s_max)
    assert "127.0.0.1" not in str(caught.value)
    return caught.value.failure


def test_a_camera_says_its_time_between_question_and_answer(cameras: SimulatedCameras) -> None:
    cameras.order("well clock 5000")
    before = time.time() + 5
    found = ask_time(cameras.onvif_url("well"), time.monotonic)
    assert int(before) <= found.said_s <= time.time() + 5
    assert 0 <= found.came_s - found.sent_s < ANSWER_S_MAX


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        (OnvifFault.HANG, Failure.TIMEOUT),
        (OnvifFault.DRIP, Failure.TIMEOUT),
        (OnvifFault.GARBAGE, Failure.NOT_ONVIF),
        (OnvifFault.BOMB, Failure.MALFORMED),
        (OnvifFault.FAULT, Failure.FAULT),
        (OnvifFault.LOGIN, Failure.REFUSED),
        (OnvifFault.LOCAL, Failure.NO_UTC),
        (OnvifFault.LONG, Failure.TOO_LONG),
    ],
)
def test_each_broken_answer_is_told_by_its_kind_and_in_time(
    cameras: SimulatedCameras, fault: OnvifFault, failure: Failure
) -> None:
    cameras.order(f"mute onvif {fault}")
    began_s = time.monotonic()
    assert failure_of(cameras.onvif_url("mute")) is failure
    assert time.monotonic() - began_s < 1.5
    cameras.order("mute onvif ok")
    ask_time(cameras.onvif_url("mute"), time.monotonic)


def test_nobody_there_somebody_else_and_a_hung_up_line_are_told_apart(
    cameras: SimulatedCameras,
) -> None:
    assert failure_of(f"http://127.0.0.1:{free_port()}/onvif") is Failure.UNREACHABLE
    assert failure_of(f"http://127.0.0.1:{cameras.port}/onvif") is not Failure.UNREACHABLE
    assert failure_of(cameras.onvif_url("nobody")) is Failure.NOT_ONVIF


def test_any_status_but_success_is_no_time_whatever_its_body_says() -> None:
    good = answer_of(Orders(), 0)
    for status in (b"202 Accepted", b"301 Moved", b"404 Not Found", b"500 Error", b"100 Continue"):
        with socket.create_server(HOST) as server:
            answer = good.replace(b"200 OK", status, 1)
            failed = _asked_of(server, answer)
        assert failed in (Failure.NOT_ONVIF, Failure.TIMEOUT)


def _asked_of(server: socket.socket, answer: bytes) -> Failure:
    def serve() -> None:
        line, _ = server.accept()
        with line:
            line.recv(65_536)
            line.sendall(answer)

    serving = threading.Thread(target=serve)
    serving.start()
    try:
        return failure_of(f"http://127.0.0.1:{server.getsockname()[1]}/onvif")
    finally:
        serving.join()


# ------------------------------------------------------------ the thread


class Rig:
    """The thread of one camera; ``rate``: how fast the edge's clock runs."""

    def __init__(self, url: str, rate: float | None = None) -> None:
        start = parse_at("2026-11-22T01:02:03.456Z")
        self.clock = SystemClock(None if rate is None else TestClock(start, rate))
        self.metrics, self.told = Metrics(), list[FactNoted]()
        setup = OnvifSetup("cam", url)
        self.thread = OwnClockThread(setup, self.metrics, self.look, self.told.append)

    def look(self) -> Moments:
        test_clock = self.clock.test_clock
        return Moments(
            wall_ms=self.wall_ms(),
            mono_ms=self.clock.boottime_ms(),
            boot="ab" * 16,
            picture_s=self.clock.mono_ns() / 1e9,
            rate=1.0 if test_clock is None else test_clock.rate,
        )

    def wall_ms(self) -> int:
        return int(self.clock.now().timestamp() * 1000)

    def failures(self, failure: Failure) -> float:
        return float(self.metrics.own_clock_failures.labels("cam", failure)._value.get())


@pytest.mark.parametrize("rate", [None, 60.0])
def test_under_any_clock_the_told_offset_is_the_injected_one_within_its_error(
    rate: float | None,
) -> None:
    rig = Rig("", rate)
    camera = LiveCamera("cam", CAGE, ahead_ms=AHEAD_MS)
    with SimulatedCameras([camera], onvif=HOST, now_ms=rig.wall_ms) as simulated:
        rig.thread._setup = OnvifSetup("cam", simulated.onvif_url("cam"))
        rig.thread.start()
        wait_until(lambda: rig.told, "it is told")
        assert rig.thread.stop(5)
    (found,) = rig.told
    assert found.offset is not None
    assert (found.fact, found.reason) == (CameraFact.OWN_CLOCK, "onvif")
    assert abs(found.offset.offset_ms + AHEAD_MS) <= found.offset.error_ms <= 150 * (rate or 1)


def test_after_a_failure_it_asks_again_with_backoff_and_then_tells(
    cameras: SimulatedCameras, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_clock_thread, "RETRY", Backoff(first_s=0.01, max_s=0.02))
    cameras.order("mute onvif fault")
    rig = Rig(cameras.onvif_url("mute"))
    rig.thread.start()
    wait_until(lambda: rig.failures(Failure.FAULT) >= 3, "it failed, and asks again")
    assert rig.told == []
    cameras.order("mute onvif ok")
    wait_until(lambda: rig.told, "it is told")
    assert rig.thread.stop(5)


def test_a_row_that_breaks_off_tells_nothing(
    cameras: SimulatedCameras, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def ask(url: str, now_s: object) -> object:
        asked.append(url)
        if len(asked) == 3:
            raise OnvifError(Failure.TIMEOUT)
        return ask_time(url, time.perf_counter)

    monkeypatch.setattr(own_clock_thread, "ask_time", ask)
    rig = Rig(cameras.onvif_url("well"))
    rig.thread.start()
    wait_until(lambda: rig.failures(Failure.TIMEOUT) == 1, "the third answer fails")
    assert rig.thread.stop(5)
    assert (rig.told, len(asked)) == ([], 3)


def test_what_nobody_foresaw_is_counted_and_gone_on_with(
    cameras: SimulatedCameras, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_it_is, failed = ask_time, []

    def ask(url: str, now_s: object) -> object:
        if not failed:
            failed.append(True)
            raise ZeroDivisionError
        return as_it_is(url, time.perf_counter)

    monkeypatch.setattr(own_clock_thread, "ask_time", ask)
    monkeypatch.setattr(own_clock_thread, "RETRY", Backoff(first_s=0.01, max_s=0.02))
    rig = Rig(cameras.onvif_url("well"))
    rig.thread.start()
    wait_until(lambda: rig.told, "it is told")
    assert rig.thread.stop(5)
    assert rig.metrics.crashes.labels("own-clock")._value.get() == 1


# ------------------------------------------------------------ the real program

CAMERA = '[[camera]]\nid = "{0}"\nurl = "{1}"\n{2}'


def facts_at_hub(house: House, fact: CameraFact) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in house.hub.lines]
    return [line for line in lines if line.get("fact") == fact]


def segments_at_hub(house: House) -> set[object]:
    lines = [json.loads(line) for line in house.hub.lines]
    return {line["device"] for line in lines if line["kind"] == "segment"}


def test_by_the_real_program_one_camera_tells_its_time_and_three_only_record(
    tmp_path: Path, cameras: SimulatedCameras
) -> None:
    cameras.order(f"well clock {AHEAD_MS}")
    cameras.order("hang onvif hang")
    cameras.order("garbage onvif garbage")
    names = ("well", "mute", "hang", "garbage")
    config = "".join(
        CAMERA.format(
            name,
            cameras.url(name),
            "" if name == "mute" else f'onvif = "{cameras.onvif_url(name)}"\n',
        )
        for name in names
    )
    with open_house(tmp_path, config) as house:
        house.edge.start()
        wait_until(lambda: facts_at_hub(house, CameraFact.OWN_CLOCK), "the clock is told")
        wait_until(lambda: segments_at_hub(house) == set(names), "all four record")
        metrics = house.edge.get("metrics")
        house.edge.stop()
        log = house.edge.log.read_text()
        for name in names:
            assert told_of(house.edge.data_dir, name).count(CameraFact.LOST) == 0
        (told,) = facts_at_hub(house, CameraFact.OWN_CLOCK)
    assert (told["device"], told["reason"]) == ("well", "onvif")
    offset_ms, error_ms = told["offset_ms"], told["error_ms"]
    assert isinstance(offset_ms, int)
    assert isinstance(error_ms, int)
    assert abs(offset_ms + AHEAD_MS) <= error_ms <= 250
    failures = set(re.findall(r"own_clock_failures_total\{(.*)\} 1\.0", metrics))
    assert failures == {
        'camera="hang",failure="timeout"',
        'camera="garbage",failure="not_onvif"',
    }
    assert "thread_crashes_total{" not in metrics
    assert "/onvif/" not in log
    assert not any(b"/onvif/" in line for line in house.hub.lines)
