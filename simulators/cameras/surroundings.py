"""What stands around every scene: light, people, and the sensor's noise. Pure.

Deterministic: what a moment looks like depends on the seed, the moment and the conditions only.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from simulators.cameras.pictures import (
    Picture,
    Size,
    Sprite,
    chroma_of,
    luma_of,
    put,
    sprite_of,
)

NOISE_LEVELS = 5
"""Noise is 0 to 4 of 255: a clean sensor in indoor light."""
WALK_MS = 8_000
"""From one side of the picture to the other."""
NIGHT = 0.2
"""Share of the light that is left when it is switched off."""
_DRIFT_LEVELS = 3
_DRIFT_PERIOD_MS = 600_000
_STRIDE_MS = 600
_COAT = 150, 112
"""Chroma of a blue coat."""
# Primes: the noise of neighbouring frames differs, and repeats only after minutes.
_SHIFT_X, _SHIFT_Y = 61, 59


@dataclass(frozen=True, slots=True)
class Laid:
    """A parcel with this waybill begins to come into the picture at ``at_ms`` since 1970."""

    waybill: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Conditions:
    """What somebody does to a scene from outside.

    ``walks``: moments, ms since 1970, at each of which a person begins to walk through. ``laid``:
    parcels that somebody lays onto a belt.
    """

    lit: bool = True
    walks: tuple[int, ...] = ()
    laid: tuple[Laid, ...] = ()


DAYLIGHT = Conditions()


@dataclass(frozen=True, slots=True)
class Passage:
    """A waybill's label is wholly inside the picture from ``from_ms`` to ``to_ms`` (since 1970)."""

    waybill: str
    from_ms: int
    to_ms: int


class Surroundings:
    """Light, people and noise for pictures of one size."""

    def __init__(self, size: Size, seed: int) -> None:
        self._size = size
        shape = (size.height + _SHIFT_Y, size.width + _SHIFT_X)
        self._noise = np.random.default_rng(seed).integers(0, NOISE_LEVELS, shape, np.uint8)
        self._person = _person(size.height)

    def walk_through(self, picture: Picture, at_ms: int, walks: tuple[int, ...]) -> None:
        """Put in whoever is walking by at ``at_ms``."""
        for share in _shares(at_ms, walks):
            wide = self._person.luma.shape[1]
            left = round(share * (self._size.width + wide) - wide) // 2 * 2
            sway = abs(math.sin(math.pi * at_ms / _STRIDE_MS)) * self._size.height / 60
            top = self._size.height - self._person.luma.shape[0] + round(sway) // 2 * 2
            put(picture, self._person, left, top)

    def expose(self, picture: Picture, at_ms: int, lit: bool) -> None:
        """Let the light drift or go out, and add the sensor's noise."""
        luma = luma_of(picture)
        drift = round(math.sin(2 * math.pi * at_ms / _DRIFT_PERIOD_MS) * _DRIFT_LEVELS)
        cv2.convertScaleAbs(luma, luma, 1.0 if lit else NIGHT, drift)
        if not lit:
            for plane in chroma_of(picture):
                # Little light, little colour.
                cv2.addWeighted(plane, NIGHT, plane, 0.0, 128 * (1 - NIGHT), plane)
        down, right = at_ms * 13 % _SHIFT_Y, at_ms * 7 % _SHIFT_X
        window = self._noise[down : down + self._size.height, right : right + self._size.width]
        cv2.add(luma, window, luma)


def _shares(at_ms: int, walks: tuple[int, ...]) -> Iterator[float]:
    for begin_ms in walks:
        if 0 <= at_ms - begin_ms < WALK_MS:
            yield (at_ms - begin_ms) / WALK_MS


def _person(picture_height: int) -> Sprite:
    high, wide = picture_height * 7 // 10 // 2 * 2, picture_height // 4 // 2 * 2
    luma, mask = np.full((high, wide), 70, np.uint8), np.zeros((high, wide), np.uint8)
    head = wide // 4
    cv2.circle(mask, (wide // 2, head), head, 1, -1)
    cv2.circle(luma, (wide // 2, head), head, 165, -1)
    cv2.ellipse(mask, (wide // 2, high * 2 // 3), (wide // 2 - 1, high // 2), 0, 0, 360, 1, -1)
    cv2.line(luma, (wide // 2, head * 2), (wide // 2, high), 45, max(2, wide // 40))
    cv2.rectangle(luma, (wide // 5, high // 2), (wide * 2 // 5, high * 3 // 5), 110, -1)
    return sprite_of(luma, mask, _COAT)
