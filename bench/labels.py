"""``python -m bench labels``: what is read off real photographs, single frames and a moving belt.

CPU times are of one thread (``cv2.setNumThreads(1)``). Aims: the level pass 1.2 ms a 1080p frame,
level, finder and upright crop together 4.7 ms. Photographs: ``$CUSTOS_REFERENCE_DATA/barcodes``.
"""

import math
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pyzbar import pyzbar

from bench.figures import Spread
from devices.label_finding import Crop, cut_upright, find_regions
from devices.labels import (
    READABLE,
    SeenLabel,
    read_closely,
    read_labels,
    read_level,
    read_upright,
    read_zbar,
)
from devices.pictures import Grey
from devices.symbology import Symbology
from simulators.cameras.belt import Belt, BeltOptions
from simulators.cameras.pictures import luma_of
from tests.label_pictures import (
    WAYBILLS,
    Photograph,
    as_seen,
    belt,
    cage,
    draw_label,
    lay,
    photographs,
    sensor_noise,
)

SPEEDS_PX_S = (500, 1_500, 2_500)
ANGLES_DEG = (0, 15, 30, 45)
PARCELS = 10
LOOK_MS = 80
"""Every second frame of 25 a second."""
BASELINE_EVERY = 10
"""zbar over the whole frame is slow: asked at one look of so many."""
BEGUN_MS = 1_767_225_600_000
MODULE_PX = 2
FRAMES = 100

Engine = Callable[[Grey], Iterable[SeenLabel]]


def measure() -> dict[str, Any]:
    """Run all three; returns the figures as JSON."""
    cv2.setNumThreads(1)
    figures: dict[str, Any] = {}
    reference = os.environ.get("CUSTOS_REFERENCE_DATA")
    if reference is None:
        print("photographs: CUSTOS_REFERENCE_DATA is not set, not measured")
    else:
        figures["photographs"] = measure_photographs(Path(reference) / "barcodes")
    figures["frames"] = measure_frames()
    figures["belt"] = measure_belt()
    return figures


# ---------------------------------------------------------------- photographs


def _crops(picture: Grey) -> Iterator[Crop]:
    for region in find_regions(picture):
        yield cut_upright(picture, region)


ENGINES: dict[str, Engine] = {
    "zxing level": lambda picture: read_level(picture, READABLE),
    "zxing upright crops": lambda picture: (
        label for crop in _crops(picture) for label in read_upright(crop, READABLE)
    ),
    "zbar upright crops": lambda picture: (
        label for crop in _crops(picture) for label in read_zbar(crop, READABLE)
    ),
    "combined": lambda picture: read_labels(picture, READABLE),
    "combined, closely": lambda picture: read_closely(picture, READABLE),
}
"""By name; the crops' engines find the crops themselves, so that their time is whole."""


def measure_photographs(root: Path) -> dict[str, Any]:
    """Share read, false reads and CPU of each engine in each folder."""
    folders: dict[str, list[Photograph]] = defaultdict(list)
    for photograph in photographs(root):
        folders[photograph.folder].append(photograph)
    figures: dict[str, Any] = {}
    print(f"{'photographs':18s} {'engine':20s}  read      false   CPU ms a picture")
    for folder, members in folders.items():
        figures[folder] = {name: _read_all(members, read) for name, read in ENGINES.items()}
        for name, row in figures[folder].items():
            cpu = row["cpu_ms"]
            print(
                f"{folder:18s} {name:20s}  {row['read']:3d} of {row['of']:3d}  {row['false']:3d}"
                f"   median {cpu['median']:6.2f}  p99 {cpu['p99']:6.2f}"
            )
    return figures


def _read_all(members: list[Photograph], read: Engine) -> dict[str, Any]:
    read_rightly, false, cpu_ms = 0, 0, []
    for photograph in members:
        begun = time.process_time()
        codes = {label.frame.raw for label in read(photograph.picture)}
        cpu_ms.append((time.process_time() - begun) * 1000)
        right = {code for code in codes if photograph.is_read_as(code)}
        read_rightly += bool(right)
        false += len(codes - right)
    return {
        "of": sum(photograph.text is not None for photograph in members),
        "read": read_rightly,
        "false": false,
        "cpu_ms": asdict(Spread.of(cpu_ms)),
    }


# ---------------------------------------------------------------- single frames


def measure_frames() -> dict[str, Any]:
    """CPU of one 1080p frame: read at once, read after a turn, in vain, and with nothing in it."""
    dice = np.random.default_rng(1)
    noise = [sensor_noise(dice) for _ in range(4)]
    label = draw_label("103000000001", module_px=MODULE_PX)

    def with_label(angle_deg: float, blur_px: float) -> Grey:
        frame = belt(dice)
        lay(frame, label, x=960, y=540, angle_deg=angle_deg, blur_px=blur_px)
        return frame

    kinds = {
        "level label": with_label(4, 0),
        "turned label": with_label(30, 0),
        "unreadable label": with_label(30, 14),
        "empty belt": belt(dice),
        "cage, no label": cage(),
    }
    figures: dict[str, Any] = {}
    for name, frame in kinds.items():
        seen = [as_seen(frame, each) for each in noise]
        figures[name] = {
            "level_pass_ms": asdict(_cpu_ms(seen, read_level)),
            "whole_ms": asdict(_cpu_ms(seen, read_labels)),
            "read": sum(bool(read_labels(each, WAYBILLS)) for each in seen) / len(seen),
        }
        whole, level = figures[name]["whole_ms"], figures[name]["level_pass_ms"]
        print(
            f"1080p {name:18s} read {figures[name]['read']:4.0%}   CPU ms: level pass"
            f" {level['median']:5.2f}, all {whole['median']:6.2f}  p99 {whole['p99']:6.2f}"
        )
    return figures


def _cpu_ms(frames: list[Grey], read: Callable[[Grey, frozenset[Symbology]], Any]) -> Spread:
    taken = []
    for number in range(FRAMES):
        begun = time.process_time()
        read(frames[number % len(frames)], WAYBILLS)
        taken.append((time.process_time() - begun) * 1000)
    return Spread.of(taken)


# ---------------------------------------------------------------- belt


def measure_belt() -> list[dict[str, Any]]:
    """Parcels pass a simulated camera of 1080p at three speeds, turned by four angles."""
    print(f"belt: {PARCELS} parcels each, labels of 3 px a module, a look every {LOOK_MS} ms")
    rows = []
    for speed in SPEEDS_PX_S:
        for angle in ANGLES_DEG:
            row = _watch_belt(BeltOptions(seed=angle + 1, speed_px_s=speed, angle_deg=angle))
            rows.append(row)
            print(
                f"  {speed:5d} px/s {angle:2d} deg   read {row['read']:4.0%}, twice"
                f" {row['read_twice']:4.0%}, delay {row['delay_ms']:4.0f} ms, false {row['false']};"
                f" of its looks {row['looks_read']:4.0%} (level pass alone"
                f" {row['looks_read_level']:4.0%}, zbar on whole frames"
                f" {row['looks_read_zbar']:4.0%}); CPU ms a frame"
                f" {row['cpu_ms']['median']:5.2f} p99 {row['cpu_ms']['p99']:6.2f}"
                f" (zbar {row['zbar_cpu_ms']['median']:6.2f})"
            )
    return rows


def _watch_belt(options: BeltOptions) -> dict[str, Any]:
    belt = Belt(options)
    passages = belt.in_view(BEGUN_MS, BEGUN_MS + PARCELS * 60_000)[1 : PARCELS + 1]
    ended_ms = max(passage.to_ms for passage in passages)
    neighbours = belt.in_view(BEGUN_MS - 60_000, ended_ms + 60_000)
    told = {passage.waybill.encode() for passage in neighbours}
    reads: dict[str, dict[bytes, list[tuple[int, bool]]]] = defaultdict(lambda: defaultdict(list))
    cpu_ms: dict[str, list[float]] = defaultdict(list)
    false: set[bytes] = set()
    for number, at_ms in enumerate(range(passages[0].from_ms, ended_ms, LOOK_MS)):
        frame = np.ascontiguousarray(luma_of(belt.frame(at_ms)))
        for name, read in BELT_ENGINES.items():
            if name == "zbar" and number % BASELINE_EVERY:
                continue
            begun = time.process_time()
            codes = read(frame)
            cpu_ms[name].append((time.process_time() - begun) * 1000)
            if name == "labels":
                false |= {code for code in codes if len(code) == 12} - told
            for passage in passages:
                if passage.from_ms <= at_ms <= passage.to_ms:
                    code = passage.waybill.encode()
                    reads[name][code].append((at_ms - passage.from_ms, code in codes))
    parcels = list(reads["labels"].values())
    delays = [next(age for age, was_read in looks if was_read) for looks in parcels if _hits(looks)]
    return {
        "speed_px_s": options.speed_px_s,
        "angle_deg": options.angle_deg,
        "read": sum(_hits(looks) >= 1 for looks in parcels) / len(passages),
        "read_twice": sum(_hits(looks) >= 2 for looks in parcels) / len(passages),
        "looks_read": _share(reads["labels"]),
        "looks_read_level": _share(reads["level"]),
        "looks_read_zbar": _share(reads["zbar"]),
        "false": len(false),
        "delay_ms": sum(delays) / len(delays) if delays else math.nan,
        "cpu_ms": asdict(Spread.of(cpu_ms["labels"])),
        "zbar_cpu_ms": asdict(Spread.of(cpu_ms["zbar"])),
    }


BELT_ENGINES: dict[str, Callable[[Grey], set[bytes]]] = {
    "labels": lambda frame: {label.frame.raw for label in read_labels(frame, WAYBILLS)},
    "level": lambda frame: {label.frame.raw for label in read_level(frame, WAYBILLS)},
    "zbar": lambda frame: {
        each.data for each in pyzbar.decode(frame, symbols=[pyzbar.ZBarSymbol.CODE128])
    },
}


def _hits(looks: list[tuple[int, bool]]) -> int:
    return sum(was_read for _, was_read in looks)


def _share(reads: dict[bytes, list[tuple[int, bool]]]) -> float:
    return sum(map(_hits, reads.values())) / max(1, sum(map(len, reads.values())))
