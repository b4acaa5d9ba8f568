"""What can be wrong with a camera, and what its picture then looks like. Pure.

The burnt-in clock is drawn after this: a camera writes it itself, however its lens looks.
"""

from enum import StrEnum

import cv2
import numpy as np

from simulators.cameras.pictures import NEUTRAL, Grey, Picture, Size, chroma_of, luma_of


class Fault(StrEnum):
    """One camera has one of these at a time.

    ``LOST`` connections closed and none taken · ``STALL`` connected, and nothing comes · ``FREEZE``
    the same picture goes on, clock and all · ``BLACK`` the sensor is dead · ``COVERED`` something
    hangs over the lens · ``DEFOCUS`` · ``MOVED`` the camera was turned · ``NOISE`` a weak sensor.
    """

    OK = "ok"
    LOST = "lost"
    STALL = "stall"
    FREEZE = "freeze"
    BLACK = "black"
    COVERED = "covered"
    DEFOCUS = "defocus"
    MOVED = "moved"
    NOISE = "noise"


OF_THE_LINE = frozenset({Fault.OK, Fault.LOST, Fault.STALL, Fault.FREEZE})
"""Those that need no drawing: a looped file can have them too."""

BLACK_LEVEL = 16
BLUR_SHARE = 24
"""A defocused picture has so many times fewer pixels' worth of detail a side."""
TURNED_DEG = 9.0
SHIFTED_SHARE = 0.12
NOISE_LEVELS = 120
_CLOTH_LEVEL = 34
# Primes, so that neighbouring pictures' noise differs.
_SHIFT_Y, _SHIFT_X = 31, 29


class FaultyLens:
    """Applies faults to pictures of one size; its cloth and noise are drawn once."""

    def __init__(self, size: Size, seed: int) -> None:
        dice = np.random.default_rng((seed, 3))
        self._size = size
        coarse = dice.integers(0, 9, (size.height // 60 + 2, size.width // 60 + 2)).astype(np.uint8)
        cloth = cv2.resize(coarse, (size.width, size.height), interpolation=cv2.INTER_CUBIC)
        self._cloth = np.asarray(cloth, np.uint8) + np.uint8(_CLOTH_LEVEL)
        shape = (size.height + _SHIFT_Y, size.width + _SHIFT_X)
        self._noise = dice.integers(0, NOISE_LEVELS, shape, np.uint8)
        # Under a cloth the sensor still sees something, and it is never twice the same.
        self._grain = self._noise // np.uint8(NOISE_LEVELS // 4)

    def apply(self, fault: Fault, picture: Picture, at_ms: int) -> None:
        """Change ``picture``; faults of the line leave it as it is."""
        match fault:
            case Fault.BLACK:
                _fill(picture, BLACK_LEVEL)
            case Fault.COVERED:
                _fill(picture, self._cloth)
                cv2.add(luma_of(picture), self._window(self._grain, at_ms), luma_of(picture))
            case Fault.DEFOCUS:
                _defocus(picture)
            case Fault.MOVED:
                _move(picture)
            case Fault.NOISE:
                luma = luma_of(picture)
                cv2.addWeighted(
                    luma, 1.0, self._window(self._noise, at_ms), 1.0, -NOISE_LEVELS / 2, luma
                )
            case Fault.OK | Fault.LOST | Fault.STALL | Fault.FREEZE:
                pass

    def _window(self, noise: Grey, at_ms: int) -> Grey:
        down, right = at_ms * 7 % _SHIFT_Y, at_ms * 11 % _SHIFT_X
        return noise[down : down + self._size.height, right : right + self._size.width]


def _fill(picture: Picture, luma: Grey | int) -> None:
    luma_of(picture)[:] = luma
    for plane in chroma_of(picture):
        plane[:] = NEUTRAL


def _defocus(picture: Picture) -> None:
    for plane in (luma_of(picture), *chroma_of(picture)):
        height, width = plane.shape
        small = cv2.resize(
            plane, (width // BLUR_SHARE, height // BLUR_SHARE), interpolation=cv2.INTER_AREA
        )
        plane[:] = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def _move(picture: Picture) -> None:
    for plane in (luma_of(picture), *chroma_of(picture)):
        height, width = plane.shape
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), TURNED_DEG, 1.0)
        matrix[:, 2] += width * SHIFTED_SHARE, height * SHIFTED_SHARE
        # The nearest pixel: smoother costs more than the encoder.
        plane[:] = cv2.warpAffine(
            plane,
            matrix,
            (width, height),
            flags=cv2.INTER_NEAREST,
            borderMode=cv2.BORDER_REFLECT,
        )
