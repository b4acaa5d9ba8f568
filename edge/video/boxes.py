"""The boxes of an MP4 in fragments, and how much of it is whole. Pure but for the file at hand.

Nothing here trusts the file: every size is checked against what is there. Source: ISO/IEC 14496-12
("Object-structured File Organization", ``moof``, ``traf``, ``trun``).
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_HEADER_BYTES = 8
_LARGE_HEADER_BYTES = 16
_SIZE_FOLLOWS = 1
_COUNT_AT = 4
"""Of a ``trun``: version and flags come first, then how many samples it has."""
MOOF_BYTES_MAX = 1024 * 1024
"""A second of pictures needs a few kB."""


@dataclass(frozen=True, slots=True)
class Whole:
    """The whole fragments of a file: where the last one ends, and their pictures.

    ``is_all``: the file ends with a whole box, so nothing of it is torn.
    """

    end: int
    frames: int
    is_all: bool


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    body: int
    end: int


def read_whole(file: BinaryIO) -> Whole:
    """Look for the whole fragments: a ``moof`` box and the ``mdat`` behind it.

    Raises:
        OSError: the disk does not give it.
    """
    size = file.seek(0, os.SEEK_END)
    end = at = frames = in_moof = 0
    before = b""
    for box in _boxes(file, 0, size):
        if box.kind == b"moof":
            in_moof = _frames_in(file, box)
        elif box.kind == b"mdat" and before == b"moof":
            end, frames = box.end, frames + in_moof
        before, at = box.kind, box.end
    return Whole(end, frames, is_all=at == size)


def _boxes(file: BinaryIO, at: int, size: int) -> Iterator[_Box]:
    while at + _HEADER_BYTES <= size:
        file.seek(at)
        header = file.read(_LARGE_HEADER_BYTES)
        length, kind = int.from_bytes(header[:4], "big"), header[4:8]
        header_bytes = _HEADER_BYTES
        if length == _SIZE_FOLLOWS:
            length, header_bytes = int.from_bytes(header[8:], "big"), _LARGE_HEADER_BYTES
        if length < header_bytes or at + length > size:
            return
        yield _Box(kind, at + header_bytes, at + length)
        at += length


def _frames_in(file: BinaryIO, moof: _Box) -> int:
    if moof.end - moof.body > MOOF_BYTES_MAX:
        return 0
    frames = 0
    for track in _boxes(file, moof.body, moof.end):
        if track.kind == b"traf":
            for run in _boxes(file, track.body, track.end):
                if run.kind == b"trun":
                    file.seek(run.body + _COUNT_AT)
                    frames += int.from_bytes(file.read(4), "big")
    return frames
