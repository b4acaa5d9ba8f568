"""What the camera watch looks at in one key frame. Pure.

A picture of any size becomes 320 x 180 first, so that every array below has one shape whatever the
camera sends. The *grain* says for each point which way an edge runs there: a complex number whose
angle is twice the edge's (so black on white and white on black are the same, as are day and
infrared night) and whose length, 0 to 1, says how clear the edge is against this picture's own
noise (so a lamp that goes out changes little).
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from devices.pictures import Grey

WIDTH, HEIGHT = 320, 180
GRAIN_SHAPE = (90, 160)
TILES = (9, 16)
"""Rows and columns of tiles; a person at some metres hides a few of the 144."""

Grain = NDArray[np.complex64]
PerTile = NDArray[np.float32]

_SMOOTH_PX = 1.5
"""Sigma of the blur before edges are looked for: a mast that trembles by a pixel stays the same."""
_EDGE_MIN = 4.0
"""Grey levels per pixel below which an edge is as likely the codec's rounding."""
_EDGE_OVER_MEDIAN = 1.5
"""An edge has to stand out of the picture's own median slope, which is noise in a plain picture."""
_BLACK_LEVEL = 16.0
"""What cameras send for black in limited range."""
_BLACK_LEVEL_MAX, _BLACK_SPREAD_MAX = 24.0, 3.0
"""A black tile; noise and the codec leave some levels on it."""
_PLAIN_PART = 20
"""Percent of the tiles, the plainest, whose fine contrast is taken for the sensor's noise."""
_OVER_NOISE = 1.5
"""The noise differs from tile to tile; this much of it is taken off."""


@dataclass(frozen=True, slots=True)
class Features:
    """One key frame as the watch sees it."""

    small: Grey
    """180 x 320."""
    brightness: float
    """Mean grey level above black."""
    black_share: float
    """Share of tiles in which nothing is to be seen, 0 to 1; a burnt-in clock keeps a few lit."""
    grain: Grain
    """90 x 160, lengths 0 to 1."""
    energy: PerTile
    """Mean squared slope of each tile, levels squared: how much there is to see at all."""
    fine: PerTile
    """Mean squared detail of each tile, levels squared, without the noise: lost with the focus."""
    noise: float
    """What was taken off ``fine``, levels squared: no detail below it can be vouched for."""


def features_of(picture: Grey) -> Features:
    """Look at one grey picture of any size."""
    small = _reduced(picture)
    levels = small.astype(np.float32)
    across, down = _slopes(levels)
    squared = across * across + down * down
    energy = tile_means(squared)
    detail = cv2.Laplacian(levels, cv2.CV_32F)
    fine = tile_means(np.asarray(detail * detail, np.float32))
    noise = _OVER_NOISE * float(np.percentile(fine, _PLAIN_PART))
    return Features(
        small=small,
        brightness=max(1.0, float(levels.mean()) - _BLACK_LEVEL),
        black_share=_black_share(levels),
        grain=_grain(across, down, squared),
        energy=energy,
        fine=np.maximum(fine - noise, 0),
        noise=noise,
    )


def tile_means(values: NDArray[np.float32]) -> PerTile:
    """Means of an array of any size over each tile."""
    means = cv2.resize(values, TILES[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(means, np.float32)


def _reduced(picture: Grey) -> Grey:
    # In two steps, the first one a plain halving: half the time of one at 1080p.
    if picture.shape[0] >= 4 * HEIGHT:
        half = (picture.shape[1] // 2, picture.shape[0] // 2)
        picture = np.asarray(cv2.resize(picture, half, interpolation=cv2.INTER_AREA), np.uint8)
    small = cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _slopes(levels: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Slopes of the smoothed picture at half its size, levels per pixel of it."""
    smooth = cv2.GaussianBlur(levels, (0, 0), _SMOOTH_PX)
    half = cv2.resize(smooth, GRAIN_SHAPE[::-1], interpolation=cv2.INTER_AREA)
    scale = 1 / 8  # Sobel's weights add up to 8
    across = cv2.Sobel(half, cv2.CV_32F, 1, 0, scale=scale)
    down = cv2.Sobel(half, cv2.CV_32F, 0, 1, scale=scale)
    return np.asarray(across, np.float32), np.asarray(down, np.float32)


def _grain(
    across: NDArray[np.float32], down: NDArray[np.float32], squared: NDArray[np.float32]
) -> Grain:
    median = float(np.sqrt(np.median(squared)))
    floor = max(_EDGE_MIN, _EDGE_OVER_MEDIAN * median) ** 2
    doubled = (across + 1j * down) ** 2
    return np.asarray(doubled / (squared + floor), np.complex64)


def _black_share(levels: NDArray[np.float32]) -> float:
    means = tile_means(levels)
    spread = tile_means(levels * levels) - means * means
    is_black = (means <= _BLACK_LEVEL_MAX) & (spread <= _BLACK_SPREAD_MAX**2)
    return float(is_black.mean())
