"""``make bench AREA=watch``: how fast a camera's fault is told, and how often one is told wrongly.

Drawn rooms of 20 seeds: each fault 20 times, and 20 camera-hours of normal life (lamps out and on,
people, a running belt). Key frames each 2 s. Aims: black within 5 s, frozen 15 s, the others 30 s;
no false alarm; at most 3 ms for a key frame.
"""

import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.figures import Spread
from devices.pictures import Grey
from edge.video.watch import CameraWatch, Fault
from edge.video.watch_features import features_of
from tests.unit.edge.video.drawn_room import Room

SEEDS = range(20)
APART_S = 2.0
BEGINS_S, LAST_S = 61.0, 110.0
"""Between two key frames, so that each fault waits a second for its first one."""
NORMAL_S = 3600.0
START = datetime(2026, 3, 2, 8, tzinfo=UTC)
AIM_S = {
    Fault.BLACK: 5,
    Fault.FROZEN: 15,
    Fault.COVERED: 30,
    Fault.MOVED: 30,
    Fault.DEFOCUSED: 30,
}
FAULTS: dict[str, tuple[Fault, Callable[[Room, float], Grey]]] = {
    "black": (Fault.BLACK, lambda room, at_s: room.black(at_s)),
    "frozen": (Fault.FROZEN, lambda room, _: room.picture(BEGINS_S)),
    "covered": (Fault.COVERED, lambda room, at_s: room.covered(at_s)),
    "moved by 2 %": (Fault.MOVED, lambda room, at_s: room.picture(at_s, shift=(6, 2))),
    "moved by 20 %": (Fault.MOVED, lambda room, at_s: room.picture(at_s, shift=(60, 30))),
    "defocused, 0.5 %": (Fault.DEFOCUSED, lambda room, at_s: room.picture(at_s, blur=1.5)),
    "defocused, 2 %": (Fault.DEFOCUSED, lambda room, at_s: room.picture(at_s, blur=6)),
}
"""Per cent of the picture's width: of the shift, and of the blur's sigma."""


def measure() -> dict[str, Any]:
    """Run all parts; returns the figures as JSON."""
    figures: dict[str, Any] = {"delay_s": {}}
    print("delay from fault to finding, s (20 rooms, key frames each 2 s)")
    for name, (kind, drawing) in FAULTS.items():
        delays = [delay for seed in SEEDS if (delay := _delay(seed, kind, drawing)) is not None]
        missed = len(SEEDS) - len(delays)
        figures["delay_s"][name] = {"missed": missed, **asdict(Spread.of(delays or [LAST_S]))}
        print(
            f"  {name:18} aim {AIM_S[kind]:2}   {Spread.of(delays or [LAST_S])}   missed {missed}"
        )
    figures |= _normal_life()
    return figures


def _delay(seed: int, kind: Fault, drawing: Callable[[Room, float], Grey]) -> float | None:
    room, watch, at_s = Room(seed, hours=0.1), CameraWatch(), 0.0
    while at_s < LAST_S:
        picture = drawing(room, at_s) if at_s >= BEGINS_S else room.picture(at_s)
        for finding in watch.step(features_of(picture), START + timedelta(seconds=at_s)):
            if finding.kind is kind:
                return at_s - BEGINS_S
        at_s += APART_S
    return None


def _normal_life() -> dict[str, Any]:
    alarms, taken_ms = 0, list[float]()
    for seed in SEEDS:
        room, watch = Room(seed), CameraWatch()
        for tick in range(int(NORMAL_S / APART_S)):
            picture = room.picture(tick * APART_S)
            begun = time.thread_time()
            found = watch.step(features_of(picture), START + timedelta(seconds=tick * APART_S))
            taken_ms.append((time.thread_time() - begun) * 1000)
            alarms += len(found)
    hours = len(SEEDS) * NORMAL_S / 3600
    print(f"findings in {hours:g} camera-hours of normal life: {alarms}")
    print(f"a key frame, ms of CPU    {Spread.of(taken_ms)}")
    return {
        "false_alarms_per_camera_hour": alarms / hours,
        "key_frame_cpu_ms": asdict(Spread.of(taken_ms)),
    }
