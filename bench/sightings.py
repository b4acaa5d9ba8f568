"""The labels part of ``python -m bench video``: what an edge tells of a belt that it looks at.

A simulated 1080p25 belt in a process of its own, RTSP over TCP, and this process as the edge: its
processor time with reading, less what recording alone takes. Aims: every parcel told at up to 1,500
px/s, within a second of its label's being whole in the picture, for a fifth of a core.
"""

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.figures import Spread
from bench.running import running
from edge.video.cameras import FOLDER
from simulators.cameras.belt import Belt, BeltOptions
from tests.reading_parts import Told, recording
from tests.rig.programs import free_port, is_listening, wait_until
from wire.events import CameraFact
from wire.names import parse_at

SPEEDS_PX_S = (500, 1_500, 2_500)
SECONDS = 30
SEED = 7
SETTLE_S = 3.0


def measure_sightings() -> dict[str, Any]:
    """Run it; returns the figures as JSON."""
    recorded = _play(SPEEDS_PX_S[0], reads=False)
    base = recorded["cpu_ms_per_s"]
    print(f"one 1080p25 belt recorded: {base:.1f} ms of processor a second")
    figures: dict[str, Any] = {"recorded_cpu_ms_per_s": base}
    for speed in SPEEDS_PX_S:
        found = _play(speed, reads=True)
        found["reading_cpu_ms_per_s"] = found["cpu_ms_per_s"] - base
        figures[f"{speed}_px_s"] = found
        print(
            f"read at {speed} px/s: {found['told']} of {found['passed']} parcels told, "
            f"{found['foreign']} that were not there, {found['skipped']:.0f} pictures skipped, "
            f"{found['reading_cpu_ms_per_s']:.0f} ms a second more; "
            f"told after {found['told_after_ms']} ms"
        )
    return figures


def _play(speed_px_s: int, *, reads: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="bench-sightings-") as name:
        folder, port = Path(name), free_port()
        options = f"belt=belt,seed={SEED},speed={speed_px_s}"
        command = [sys.executable, "-m", "simulators", "camera", "--camera", options]
        command += ["--listen", f"127.0.0.1:{port}"]
        with running(command, folder / "cameras.log"):
            wait_until(lambda: is_listening(port), "the camera listens", 60)
            with recording(folder, f"rtsp://127.0.0.1:{port}/belt", reads=reads) as told:
                parts = folder / FOLDER / "cam"
                wait_until(lambda: list(parts.glob("*.part")), "it records", 60)
                time.sleep(SETTLE_S)
                began_s, busy_s, from_ms = time.monotonic(), time.process_time(), _now_ms()
                time.sleep(SECONDS)
                took_s, used_s = time.monotonic() - began_s, time.process_time() - busy_s
                figures: dict[str, Any] = {"cpu_ms_per_s": used_s / took_s * 1000}
                time.sleep(SETTLE_S)
        return figures | _compared(told, speed_px_s, from_ms, from_ms + SECONDS * 1000)


def _compared(told: Told, speed_px_s: int, from_ms: int, to_ms: int) -> dict[str, Any]:
    """What was told, held against what came by wholly within a time."""
    belt = Belt(BeltOptions(seed=SEED, speed_px_s=speed_px_s))
    shown = belt.in_view(from_ms - 60_000, to_ms + 60_000)
    begun = {
        each.waybill: each.from_ms
        for each in shown
        if each.from_ms >= from_ms and each.to_ms <= to_ms
    }
    sightings = told.of(CameraFact.SIGHTING)
    found = {each.waybill: parse_at(each.at).timestamp() * 1000 for each in sightings}
    after_ms = [at_ms - begun[waybill] for waybill, at_ms in found.items() if waybill in begun]
    return {
        "passed": len(begun),
        "told": len(begun.keys() & found.keys()),
        "foreign": len(found.keys() - {each.waybill for each in shown}),
        "skipped": told.skipped,
        "told_after_ms": round(Spread.of(after_ms).median) if after_ms else None,
    }


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
