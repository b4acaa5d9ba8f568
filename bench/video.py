"""``python -m bench video``: 24 simulated 1080p25 channels recorded by one edge.

The real edge and the real camera simulator in processes of their own, RTSP over TCP between them.
Beside it what a user would pick instead: OpenCV's capture and writer for one channel, and for a
clip the ffmpeg program and a plain copy of its bytes. Aims: no second lost that is no told gap, 40
times less processor time a channel-second than OpenCV, flat memory, a 30 s clip in at most twice
the time of a byte copy and half the time of ffmpeg. ``CUSTOS_BENCH_MINUTES`` shortens it (10).
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from bench.figures import Spread, resident_mib
from bench.running import running
from bench.sightings import measure_sightings
from edge.video.cameras import FOLDER
from edge.video.store import FILE_NAME, FootageStore
from hub.video.clip import Part, cut_clip
from simulators.cameras.belt import Belt, BeltOptions
from simulators.cameras.clip import write_clip
from tests.footage_parts import Told, seams_ms, told_of
from tests.rig.programs import free_port, is_listening, wait_until

CHANNELS = 24
FPS = 25
CLIP_S = 20
OPENCV_S = 20
LOOK_EVERY_S = 5.0
SETTLE_S = 20.0
"""Connections and encoders' buffers grow at the beginning; memory is compared from here on."""
CLIP_MS = 30_000
ROUNDS = 15


def measure() -> dict[str, Any]:
    """Run it; returns the figures as JSON."""
    minutes = float(os.environ.get("CUSTOS_BENCH_MINUTES", "10"))
    with tempfile.TemporaryDirectory(prefix="bench-video-") as name:
        folder = Path(name)
        port = free_port()
        print(f"{CHANNELS} channels 1080p{FPS} for {minutes:g} min; the clip is drawn first")
        write_clip(
            folder / "belt.mp4",
            Belt(BeltOptions()),
            camera_no=1,
            begin_ms=0,
            seconds=CLIP_S,
            fps=FPS,
        )
        with simulator(folder, port) as cameras:
            figures = _record(folder, port, minutes * 60)
            figures["opencv"] = _opencv(folder, port)
            figures["simulator_cpu_s"] = sum(cameras.cpu_times()[:2])
        ours, theirs = figures["cpu_ms_per_channel_s"], figures["opencv"]["cpu_ms_per_channel_s"]
        figures["opencv_over_ours"] = theirs / ours
        print(f"OpenCV: {theirs:.1f} ms a channel-second, {theirs / ours:.0f} x ours")
        figures["clip"] = _clips(folder)
    figures["sightings"] = measure_sightings()
    return figures


@contextmanager
def simulator(folder: Path, port: int) -> Iterator[psutil.Process]:
    """``custos-sim camera`` with ``CHANNELS`` that loop one file."""
    cameras = [
        argument
        for number in range(CHANNELS)
        for argument in ("--camera", f"c{number}=clip,file={folder / 'belt.mp4'}")
    ]
    command = [sys.executable, "-m", "simulators", "camera", "--listen", f"127.0.0.1:{port}"]
    with running([*command, *cameras], folder / "cameras.log") as process:
        wait_until(lambda: is_listening(port), "the cameras listen", 60)
        yield process


# ---------------------------------------------------------------- recording


def _record(folder: Path, port: int, seconds: float) -> dict[str, Any]:
    data_dir = folder / "edge"
    station = free_port()
    config = folder / "edge.toml"
    tables = [
        f'[[camera]]\nid = "c{number}"\nurl = "rtsp://127.0.0.1:{port}/c{number}"\n'
        for number in range(CHANNELS)
    ]
    config.write_text(
        f'site = "755A"\nedge = "dock"\ndata_dir = "{data_dir}"\n'
        f'[hub]\nmqtt = "mqtt://127.0.0.1:{free_port()}"\nhttp = "http://127.0.0.1:{free_port()}"\n'
        f'[station]\nlisten = "127.0.0.1:{station}"\n' + "".join(tables)
    )
    command = [sys.executable, "-m", "edge", "--config", str(config)]
    with running(command, folder / "edge.log") as edge:
        parts = data_dir / FOLDER
        wait_until(lambda: len(list(parts.glob("*/*.part"))) == CHANNELS, "all record", 60)
        began, busy = time.monotonic(), sum(edge.cpu_times()[:2])
        memory = _watch(edge, began + seconds)
        took_s, used_s = time.monotonic() - began, sum(edge.cpu_times()[:2]) - busy
    told = [told_of(data_dir, f"c{number}") for number in range(CHANNELS)]
    return _recorded(told, took_s, used_s, memory)


def _watch(edge: psutil.Process, until: float) -> list[float]:
    began = time.monotonic()
    memory = []
    while time.monotonic() < until:
        time.sleep(LOOK_EVERY_S)
        if time.monotonic() - began >= min(SETTLE_S, (until - began) / 2):
            memory.append(resident_mib(edge.pid))
    return memory


def _recorded(
    told: list[Told], took_s: float, used_s: float, memory: list[float]
) -> dict[str, Any]:
    kept_s = sum(each.length_ms for one in told for each in one.segments) / 1000
    gap_s = sum(each.length_ms or 0 for one in told for each in one.gaps) / 1000
    lost_s = sum(max(0, each) for one in told for each in seams_ms(one)) / 1000
    frames = sum(each.frames for one in told for each in one.segments)
    per_channel_s = used_s / took_s / CHANNELS * 1000
    quarter = max(1, len(memory) // 4)
    early, late = (statistics.median(part) for part in (memory[:quarter], memory[-quarter:]))
    errors = Spread.of([float(each.error_ms) for one in told for each in one.segments])
    print(f"recorded {kept_s:.0f} s in {took_s:.0f} s x {CHANNELS}; frames/s {frames / kept_s:.2f}")
    print(f"told gaps {gap_s:.1f} s; lost and not told {lost_s:.3f} s")
    print(f"processor {per_channel_s:.2f} ms a channel-second ({used_s / took_s:.2f} cores)")
    print(f"memory {early:.1f} MiB, at the end {late:.1f} ({late / early - 1:+.1%})")
    print(f"error of a segment's times, ms: {errors}")
    return {
        "recorded_s": kept_s,
        "told_gap_s": gap_s,
        "lost_s": lost_s,
        "frames_per_s": frames / kept_s,
        "cpu_ms_per_channel_s": per_channel_s,
        "memory_mib": {"early": early, "late": late},
        "error_ms": errors.median,
    }


def _opencv(folder: Path, port: int) -> dict[str, float]:
    """One channel, decoded and coded anew, as the usual recipe does it."""
    url, target = f"rtsp://127.0.0.1:{port}/c0", folder / "opencv.mp4"
    command = [sys.executable, "-m", "bench.peers.opencv_recorder", url, str(target), str(OPENCV_S)]
    env = {**os.environ, "OPENCV_FFMPEG_CAPTURE_OPTIONS": "rtsp_transport;tcp"}
    done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    frames, used_s = done.stdout.split()
    return {"cpu_ms_per_channel_s": float(used_s) / (int(frames) / FPS) * 1000}


# ---------------------------------------------------------------- a clip


def _clips(folder: Path) -> dict[str, Any]:
    store = FootageStore(folder / "edge" / FILE_NAME)
    kept = store.between("c0", 0, 2**62, 1000)
    store.close()
    first = kept[1] if len(kept) > 6 else kept[0]
    since = first.began_ms + 4_000
    files = [each for each in kept if each.ended_ms > since and each.began_ms < since + CLIP_MS]
    home = folder / "edge" / FOLDER / "c0"
    parts = [Part(home / each.file, each.began_ms) for each in files]
    if files[-1].ended_ms < since + CLIP_MS:
        return {}
    listed = folder / "parts.txt"
    listed.write_text("".join(f"file '{part.path}'\n" for part in parts))
    ours, copied, ffmpeg = [], [], []
    clip = folder / "clip.mp4"
    for _ in range(ROUNDS):
        ours.append(_ms(lambda: cut_clip(parts, since, since + CLIP_MS, clip)))
        copied.append(_ms(lambda: (folder / "copy.mp4").write_bytes(clip.read_bytes())))
        if shutil.which("ffmpeg"):
            ffmpeg.append(_ms(lambda: _ffmpeg(listed, folder / "ffmpeg.mp4")))
    figures = {"ours_ms": statistics.median(ours), "byte_copy_ms": statistics.median(copied)}
    print(f"clip of 30 s across {len(parts)} segments, ms: {Spread.of(ours)}")
    print(f"  its bytes copied, ms:               {Spread.of(copied)}")
    if ffmpeg:
        figures["ffmpeg_ms"] = statistics.median(ffmpeg)
        print(f"  ffmpeg -c copy, ms:                 {Spread.of(ffmpeg)}")
    else:
        print("  ffmpeg is not installed: not compared")
    print("  ratios: " + ", ".join(f"{k} {figures['ours_ms'] / v:.2f}" for k, v in figures.items()))
    return figures


def _ms(act: Any) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def _ffmpeg(listed: Path, target: Path) -> None:
    before = ["ffmpeg", "-v", "error", "-y", "-f", "concat", "-safe", "0", "-ss", "4"]
    command = [*before, "-i", str(listed), "-t", "30", "-c", "copy", str(target)]
    subprocess.run(command, check=True)
