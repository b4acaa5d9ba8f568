"""Labels drawn, turned, blurred and laid on a belt; and the photographs of real ones."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

from devices.labels import SeenLabel
from devices.pictures import Grey
from devices.symbology import Symbology

PAPER, INK = 205, 40
FRAME = (1080, 1920)
WAYBILL = "103000000001"
WAYBILLS = frozenset({Symbology.CODE128, Symbology.GS1_128})


def draw_label(
    code: str | bytes,
    kind: zxingcpp.BarcodeFormat = zxingcpp.BarcodeFormat.Code128,
    *,
    module_px: int = 3,
    bars_px: int = 90,
    gs1: bool = False,
) -> Grey:
    """A white sticker with one code: quiet zone round it, bars ``bars_px`` high if linear."""
    barcode = zxingcpp.create_barcode(code, kind, gs1=gs1)
    printed = np.array(barcode.to_image(add_quiet_zones=False))
    is_linear = np.array_equal(printed[0], printed[-1])
    rows = bars_px if is_linear else printed.shape[0] * module_px
    large = cv2.resize(
        printed, (printed.shape[1] * module_px, rows), interpolation=cv2.INTER_NEAREST
    )
    sticker = np.pad(large, 12 * module_px, constant_values=255).astype(np.float32)
    return (INK + sticker * ((PAPER - INK) / 255)).astype(np.uint8)


def lay(
    frame: Grey, label: Grey, *, x: float, y: float, angle_deg: float = 0.0, blur_px: float = 0.0
) -> NDArray[np.float64]:
    """Lay a label into a frame, its middle at (x, y), turned clockwise, blurred along the rows.

    Returns the four corners of the sticker in the frame.
    """
    height, width = label.shape
    angle = math.radians(angle_deg)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    corners = np.array([(0, 0), (width - 1, 0), (width - 1, height - 1), (0, height - 1)])
    laid = (corners - middle) @ turn.T + (x, y)
    left, top = np.floor(laid.min(axis=0) - 8).astype(int)
    right, bottom = np.ceil(laid.max(axis=0) + 8).astype(int)
    matrix = np.column_stack([turn, np.array([x - left, y - top]) - turn @ middle])
    size = (int(right - left), int(bottom - top))
    paper = cv2.warpAffine(label.astype(np.float32), matrix, size, flags=cv2.INTER_AREA)
    cover = cv2.warpAffine(np.ones_like(label, np.float32), matrix, size)
    _blend(frame, _smear(paper, blur_px), _smear(cover, blur_px), left, top)
    return laid


def _smear(picture: NDArray[np.float32], length_px: float) -> NDArray[np.float32]:
    """What an open shutter makes of a picture that moves ``length_px`` along its rows."""
    reach = math.ceil(length_px / 2)
    if not reach:
        return picture
    offsets = np.abs(np.arange(-reach, reach + 1))
    weights = np.clip(length_px / 2 - offsets + 0.5, 0, 1)
    kernel = (weights / weights.sum())[np.newaxis].astype(np.float32)
    return np.asarray(cv2.filter2D(picture, -1, kernel), np.float32)


def _blend(
    frame: Grey, paper: NDArray[np.float32], cover: NDArray[np.float32], left: int, top: int
) -> None:
    """Put a patch over a frame; what lies outside the frame is cut off."""
    height, width = frame.shape
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + paper.shape[1], width), min(top + paper.shape[0], height)
    if x0 >= x1 or y0 >= y1:
        return
    part = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
    under = frame[y0:y1, x0:x1]
    frame[y0:y1, x0:x1] = np.clip(paper[part] + under * (1 - cover[part]), 0, 255)


def belt(dice: np.random.Generator, shape: tuple[int, int] = FRAME) -> Grey:
    """An empty belt between its two rails, with the worn patches that belts have."""
    height, width = shape
    worn = cv2.resize(
        dice.normal(0, 9, (max(height // 40, 1), max(width // 40, 1))).astype(np.float32),
        (width, height),
        interpolation=cv2.INTER_CUBIC,
    )
    frame = np.full(shape, 70, np.float32) + worn
    for rail in (height // 12, height - height // 12):
        frame[rail - 6 : rail + 6] += 90
    return np.clip(frame, 0, 255).astype(np.uint8)


def cage(shape: tuple[int, int] = FRAME, pitch_px: int = 60) -> Grey:
    """A wire cage seen from the front: parallel bars from wall to wall, and no label."""
    frame = np.full(shape, 60, np.uint8)
    for at in range(0, shape[1], pitch_px):
        frame[:, at : at + 8] = 170
    for at in range(0, shape[0], pitch_px * 4):
        frame[at : at + 8] = 170
    return frame


def belt_with(label: Grey, *, angle_deg: float = 0.0, blur_px: float = 0.0) -> Grey:
    """A 1080p frame of a belt with one label at (900, 500)."""
    dice = np.random.default_rng(3)
    frame = belt(dice)
    lay(frame, label, x=900, y=500, angle_deg=angle_deg, blur_px=blur_px)
    return as_seen(frame, sensor_noise(dice))


def codes(labels: Iterable[SeenLabel]) -> list[bytes]:
    """What the labels say, in their order."""
    return [label.frame.raw for label in labels]


def as_seen(frame: Grey, noise: NDArray[np.int16], sigma_px: float = 0.7) -> Grey:
    """What a lens and a sensor make of it: a little blur, then noise."""
    soft = cv2.GaussianBlur(frame, (0, 0), sigma_px)
    return np.clip(soft + noise, 0, 255).astype(np.uint8)


def sensor_noise(
    dice: np.random.Generator, shape: tuple[int, int] = FRAME, levels: float = 4.0
) -> NDArray[np.int16]:
    """The noise of one frame, in grey levels."""
    return dice.normal(0, levels, shape).astype(np.int16)


@dataclass(frozen=True, slots=True)
class Photograph:
    """One real photograph and what a reader must return; None: nothing may be read."""

    folder: str
    name: str
    picture: Grey
    text: str | None

    def is_read_as(self, raw: bytes) -> bool:
        """Say whether these bytes are the code: UTF-8 or Latin-1, FNC1 between fields unwritten."""
        if self.text is None:
            return False
        texts = {raw.decode(encoding, "replace") for encoding in ("utf-8", "latin-1")}
        return self.text in texts | {text.replace("\x1d", "") for text in texts}


def photographs(root: Path) -> Iterator[Photograph]:
    """Every photograph below ``root``, in order."""
    for path in sorted(root.glob("*/*")):
        if path.suffix not in (".png", ".jpg", ".webp"):
            continue
        picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if picture is None:
            # The two of one pixel's height: OpenCV refuses files so short.
            picture = np.full((1, 1 if path.stem == "1x1" else 100), 255, np.uint8)
        truth = path.with_suffix(".txt")
        text = truth.read_bytes().decode("utf-8") if truth.exists() else None
        yield Photograph(path.parent.name, path.name, np.asarray(picture, np.uint8), text)
