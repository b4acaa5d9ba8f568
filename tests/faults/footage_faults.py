"""What can go wrong while cameras are recorded, each as one run from a seed.

After each of them every moment is in a verified file or in a told gap; what was seen comes back
as figures. The test run does each once, ``make faults`` many times. Source: design section 8, P2.
"""

import random
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from edge.clock import SystemClock
from edge.metrics import Metrics
from edge.spool import Spool
from edge.spool_reader import SpoolReader
from edge.station_events import FootageLined, FootageLines
from edge.video.cameras import FOLDER, Cameras, House
from simulators.cameras.cage import CageOptions
from simulators.cameras.camera_options import LiveCamera
from simulators.cameras.pictures import Size
from simulators.cameras.simulated_cameras import SimulatedCameras
from tests.footage_parts import Told, check_covered, check_files, told_of
from tests.integration.edge.rig import House as EdgeHouse
from tests.integration.edge.rig import open_house
from tests.integration.edge.test_footage import CAMERA
from tests.integration.edge.test_recording import wait_fact
from tests.rig.programs import wait_until
from tests.samples import POLICY
from tests.video_parts import write_clip
from wire.events import Camera, CameraFact, Segment
from wire.policy import RetentionPolicy

KILLS = 4
JUMPS = 5
DISK_MIB = 64
CLIP_S = 3
GOOD_READ = b"\x1b7,"
LOST_S_MAX = 10.0

Figures = dict[str, Any]
Fault = Callable[[Path, random.Random], Figures]


class CannotMountError(Exception):
    """Nobody may mount a small disk here."""


def kill_the_recorder(folder: Path, rng: random.Random) -> Figures:
    """SIGKILL for the edge at drawn moments of a recording."""
    write_clip(folder / "clip.mp4", 60)
    with open_house(folder, CAMERA.format(folder / "clip.mp4")) as house:
        for _ in range(KILLS):
            house.edge.start()
            time.sleep(rng.uniform(1.5, 4))
            house.edge.kill()
        house.edge.start()
        time.sleep(2)
        house.edge.stop()
        told = told_of(house.edge.data_dir, "cage-cam")
        check_files(told, house.edge.data_dir / FOLDER / "cage-cam")
    covered_ms = check_covered(told)
    assert covered_ms > 6000
    assert told.count(CameraFact.LOST) == 0
    assert len(told.gaps) == KILLS
    assert {gap.reason for gap in told.gaps} == {"edge_down"}
    salvaged = sum(each.salvaged for each in told.segments)
    assert salvaged >= KILLS - 1
    return {"kills": KILLS, "seconds_covered": covered_ms / 1000, "salvaged": salvaged}


def lose_the_camera(folder: Path, rng: random.Random) -> Figures:
    """A real RTSP camera goes away, or stays and sends nothing, and comes back."""
    small = LiveCamera("cage-1", CageOptions(Size(640, 360)), fps=10)
    fault = rng.choice(["lost", "stall"])
    with (
        SimulatedCameras([small]) as cameras,
        open_house(folder, CAMERA.format(cameras.url("cage-1"))) as house,
    ):
        house.edge.start()
        wait_until(lambda: list((house.edge.data_dir / FOLDER).rglob("*.part")), "it records")
        time.sleep(rng.uniform(1, 4))
        cameras.order(f"cage-1 {fault}")
        began_s = time.monotonic()
        wait_fact(house, CameraFact.LOST)
        told_after_s = time.monotonic() - began_s
        time.sleep(rng.uniform(0, 3))
        cameras.order("cage-1 ok")
        wait_fact(house, CameraFact.BACK)
        wait_fact(house, CameraFact.GAP)
        house.edge.stop()
        told = told_of(house.edge.data_dir, "cage-cam")
        check_files(told, house.edge.data_dir / FOLDER / "cage-cam")
    assert told_after_s < LOST_S_MAX
    assert {gap.reason for gap in told.gaps} == {"camera_lost"}
    return {"told_after_s": round(told_after_s, 2), "seconds_covered": check_covered(told) / 1000}


def fill_the_disk(folder: Path, rng: random.Random) -> Figures:
    """The disk fills until footage makes room, and then until nothing can be recorded.

    Raises:
        CannotMountError: no small disk can be had.
    """
    write_clip(folder / "clip.mp4", CLIP_S)
    disk = folder / "edge"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        raise CannotMountError
    try:
        with open_house(folder, CAMERA.format(folder / "clip.mp4")) as house:
            house.edge.start()
            wait_until(lambda: _segments(house) >= 2, "two segments are kept", 30)
            time.sleep(rng.uniform(0, 3))
            ballast = _fill(house, free_mib=28)
            assert wait_fact(house, CameraFact.DELETED).reason == "disk"
            assert GOOD_READ in house.scanner.scan("755123456789")
            ballast.unlink()
            ballast = _fill(house, free_mib=8)
            wait_until(lambda: _segments(house) == 0, "all footage has made room", 30)
            # The camera's file plays anew within this: it is tried while there is no room.
            time.sleep(2 * CLIP_S)
            assert GOOD_READ in house.scanner.scan("755123456790")
            ballast.unlink()
            wait_until(lambda: _segments(house) >= 1, "it records again", 30)
            house.edge.stop()
            told = told_of(house.edge.data_dir, "cage-cam")
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
    assert "disk" in {gap.reason for gap in told.gaps}
    assert told.count(CameraFact.DELETED) >= 2
    return {"seconds_covered": check_covered(told) / 1000, "gaps": len(told.gaps)}


def jump_the_clock(folder: Path, rng: random.Random) -> Figures:
    """The machine's wall clock is set to and fro by up to two days while the cameras run."""
    write_clip(folder / "clip.mp4", 3)
    clock, events = _SettableClock(), []
    Spool(folder / "spool.sqlite", "5" * 32).close()
    retention = RetentionPolicy(days=30, area_days=90)
    house = House("755A", "dock", clock.boot_id(), folder, retention, POLICY.video)

    def line(lines: FootageLines) -> None:
        events.extend(lines.events)
        cameras.answer(FootageLined(lines.ids, "5" * 32, len(events), None))

    with closing(SpoolReader(folder / "spool.sqlite")) as reader:
        urls = [("cage-cam", str(folder / "clip.mp4"))]
        cameras = Cameras(house, urls, clock, Metrics(), reader, line)
    cameras.start()
    for _ in range(JUMPS):
        time.sleep(rng.uniform(0.3, 1.5))
        clock.ahead = timedelta(seconds=rng.choice([-1, 1]) * rng.choice([2, 60, 3600, 172_800]))
    time.sleep(1)
    assert cameras.stop(10) == []
    told = Told(
        [each for each in events if isinstance(each, Segment)],
        [each for each in events if isinstance(each, Camera)],
    )
    check_files(told, folder / FOLDER / "cage-cam")
    assert {gap.reason for gap in told.gaps} <= {"camera_lost"}
    covered_ms = check_covered(told)
    assert covered_ms > 1000 * JUMPS * 0.3
    return {"jumps": JUMPS, "seconds_covered": covered_ms / 1000, "segments": len(told.segments)}


FAULTS: Mapping[str, Fault] = {
    "kill": kill_the_recorder,
    "camera": lose_the_camera,
    "disk": fill_the_disk,
    "clock": jump_the_clock,
}


class _SettableClock(SystemClock):
    """The machine's clocks, of which the wall clock has been set ``ahead``."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


def _fill(house: EdgeHouse, free_mib: int) -> Path:
    ballast = house.edge.data_dir / "ballast"
    size_mib = DISK_MIB - free_mib - _used_mib(house.edge.data_dir)
    ballast.write_bytes(bytes(size_mib * 2**20))
    return ballast


def _used_mib(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        # Files come and go meanwhile.
        with suppress(FileNotFoundError):
            total += path.stat().st_size if path.is_file() else 0
    return total // 2**20


def _segments(house: EdgeHouse) -> int:
    return len(list((house.edge.data_dir / FOLDER).rglob("*.mp4")))
