"""A camera over a belt: parcels with labels move through the picture. Pure.

The belt never ends: which parcel is where follows from the moment alone, so a test that knows seed
and options knows what every camera saw, in whatever process it runs.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from simulators.cameras.parcels import box_in, draw_parcel, place_label, waybill_of
from simulators.cameras.pictures import FULL_HD, Picture, Size, Sprite, luma_of, put, uniform
from simulators.cameras.surroundings import DAYLIGHT, Conditions, Passage, Surroundings

SPEED_MAX_PX_S = 5_000
ANGLE_MAX_DEG = 90
EXPOSURE_S = 0.002
"""A shutter of 1/500 s: what moves faster than 500 px/s is blurred."""
PASSAGES_MAX = 10_000
_KEPT_SPRITES = 8
# Shares of the picture's width, so that every size shows the same.
_BOX = 0.28, 0.19
_PITCH = 0.62
# Shares of its height.
_BELT_TOP, _BELT_BOTTOM = 0.1, 0.98
_SWAY = 0.05
_FLOOR, _RUBBER = 92, 48


@dataclass(frozen=True, slots=True)
class BeltOptions:
    """What a belt is like.

    ``speed_px_s``: at full HD, 1 to ``SPEED_MAX_PX_S``; smaller pictures show it smaller.
    ``angle_deg``: by which parcels are turned, 0 to ``ANGLE_MAX_DEG``; every other one the other
    way. ``is_bare``: only what is laid onto it comes by.
    """

    size: Size = FULL_HD
    seed: int = 1
    speed_px_s: int = 400
    angle_deg: float = 0.0
    is_bare: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.speed_px_s <= SPEED_MAX_PX_S:
            raise ValueError(f"a belt moves at 1 to {SPEED_MAX_PX_S} px/s, not {self.speed_px_s}")
        if not 0 <= self.angle_deg <= ANGLE_MAX_DEG:
            raise ValueError(f"parcels lie at 0 to {ANGLE_MAX_DEG} degrees, not {self.angle_deg:g}")
        box_in(self.size, *_BOX)


class Belt:
    """Frames of a belt that runs to the right, and which waybills they show."""

    def __init__(self, options: BeltOptions) -> None:
        self.size = options.size
        self._seed = options.seed
        self._is_bare = options.is_bare
        self._angle_deg = options.angle_deg
        self._speed_px_ms = options.speed_px_s * options.size.width / FULL_HD.width / 1000
        self._pitch = _PITCH * options.size.width
        self._box = box_in(options.size, *_BOX)
        self._surroundings = Surroundings(options.size, options.seed)
        self._background = _background(options.size, options.seed)
        self._sprite = lru_cache(_KEPT_SPRITES)(self._draw)

    def frame(self, at_ms: int, conditions: Conditions = DAYLIGHT) -> Picture:
        """The picture at ``at_ms`` since 1970."""
        picture = self._background.copy()
        for number in self._numbers(at_ms, at_ms):
            self._put(picture, number, self._middle_x(number, at_ms))
        for laid in conditions.laid:
            middle = (at_ms - laid.at_ms) * self._speed_px_ms - self._box.width
            self._put(picture, int(laid.waybill), middle, laid.waybill)
        self._surroundings.walk_through(picture, at_ms, conditions.walks)
        self._surroundings.expose(picture, at_ms, conditions.lit)
        return picture

    def in_view(self, from_ms: int, to_ms: int) -> tuple[Passage, ...]:
        """The passages of which a part lies between both moments, in the order of the belt.

        Raises:
            ValueError: more than ``PASSAGES_MAX`` parcels pass in that time.
        """
        numbers = self._numbers(from_ms, to_ms)
        if len(numbers) > PASSAGES_MAX:
            raise ValueError(f"more than {PASSAGES_MAX} parcels pass in that time")
        passages = (self._passage(number) for number in numbers)
        return tuple(
            passage for passage in passages if passage.to_ms >= from_ms and passage.from_ms <= to_ms
        )

    def _put(
        self, picture: Picture, number: int, middle: float, waybill: str | None = None
    ) -> None:
        if abs(middle - self.size.width / 2) > self.size.width:
            return
        sprite = self._sprite(number, waybill)
        high, wide = sprite.luma.shape
        left = round(middle - wide / 2) // 2 * 2
        put(picture, sprite, left, round(self._middle_y(number) - high / 2) // 2 * 2)

    def _numbers(self, from_ms: int, to_ms: int) -> range:
        """At least all parcels that are in the picture between both moments."""
        if self._is_bare:
            return range(0)
        width = self.size.width
        first = math.floor((from_ms * self._speed_px_ms - 1.5 * width) / self._pitch)
        last = math.ceil((to_ms * self._speed_px_ms + 0.5 * width) / self._pitch)
        return range(max(0, first), max(0, last) + 1)

    def _middle_x(self, number: int, at_ms: int) -> float:
        return at_ms * self._speed_px_ms - number * self._pitch

    def _middle_y(self, number: int) -> float:
        middle = (_BELT_TOP + _BELT_BOTTOM) / 2 * self.size.height
        return middle + math.sin(number) * _SWAY * self.size.height

    def _turned_by(self, number: int) -> float:
        return -self._angle_deg if number % 2 else self._angle_deg

    def _passage(self, number: int) -> Passage:
        place = place_label(self._seed, number, self._box, self._turned_by(number))
        middle = number * self._pitch - place.x
        from_ms = (middle + place.half_x) / self._speed_px_ms
        to_ms = (middle + self.size.width - place.half_x) / self._speed_px_ms
        return Passage(waybill_of(self._seed, number), math.ceil(from_ms), math.floor(to_ms))

    def _draw(self, number: int, waybill: str | None) -> Sprite:
        turned = self._turned_by(number)
        sprite = draw_parcel(self._seed, number, self._box, turned, waybill)
        smear_px = round(self._speed_px_ms * 1000 * EXPOSURE_S)
        if smear_px < 2:
            return sprite
        luma = np.asarray(cv2.blur(sprite.luma, (smear_px, 1)), np.uint8)
        return Sprite(luma, sprite.chroma, sprite.mask, sprite.chroma_mask)


def _background(size: Size, seed: int) -> Picture:
    """A floor, the belt's rubber, and its two rails."""
    picture = uniform(size, _FLOOR)
    luma = luma_of(picture)
    top, bottom = round(_BELT_TOP * size.height), round(_BELT_BOTTOM * size.height)
    luma[top:bottom] = _RUBBER
    grain = np.random.default_rng((seed, 1)).integers(-6, 7, size=(size.height // 6 + 1, 1))
    rows = np.repeat(grain, 6, axis=0)[: size.height]
    luma[:] = np.clip(luma + rows, 0, 255).astype(np.uint8)
    rail = max(2, size.height // 90)
    luma[top - rail : top] = 150
    luma[bottom : bottom + rail] = 150
    return picture
