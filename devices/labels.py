"""Read the labels that a picture shows.

Pure: a picture in, labels out. Three passes, each only where those before it read nothing:

1. zxing over the whole picture: codes that lie nearly level, and all that are squares of dots.
2. zxing over upright crops of the regions of parallel bars: linear codes at any angle.
3. zbar over the same crops.

A misread is worse than a miss. So a code with one check digit or none (``WEAK``) must read the same
over several rows, and zbar in several lines. Whoever follows a parcel asks for the same code in two
frames besides.

    PictureError   no picture of ours (shape, type, size): count it, go on
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import cv2
import numpy as np
import zxingcpp
from pyzbar import pyzbar

from devices.frames import Frame
from devices.label_finding import Corners, Crop, cut_upright, find_regions, has_bars
from devices.pictures import Grey
from devices.symbology import Symbology, symbology_of
from wire.limits import CODE_BYTES_MAX

PICTURE_SIDE_PX_MAX: Final = 16_384
LABELS_MAX: Final = 32
"""Labels of one picture; a sheet of codes held before a camera is cut off here."""
ZBAR_CROPS_MAX: Final = 2
ZBAR_LINES_MIN: Final = 3
"""Lines in which zbar must have read the same."""
_ZBAR_ROWS_A_LINE: Final = 6
"""Rows of a crop that are averaged to one line: zbar bears little noise, and lines that share no
row agree for no other reason than the code."""
_COPIES_OF_A_STILL: Final = 3


class PictureError(ValueError):
    """The array is no grey picture, or one side is longer than ``PICTURE_SIDE_PX_MAX``."""


class Reader(StrEnum):
    """Which pass read a label."""

    LEVEL = "level"
    UPRIGHT = "upright"
    ZBAR = "zbar"
    WHOLE = "whole"
    """:func:`read_closely` only."""


@dataclass(frozen=True, slots=True)
class SeenLabel:
    """One label and where it is.

    ``frame`` is the code as a scanner would have sent it, for ``symbology.read_label``; its ``aim``
    is None from zbar, which names none, and cannot tell GS1-128 from Code 128 in ``symbology``.
    ``corners`` go round the code, from its own top left where zxing read it; a linear code's reach
    over the rows that were read, which may be few.
    """

    frame: Frame
    symbology: Symbology
    corners: Corners
    reader: Reader


WEAK: Final = frozenset({Symbology.CODABAR, Symbology.CODE39, Symbology.EAN, Symbology.ITF})
"""Their check is one digit or none."""
WEAK_ROWS_MIN: Final = 6
"""Over the three rows where an EAN's digits cut into its bars, a photograph of it reads as another
EAN, with a right check digit."""

_ZXING: Final = {
    Symbology.AZTEC: zxingcpp.BarcodeFormat.Aztec,
    Symbology.CODABAR: zxingcpp.BarcodeFormat.Codabar,
    Symbology.CODE128: zxingcpp.BarcodeFormat.Code128,
    Symbology.CODE39: zxingcpp.BarcodeFormat.Code39,
    Symbology.CODE93: zxingcpp.BarcodeFormat.Code93,
    Symbology.DATAMATRIX: zxingcpp.BarcodeFormat.DataMatrix,
    Symbology.EAN: zxingcpp.BarcodeFormat.EANUPC,
    Symbology.GS1_128: zxingcpp.BarcodeFormat.Code128,
    Symbology.GS1_DATABAR: zxingcpp.BarcodeFormat.DataBar,
    Symbology.GS1_DATAMATRIX: zxingcpp.BarcodeFormat.DataMatrix,
    Symbology.GS1_QR: zxingcpp.BarcodeFormat.QRCode,
    Symbology.ITF: zxingcpp.BarcodeFormat.ITF,
    Symbology.MAXICODE: zxingcpp.BarcodeFormat.MaxiCode,
    Symbology.PDF417: zxingcpp.BarcodeFormat.PDF417,
    Symbology.QR: zxingcpp.BarcodeFormat.QRCode,
}
READABLE: Final = frozenset(_ZXING)
"""What can be asked for: all but ``OTHER``."""

_CODE_128: Final = frozenset({Symbology.CODE128, Symbology.GS1_128})


def read_labels(picture: Grey, wanted: frozenset[Symbology]) -> tuple[SeenLabel, ...]:
    """Read the labels of one camera frame; sightings use this.

    Args:
        picture: any size up to ``PICTURE_SIDE_PX_MAX`` a side; an empty one holds no label.
        wanted: the symbologies to look for, of ``READABLE``; the fewer, the fewer misreads.

    Returns:
        Each code once, at most ``LABELS_MAX``; one longer than ``CODE_BYTES_MAX`` is cut, as a
        scanner's is.

    Raises:
        PictureError: see there.
    """
    return _read(picture, wanted, read_level, copies=1)


def read_closely(picture: Grey, wanted: frozenset[Symbology]) -> tuple[SeenLabel, ...]:
    """Read the labels of a still, however they lie and however large they are.

    As :func:`read_labels`, but zxing also turns, shrinks and inverts the whole picture, and regions
    are sought in coarser copies too. Takes several times as long: for photographs, not for frames.
    """
    return _read(picture, wanted, read_whole, copies=_COPIES_OF_A_STILL)


Pass = Callable[[Grey, frozenset[Symbology]], list[SeenLabel]]


def _read(
    picture: Grey, wanted: frozenset[Symbology], first: Pass, *, copies: int
) -> tuple[SeenLabel, ...]:
    _check(picture)
    wanted &= READABLE  # zxing takes none for all
    if not picture.size or not wanted:
        return ()
    found = first(picture, wanted)
    missed: list[Crop] = []
    for region in find_regions(picture, copies=copies):
        if any(region.holds(*_middle(label.corners)) for label in found):
            continue
        crop = cut_upright(picture, region)
        if not has_bars(crop):
            continue
        read = read_upright(crop, wanted)
        found += read
        if not read:
            missed.append(crop)
    for crop in missed[:ZBAR_CROPS_MAX]:
        found += read_zbar(crop, wanted)
    return _each_once(found)


def read_level(picture: Grey, wanted: frozenset[Symbology]) -> list[SeenLabel]:
    """Read the whole picture with zxing, as it lies and as large as it is."""
    barcodes = zxingcpp.read_barcodes(
        picture, _formats(wanted), try_rotate=False, try_downscale=False, try_invert=False
    )
    return _seen(barcodes, wanted, Reader.LEVEL)


def read_whole(picture: Grey, wanted: frozenset[Symbology]) -> list[SeenLabel]:
    """Read the whole picture with zxing, turned, shrunk and inverted as well."""
    return _seen(zxingcpp.read_barcodes(picture, _formats(wanted)), wanted, Reader.WHOLE)


def read_upright(crop: Crop, wanted: frozenset[Symbology]) -> list[SeenLabel]:
    """Read one upright crop with zxing."""
    barcodes = zxingcpp.read_barcodes(
        crop.picture, _formats(wanted), try_rotate=False, try_downscale=False, try_invert=False
    )
    return [
        replace(label, corners=crop.in_picture(label.corners))
        for label in _seen(barcodes, wanted, Reader.UPRIGHT)
    ]


def read_zbar(crop: Crop, wanted: frozenset[Symbology]) -> list[SeenLabel]:
    """Read Code 128 off one upright crop with zbar; the corners are the crop's.

    Only where GS1-128 is wanted too: zbar does not say which of them it read. And it takes letters
    with FNC4 (Latin-1) for the ASCII letters of the same place.
    """
    height, width = crop.picture.shape
    lines = height // _ZBAR_ROWS_A_LINE
    if not wanted >= _CODE_128 or lines < ZBAR_LINES_MIN:
        return []
    averaged = cv2.resize(crop.picture, (width, lines), interpolation=cv2.INTER_AREA)
    wide = cv2.resize(averaged, (2 * width, lines), interpolation=cv2.INTER_LINEAR)
    return [
        SeenLabel(_frame(each.data, None), Symbology.CODE128, crop.outline(), Reader.ZBAR)
        for each in pyzbar.decode(wide, symbols=[pyzbar.ZBarSymbol.CODE128])
        if each.quality >= ZBAR_LINES_MIN
    ]


def _formats(wanted: frozenset[Symbology]) -> zxingcpp.BarcodeFormats:
    return zxingcpp.BarcodeFormats(sorted({_ZXING[each] for each in wanted}))


def _seen(
    barcodes: list[zxingcpp.Barcode], wanted: frozenset[Symbology], reader: Reader
) -> list[SeenLabel]:
    labels = []
    for barcode in barcodes:
        aim = barcode.symbology_identifier.removeprefix("]")
        symbology = symbology_of(aim)
        corners = _corners(barcode.position)
        # One format of zxing may be two symbologies of ours.
        if symbology in wanted and not (symbology in WEAK and _rows(corners) < WEAK_ROWS_MIN):
            labels.append(SeenLabel(_frame(barcode.bytes, aim), symbology, corners, reader))
    return labels


def _rows(corners: Corners) -> float:
    """How far down its bars a linear code was read, pixels."""
    return math.dist(corners[0], corners[3])


def _frame(raw: bytes, aim: str | None) -> Frame:
    return Frame(raw[:CODE_BYTES_MAX], aim, len(raw) > CODE_BYTES_MAX, len(raw))


def _corners(position: zxingcpp.Position) -> Corners:
    first, second = position.top_left, position.top_right
    third, fourth = position.bottom_right, position.bottom_left
    return (first.x, first.y), (second.x, second.y), (third.x, third.y), (fourth.x, fourth.y)


def _middle(corners: Corners) -> tuple[float, float]:
    return sum(x for x, _ in corners) / 4, sum(y for _, y in corners) / 4


def _each_once(found: Iterable[SeenLabel]) -> tuple[SeenLabel, ...]:
    """Keep the first reading of each code: two stickers of one waybill are one parcel."""
    kept: dict[tuple[bytes, int, Symbology], SeenLabel] = {}
    for label in found:
        kept.setdefault((label.frame.raw, label.frame.size, label.symbology), label)
    return tuple(kept.values())[:LABELS_MAX]


def _check(picture: Grey) -> None:
    if picture.ndim != 2 or picture.dtype != np.uint8:
        raise PictureError(f"not a grey picture: {picture.dtype}, {picture.ndim} dimensions")
    if max(picture.shape) > PICTURE_SIDE_PX_MAX:
        raise PictureError(f"a side is longer than {PICTURE_SIDE_PX_MAX} pixels: {picture.shape}")
