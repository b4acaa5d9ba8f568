"""Parcels with readable labels, as sprites. Pure; the same seed and number make the same parcel.

A label is a Code 128 of a twelve-digit waybill as zxing-cpp writes it, with its digits below. Every
third parcel also bears a smaller code that is no waybill, as real ones do.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import zxingcpp

from simulators.cameras.pictures import Grey, Size, Sprite, sprite_of

HIGH_VALUE_SERIES, OTHER_SERIES = "103", "755"
HIGH_VALUE_EVERY = 4
SECOND_CODE_EVERY = 3
LABEL_MODULES = 121
"""Twelve digits in Code 128 C are 101 modules, and 10 of quiet zone on each side."""
MODULES_PER_WIDTH = 640
"""The narrowest bar is 3 px at full HD, 2 px at 1280 and 1 px at 640."""
CARDBOARD = 114, 142
"""Chroma of brown card."""
_PAPER, _INK = 230, 20
_BARS_HIGH, _SECOND_HIGH = 36, 20
"""In modules."""


@dataclass(frozen=True, slots=True)
class Box:
    """A parcel's sides before it is turned, and the width of its label's narrowest bar, in px."""

    width: int
    height: int
    module_px: int

    def __post_init__(self) -> None:
        if self.width < self.label_width or self.height < self.label_height + self.second_height:
            sides = f"{self.width}x{self.height}"
            raise ValueError(f"a label of {self.label_width} px does not fit on a box of {sides}")

    @property
    def label_width(self) -> int:
        """Of the paper, px."""
        return (LABEL_MODULES + 8) * self.module_px

    @property
    def label_height(self) -> int:
        """Of the paper, px."""
        return (_BARS_HIGH + 22) * self.module_px

    @property
    def second_height(self) -> int:
        """What a second code needs above the label, px."""
        return _SECOND_HIGH * self.module_px


def box_in(size: Size, wide: float, high: float) -> Box:
    """A box of so large a share of a picture's width; ValueError if its label does not fit."""
    return Box(
        width=round(wide * size.width),
        height=round(high * size.width),
        module_px=max(1, round(size.width / MODULES_PER_WIDTH)),
    )


@dataclass(frozen=True, slots=True)
class LabelPlace:
    """Where a parcel's label lies, px.

    ``left``, ``top``: its corner in the box that is not yet turned. ``x``, ``y``: from the middle
    of the parcel to the middle of the label, turned. ``half_x``, ``half_y``: the turned label stays
    within these of its own middle.
    """

    left: int
    top: int
    x: float
    y: float
    half_x: float
    half_y: float


def waybill_of(seed: int, number: int) -> str:
    """The waybill of parcel ``number``: twelve digits, one in four of the high-value series."""
    series = OTHER_SERIES if number % HIGH_VALUE_EVERY else HIGH_VALUE_SERIES
    return series + f"{_dice(seed, number, 'waybill').integers(10**9):09d}"


def place_label(seed: int, number: int, box: Box, angle_deg: float) -> LabelPlace:
    """Where the label of parcel ``number`` lies when the parcel is turned counter-clockwise."""
    across, down = _dice(seed, number, "place").uniform(0.3, 0.7, 2)
    left = int((box.width - box.label_width) * across)
    free = box.height - box.label_height - box.second_height
    top = box.second_height + int(free * down)
    x = left + box.label_width / 2 - box.width / 2
    y = top + box.label_height / 2 - box.height / 2
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    return LabelPlace(
        left=left,
        top=top,
        x=x * cos + y * sin,
        y=-x * sin + y * cos,
        half_x=(box.label_width * abs(cos) + box.label_height * abs(sin)) / 2,
        half_y=(box.label_width * abs(sin) + box.label_height * abs(cos)) / 2,
    )


def draw_parcel(
    seed: int, number: int, box: Box, angle_deg: float, waybill: str | None = None
) -> Sprite:
    """Draw parcel ``number`` (0 or more), turned counter-clockwise about the sprite's middle.

    ``waybill``: its label's; None: ``waybill_of`` says.
    """
    place = place_label(seed, number, box, angle_deg)
    card = _card(_dice(seed, number, "card"), box)
    label = _label(waybill or waybill_of(seed, number), box)
    card[place.top : place.top + box.label_height, place.left : place.left + box.label_width] = (
        label
    )
    if number % SECOND_CODE_EVERY == 0:
        second = _second_code(number, box)
        high, wide = second.shape
        card[place.top - high : place.top, place.left : place.left + wide] = second
    return _turned(card, angle_deg)


def _dice(seed: int, number: int, what: str) -> np.random.Generator:
    return np.random.default_rng((seed, number, *what.encode()))


def _turned(card: Grey, angle_deg: float) -> Sprite:
    height, width = card.shape
    turn = math.radians(angle_deg)
    cos, sin = abs(math.cos(turn)), abs(math.sin(turn))
    wide = math.ceil(width * cos + height * sin) // 2 * 2 + 2
    high = math.ceil(width * sin + height * cos) // 2 * 2 + 2
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle_deg, 1.0)
    matrix[:, 2] += (wide - width) / 2, (high - height) / 2
    # Bilinear: what is drawn sharp lies between the pixels of a camera too.
    luma = np.asarray(cv2.warpAffine(card, matrix, (wide, high)), np.uint8)
    mask = np.asarray(cv2.warpAffine(np.full_like(card, 255), matrix, (wide, high)), np.uint8)
    return sprite_of(luma, (mask > 250).astype(np.uint8), CARDBOARD)


def _card(dice: np.random.Generator, box: Box) -> Grey:
    """Card with coarse stains and one strip of tape."""
    coarse = box.height // 40 + 2, box.width // 40 + 2
    stains = dice.integers(-9, 10, coarse).astype(np.float32)
    size = box.width, box.height
    card = np.asarray(cv2.resize(stains, size, interpolation=cv2.INTER_CUBIC), np.float32)
    card += np.float32(dice.integers(120, 160))
    tape = int(box.height * dice.uniform(0.35, 0.55))
    card[tape : tape + box.height // 9] += 22
    card[:3], card[-3:], card[:, :3], card[:, -3:] = 60, 60, 60, 60
    return card.astype(np.uint8)


def _label(waybill: str, box: Box) -> Grey:
    module = box.module_px
    label = np.full((box.label_height, box.label_width), _PAPER, np.uint8)
    label[4 * module : (4 + _BARS_HIGH) * module, 4 * module : -4 * module] = _bars(waybill, module)
    spaced = " ".join(waybill[place : place + 3] for place in range(0, 12, 3))
    foot = 14 * module, (_BARS_HIGH + 17) * module
    font = cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(label, spaced, foot, font, 0.35 * module, _INK, module // 2 + 1, cv2.LINE_AA)
    return label


def _second_code(number: int, box: Box) -> Grey:
    bars = _bars(f"SKU{number % 10_000:04d}", max(1, box.module_px - 1))
    code = np.full((box.second_height, len(bars)), _PAPER, np.uint8)
    code[box.module_px : -2 * box.module_px] = bars
    return code


def _bars(text: str, module_px: int) -> Grey:
    """One row of the code, quiet zones included, in ink and paper."""
    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128)
    image = np.asarray(barcode.to_image(scale=module_px))
    return np.where(image[image.shape[0] // 2] > 127, _PAPER, _INK).astype(np.uint8)
