"""A camera in a cage: shelves, parcels at rest, and a person who walks by now and then. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from simulators.cameras.parcels import box_in, draw_parcel, waybill_of
from simulators.cameras.pictures import FULL_HD, Picture, Size, luma_of, put, uniform
from simulators.cameras.surroundings import (
    DAYLIGHT,
    WALK_MS,
    Conditions,
    Passage,
    Surroundings,
)

VISIT_EVERY_MS = 60_000
"""In every other one of these, on average, somebody walks by."""
_SHELVES, _PER_SHELF = 3, 4
_FULL = 0.75
"""Share of the places where a parcel lies."""
_WALL, _BOARD = 120, 70
# Shares of the picture's width, then of its height.
_BOX = 0.22, 0.125
_SHELF_TOP, _SHELF_HIGH = 0.08, 0.3


@dataclass(frozen=True, slots=True)
class CageOptions:
    """What a cage is like; the seed says what lies in it and who comes when."""

    size: Size = FULL_HD
    seed: int = 1

    def __post_init__(self) -> None:
        box_in(self.size, *_BOX)


class Cage:
    """Frames of a cage, and which waybills lie in it."""

    def __init__(self, options: CageOptions) -> None:
        self.size = options.size
        self._seed = options.seed
        self._surroundings = Surroundings(options.size, options.seed)
        self._stored = tuple(_taken_places(options.seed))
        self._background = self._draw_background()

    def frame(self, at_ms: int, conditions: Conditions = DAYLIGHT) -> Picture:
        """The picture at ``at_ms`` since 1970."""
        picture = self._background.copy()
        visits = tuple(self._visits(at_ms))
        self._surroundings.walk_through(picture, at_ms, visits + conditions.walks)
        self._surroundings.expose(picture, at_ms, conditions.lit)
        return picture

    def in_view(self, from_ms: int, to_ms: int) -> tuple[Passage, ...]:
        """What lies there, all the time; a person who walks by may hide it for moments."""
        waybills = (waybill_of(self._seed, place) for place in self._stored)
        return tuple(Passage(waybill, from_ms, to_ms) for waybill in waybills)

    def _visits(self, at_ms: int) -> Iterator[int]:
        turn = at_ms // VISIT_EVERY_MS
        dice = np.random.default_rng((self._seed, turn))
        if dice.random() < 0.5:
            yield turn * VISIT_EVERY_MS + int(dice.integers(VISIT_EVERY_MS - WALK_MS))

    def _draw_background(self) -> Picture:
        width, height = self.size.width, self.size.height
        picture = uniform(self.size, _WALL)
        luma = luma_of(picture)
        # Plaster: coarse and faint, so that a blurred view differs from a sharp one.
        grain = np.random.default_rng((self._seed, 1)).integers(-5, 6, (height // 4, width // 4))
        rough = np.repeat(np.repeat(grain, 4, axis=0), 4, axis=1)
        plastered = luma[: rough.shape[0], : rough.shape[1]]
        plastered[:] = (plastered + rough).astype(np.uint8)
        box = box_in(self.size, *_BOX)
        board = max(4, height // 60)
        for shelf in range(_SHELVES):
            bottom = round((_SHELF_TOP + (shelf + 1) * _SHELF_HIGH) * height)
            luma[bottom : bottom + board] = _BOARD
        for place in self._stored:
            shelf, column = divmod(place, _PER_SHELF)
            sprite = draw_parcel(self._seed, place, box, 0.0)
            bottom = round((_SHELF_TOP + (shelf + 1) * _SHELF_HIGH) * height)
            left = round((column + 0.06) * width / _PER_SHELF) // 2 * 2
            put(picture, sprite, left, (bottom - sprite.luma.shape[0]) // 2 * 2)
        return picture


def _taken_places(seed: int) -> Iterator[int]:
    dice = np.random.default_rng((seed, 2))
    for place in range(_SHELVES * _PER_SHELF):
        if dice.random() < _FULL:
            yield place
