"""Pictures as the encoder takes them, and how parts are put into them. Pure.

A picture is I420: ``height`` rows of luma, then the two chroma planes at half size, in one array of
``height * 3 / 2`` rows. Width and height are even, so parts stand at even places.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
"""Luma only, rows by columns."""
Picture = NDArray[np.uint8]
"""I420, 1.5 * height rows by width columns."""

NEUTRAL = 128
"""Chroma of everything grey."""


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in px; both even and at least 64."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if min(self.width, self.height) < 64 or self.width % 2 or self.height % 2:
            raise ValueError(f"a picture has even sides of 64 px or more, not {self}")

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


FULL_HD = Size(1920, 1080)
HD = Size(1280, 720)


@dataclass(frozen=True, slots=True)
class Sprite:
    """A part of a picture that is put in where its mask is not 0; sides are even."""

    luma: Grey
    chroma: tuple[Grey, Grey]
    mask: Grey
    chroma_mask: Grey


def uniform(size: Size, luma: int) -> Picture:
    """A picture of one grey, 0 (black) to 255."""
    picture = np.full((size.height * 3 // 2, size.width), NEUTRAL, np.uint8)
    picture[: size.height] = luma
    return picture


def luma_of(picture: Picture) -> Grey:
    """The luma rows, without copying."""
    return picture[: picture.shape[0] * 2 // 3]


def chroma_of(picture: Picture) -> tuple[Grey, Grey]:
    """Both chroma planes, without copying."""
    rows, width = picture.shape[0] // 3, picture.shape[1] // 2
    planes = picture[rows * 2 :].reshape(2, rows, width)
    return planes[0], planes[1]


def sprite_of(luma: Grey, mask: Grey, colour: tuple[int, int]) -> Sprite:
    """A sprite of one colour (its two chroma values); odd sides lose a row or column."""
    height, width = luma.shape[0] // 2 * 2, luma.shape[1] // 2 * 2
    luma, mask = luma[:height, :width], mask[:height, :width]
    half = np.ascontiguousarray(mask[::2, ::2])
    chroma = np.full_like(half, colour[0]), np.full_like(half, colour[1])
    return Sprite(np.ascontiguousarray(luma), chroma, np.ascontiguousarray(mask), half)


def put(picture: Picture, sprite: Sprite, left: int, top: int) -> None:
    """Put a sprite in with its corner at ``left``, ``top`` (even; may be outside), clipped."""
    _put_plane(luma_of(picture), sprite.luma, sprite.mask, left, top)
    for plane, chroma in zip(chroma_of(picture), sprite.chroma, strict=True):
        _put_plane(plane, chroma, sprite.chroma_mask, left // 2, top // 2)


def _put_plane(plane: Grey, part: Grey, mask: Grey, left: int, top: int) -> None:
    height, width = part.shape
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(plane.shape[1], left + width), min(plane.shape[0], top + height)
    if x0 >= x1 or y0 >= y1:
        return
    inside = slice(y0 - top, y1 - top), slice(x0 - left, x1 - left)
    cv2.copyTo(part[inside], mask[inside], plane[y0:y1, x0:x1])
