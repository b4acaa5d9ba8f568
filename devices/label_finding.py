"""Find where in a picture parallel bars stand, and cut them out with the bars upright.

Pure. Bars all have one gradient direction, whichever way a parcel lies; text, tape and carpet have
many: the structure tensor of a small copy tells them apart. It sees linear codes only.
"""

import math
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from devices.pictures import Grey

COPY_SIDE_PX_MAX: Final = 1_000
"""The longer side of the copy that is searched: the picture, halved until it is no longer. In a
copy half as large, bars of less than 12 mm (30 pixels) are no longer found."""
REGIONS_MAX: Final = 8
"""A cage is bars from wall to wall: only the strongest regions are cut out."""
REGION_WIDTH_PX_MIN: Final = 90
"""Across the bars, in the picture: no engine resolves the bars of a narrower code."""
CROP_WIDTH_PX_MAX: Final = 2_048
CROP_HEIGHT_PX_MAX: Final = 96
"""Upright bars are the same in every row: a taller region is squeezed."""

_CELL_PX: Final = 4
"""Side of the square of a copy over which gradients are averaged: halved twice."""
_WINDOW_CELLS: Final = 3
"""Side of the neighbourhood in which directions are compared; a lone edge is narrower."""
_COHERENCE_MIN: Final = 0.6
"""From 0, gradients in all directions, to 1, in one."""
_ENERGY_MIN: Final = 3_200.0
"""Mean squared gradient, grey levels times 16 (Scharr's kernel): below it nothing can be read."""
_HEIGHT_SHARE_MAX: Final = 1.5
"""Of its width: a code's bars are not longer than it is wide, a rail's are."""
_QUIET_ZONE: Final = 0.12
"""Share of a region's width that is added on either side: codes need their quiet zone."""
_SMOOTH_ROWS: Final = 9
"""Rows of a crop that are averaged: noise differs from row to row, upright bars do not."""
_EDGES_MIN: Final = 12
"""The shortest code has twice as many; a parcel's edge, a tape, a rail has four."""

Floats = NDArray[np.float32]
Pixel = TypeVar("Pixel", np.uint8, np.float32)


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of parallel bars, in the picture's pixels.

    ``width`` runs across the bars and ``height`` along them; ``angle_deg`` is the direction of
    ``width`` in the picture, from -90 to 90, growing clockwise as one sees it.
    """

    x: float
    y: float
    width: float
    height: float
    angle_deg: float

    def holds(self, x: float, y: float) -> bool:
        """Say whether a point of the picture lies inside."""
        angle = math.radians(self.angle_deg)
        across = (x - self.x) * math.cos(angle) + (y - self.y) * math.sin(angle)
        along = (y - self.y) * math.cos(angle) - (x - self.x) * math.sin(angle)
        return abs(across) <= self.width / 2 and abs(along) <= self.height / 2


Corners = tuple[tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, int]]
"""Four points (x, y) of a picture, in the order of walking round."""


@dataclass(frozen=True, slots=True)
class Crop:
    """A region cut out with its bars upright, and the way back into the picture."""

    picture: Grey
    to_picture: NDArray[np.float64]
    """2x3: from a point of the crop to a point of the picture."""

    def in_picture(self, corners: Corners) -> Corners:
        """Where four points of the crop are in the picture."""
        points = np.array([(x, y, 1.0) for x, y in corners]) @ self.to_picture.T
        first, second, third, fourth = ((round(x), round(y)) for x, y in points)
        return first, second, third, fourth

    def outline(self) -> Corners:
        """The crop's own corners in the picture."""
        height, width = self.picture.shape
        right, bottom = width - 1, height - 1
        return self.in_picture(((0, 0), (right, 0), (right, bottom), (0, bottom)))


@dataclass(frozen=True, slots=True)
class _Tensor:
    """The structure tensor of each cell: means of products of gradients."""

    xx: Floats
    yy: Floats
    xy: Floats


def find_regions(picture: Grey, *, copies: int = 1) -> tuple[Region, ...]:
    """Find the regions of parallel bars, those with most black and white first.

    At most ``REGIONS_MAX``. More ``copies``, each half as large as the one before, find also codes
    that fill the picture: in a fine copy the edges of their wide bars stand alone.
    """
    copy, scale = picture, 1
    while max(copy.shape) > COPY_SIDE_PX_MAX:
        copy, scale = _halved(copy), scale * 2
    found: list[tuple[float, Region]] = []
    for _ in range(copies):
        if min(copy.shape) < _CELL_PX * _WINDOW_CELLS:
            break
        for energy, small in _search(copy, REGION_WIDTH_PX_MIN / scale):
            region = _scaled(small, scale)
            if _may_be_a_code(region):
                found.append((energy * scale**2, region))
        copy, scale = _halved(copy), scale * 2
    found.sort(key=lambda each: -each[0])
    return tuple(region for _, region in found[:REGIONS_MAX])


def _may_be_a_code(region: Region) -> bool:
    return region.width >= REGION_WIDTH_PX_MIN and region.height <= _HEIGHT_SHARE_MAX * region.width


def cut_upright(picture: Grey, region: Region) -> Crop:
    """Cut a region out, turned so that its bars stand upright, with its quiet zones, smoothed.

    The crop has the picture's resolution across the bars, up to ``CROP_WIDTH_PX_MAX``.
    """
    wide = region.width * (1 + 2 * _QUIET_ZONE)
    width = max(1, min(round(wide), CROP_WIDTH_PX_MAX))
    height = max(1, min(round(region.height), CROP_HEIGHT_PX_MAX))
    angle = math.radians(region.angle_deg)
    across, along = wide / width, region.height / height  # pixels of the picture a crop's pixel
    turn = np.array(
        [
            [across * math.cos(angle), -along * math.sin(angle)],
            [across * math.sin(angle), along * math.cos(angle)],
        ]
    )
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    to_picture = np.column_stack([turn, np.array([region.x, region.y]) - turn @ middle])
    upright = cv2.warpAffine(
        picture,
        to_picture,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    smooth = cv2.blur(upright, (1, _SMOOTH_ROWS), borderType=cv2.BORDER_REPLICATE)
    return Crop(np.asarray(smooth, np.uint8), to_picture)


def has_bars(crop: Crop) -> bool:
    """Say whether a crop changes between dark and light often enough to be worth an engine."""
    profile = np.asarray(cv2.reduce(crop.picture, 0, cv2.REDUCE_AVG))[0]
    lit = profile > profile.mean()
    return int(np.count_nonzero(lit[1:] != lit[:-1])) >= _EDGES_MIN


def _search(copy: Grey, width_px_min: float) -> list[tuple[float, Region]]:
    """The regions of one copy, in its pixels (``width_px_min`` too), each with its energy."""
    dx, dy = cv2.Scharr(copy, cv2.CV_32F, 1, 0), cv2.Scharr(copy, cv2.CV_32F, 0, 1)
    pairs = ((dx, dx), (dy, dy), (dx, dy))
    tensor = _Tensor(*(_halved(_halved(_floats(cv2.multiply(*pair)))) for pair in pairs))
    energy = tensor.xx + tensor.yy
    busy = (energy > _ENERGY_MIN).astype(np.uint8)
    square = np.ones((_WINDOW_CELLS, _WINDOW_CELLS), np.uint8)
    dense = cv2.morphologyEx(busy, cv2.MORPH_OPEN, square)
    bars = np.where(_coherence(tensor) > _COHERENCE_MIN, dense, 0).astype(np.uint8)
    count, marks, boxes, _ = cv2.connectedComponentsWithStats(bars, connectivity=4)
    strength = np.bincount(marks.ravel(), weights=energy.ravel(), minlength=count)
    diagonal = np.hypot(boxes[:, cv2.CC_STAT_WIDTH], boxes[:, cv2.CC_STAT_HEIGHT]) * _CELL_PX
    strength[diagonal < width_px_min] = 0  # whichever way it lies, it is too narrow
    strength[0] = 0  # what is not marked
    strongest = [int(mark) for mark in np.argsort(strength)[::-1][:REGIONS_MAX]]
    return [
        (float(strength[mark]), _region(marks, mark, boxes[mark], tensor))
        for mark in strongest
        if strength[mark]
    ]


def _halved(picture: NDArray[Pixel]) -> NDArray[Pixel]:
    """Half the picture's sides; of an odd one the last row or column is left out."""
    rows, columns = (side // 2 for side in picture.shape)
    if not rows or not columns:
        return np.zeros((rows, columns), picture.dtype)
    even = picture[: rows * 2, : columns * 2]  # exact halves are made several times as fast
    half = cv2.resize(even, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(half, picture.dtype)


def _coherence(tensor: _Tensor) -> Floats:
    """How far the gradients round each cell have one direction: 0 to 1."""
    window = (_WINDOW_CELLS, _WINDOW_CELLS)
    xx, yy, xy = (_floats(cv2.blur(each, window)) for each in (tensor.xx, tensor.yy, tensor.xy))
    return _floats(cv2.magnitude(xx - yy, 2 * xy)) / (xx + yy + 1)


def _floats(found: NDArray[Any]) -> Floats:
    """What OpenCV returns has no type to a checker."""
    return np.asarray(found, np.float32)


def _region(marks: NDArray[Any], mark: int, box: NDArray[Any], tensor: _Tensor) -> Region:
    """The rectangle round one mark's cells, across and along their common direction."""
    left, top, width, height = (int(each) for each in box[:4])
    part = (slice(top, top + height), slice(left, left + width))
    inside = marks[part] == mark
    xx, yy, xy = (float(each[part][inside].sum()) for each in (tensor.xx, tensor.yy, tensor.xy))
    angle = 0.5 * math.atan2(2 * xy, xx - yy)
    rows, columns = np.nonzero(inside)
    across = columns * math.cos(angle) + rows * math.sin(angle)
    along = rows * math.cos(angle) - columns * math.sin(angle)
    u, v = (across.min() + across.max()) / 2, (along.min() + along.max()) / 2
    in_cells = Region(
        x=left + float(u * math.cos(angle) - v * math.sin(angle)),
        y=top + float(u * math.sin(angle) + v * math.cos(angle)),
        width=float(np.ptp(across)) + 1,
        height=float(np.ptp(along)) + 1,
        angle_deg=math.degrees(angle),
    )
    return _scaled(in_cells, _CELL_PX)


def _scaled(region: Region, factor: float) -> Region:
    """The same region in a picture that is ``factor`` times as large; pixels have middles."""
    return Region(
        x=(region.x + 0.5) * factor - 0.5,
        y=(region.y + 0.5) * factor - 0.5,
        width=region.width * factor,
        height=region.height * factor,
        angle_deg=region.angle_deg,
    )
