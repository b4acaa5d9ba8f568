"""The clock that a camera burns into its picture, so that a program can read it back. Pure.

One row of black and white cells at the picture's top left, all sizes in shares of its width, so
that a scaled picture reads as well::

    1010 | 48 bits: ms since 1970 | 8 bits: camera number | 16 bits: CRC | 0101

A cell is 16 px wide and 32 px high at 1920 px, 5.3 x 10.7 px at 640. A reader takes the mean of a
cell's middle, which H.264 leaves alone at any bit rate that leaves a label readable.
"""

import binascii
from datetime import UTC, datetime

import cv2
import numpy as np

from simulators.cameras.pictures import Grey

CELLS_PER_WIDTH = 120
CAMERA_NO_MAX = 255
AT_MS_MAX = 253_402_300_799_999
"""The end of the year 9999."""
_START = (1, 0, 1, 0)
_STOP = (0, 1, 0, 1)
_BITS = 48 + 8 + 16
_LEFT_CELLS = 2
_TOP_CELLS = 1
_HIGH_CELLS = 2
_BLACK, _WHITE = 16, 235
CONTRAST_MIN = 60
"""Between the darkest and the brightest cell; less is no clock."""


def draw(picture: Grey, at_ms: int, camera_no: int) -> None:
    """Burn the clock into the luma of a picture, at least 320 px wide, with text beside it.

    Args:
        picture: luma; written to.
        at_ms: what the clock shows, ms since 1970 UTC, 0 to ``AT_MS_MAX``.
        camera_no: 0 to ``CAMERA_NO_MAX``.

    Raises:
        ValueError: a number is outside its range; nothing is drawn.
    """
    if not (0 <= at_ms <= AT_MS_MAX and 0 <= camera_no <= CAMERA_NO_MAX):
        raise ValueError(f"the clock cannot show {at_ms} ms of camera {camera_no}")
    cell = picture.shape[1] / CELLS_PER_WIDTH
    top, bottom = round(_TOP_CELLS * cell), round((_TOP_CELLS + _HIGH_CELLS) * cell)
    bits = _bits_of(at_ms, camera_no)
    # A black frame keeps bright scenery away from the first and the last cell.
    frame = slice(max(0, round(top - cell / 2)), round(bottom + cell / 2))
    picture[frame, round((_LEFT_CELLS - 1) * cell) :] = _BLACK
    for index, bit in enumerate(bits):
        if bit:
            left = round((_LEFT_CELLS + index) * cell)
            picture[top:bottom, left : round((_LEFT_CELLS + index + 1) * cell)] = _WHITE
    shown = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(" ", "milliseconds")[:-6]
    _write(picture, f"{shown} UTC  {camera_no:03d}", round((_LEFT_CELLS + len(bits) + 1) * cell))


def read(picture: Grey) -> tuple[int, int] | None:
    """Read the clock from a picture's luma, whatever its scale.

    Returns:
        ``at_ms`` and ``camera_no``; None where there is no clock or a bit of it is wrong.
    """
    cell = picture.shape[1] / CELLS_PER_WIDTH
    count = len(_START) + _BITS + len(_STOP)
    top = (_TOP_CELLS + _HIGH_CELLS / 4) * cell
    rows = picture[round(top) : round(top + _HIGH_CELLS / 2 * cell)]
    means = np.empty(count)
    for index in range(count):
        middle = (_LEFT_CELLS + index + 0.5) * cell
        part = rows[:, round(middle - cell / 4) : max(round(middle + cell / 4), 1)]
        if part.size == 0:
            return None
        means[index] = part.mean()
    dark, bright = float(means.min()), float(means.max())
    if bright - dark < CONTRAST_MIN:
        return None
    return _parse(tuple(int(mean > (dark + bright) / 2) for mean in means))


def _bits_of(at_ms: int, camera_no: int) -> tuple[int, ...]:
    body = at_ms.to_bytes(6, "big") + camera_no.to_bytes(1, "big")
    number = int.from_bytes(body + binascii.crc_hqx(body, 0xFFFF).to_bytes(2, "big"), "big")
    return _START + tuple(number >> place & 1 for place in reversed(range(_BITS))) + _STOP


def _parse(bits: tuple[int, ...]) -> tuple[int, int] | None:
    if bits[: len(_START)] != _START or bits[-len(_STOP) :] != _STOP:
        return None
    number = 0
    for bit in bits[len(_START) : -len(_STOP)]:
        number = number << 1 | bit
    whole = number.to_bytes(_BITS // 8, "big")
    body, check = whole[:-2], whole[-2:]
    if binascii.crc_hqx(body, 0xFFFF).to_bytes(2, "big") != check:
        return None
    return int.from_bytes(body[:6], "big"), body[6]


def _write(picture: Grey, text: str, left: int) -> None:
    scale = picture.shape[1] / 1920
    place = left, round((_TOP_CELLS + _HIGH_CELLS) * picture.shape[1] / CELLS_PER_WIDTH - 6 * scale)
    thickness = max(1, round(2 * scale))
    font = cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(picture, text, place, font, 0.9 * scale, _WHITE, thickness, cv2.LINE_AA)
