"""What a crash left of a segment: its whole fragments are kept, the torn end is cut off.

An MP4 in fragments is a row of boxes; what was written before the crash ends with a whole box or
inside one. Nothing here trusts the file: every size is checked against what is there.
Source: design section 8; ISO/IEC 14496-12 ("Object-structured File Organization").
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import av

from devices.cameras import codec_of
from wire.events import Codec

_HEADER_BYTES = 8
_LARGE_HEADER_BYTES = 16
_SIZE_FOLLOWS = 1


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What the kept part of a file holds: pictures for ``length_s`` seconds."""

    length_s: float
    frames: int
    codec: Codec


def salvage(path: Path) -> Salvaged | None:
    """Cut a file behind its last whole fragment, on the disk; None: nothing of it can be shown.

    Raises:
        OSError: the disk does not take or give it.
    """
    with path.open("r+b") as file:
        keep = whole_bytes(file)
        file.truncate(keep)
        os.fsync(file.fileno())
    return _look(path) if keep else None


def whole_bytes(file: BinaryIO) -> int:
    """Where the last whole fragment ends; 0 without any.

    A fragment is a ``moof`` box and the ``mdat`` behind it; before the first stands the header.
    """
    end = 0
    before = b""
    for kind, box_end in _whole_boxes(file):
        if kind == b"mdat" and before == b"moof":
            end = box_end
        before = kind
    return end


def _whole_boxes(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    size = file.seek(0, os.SEEK_END)
    at = 0
    while at + _HEADER_BYTES <= size:
        file.seek(at)
        header = file.read(_LARGE_HEADER_BYTES)
        length, kind = int.from_bytes(header[:4], "big"), header[4:8]
        header_bytes = _HEADER_BYTES
        if length == _SIZE_FOLLOWS:
            length, header_bytes = int.from_bytes(header[8:], "big"), _LARGE_HEADER_BYTES
        if length < header_bytes or at + length > size:
            return
        at += length
        yield kind, at


def _look(path: Path) -> Salvaged | None:
    try:
        with av.open(str(path), "r") as container:
            video = container.streams.video[0]
            codec = codec_of(video)
            ends = [
                packet.pts + (packet.duration or 0)
                for packet in container.demux(video)
                if packet.size and packet.pts is not None
            ]
            length_s = float(max(ends, default=0) * video.time_base) if video.time_base else 0.0
    except (av.error.FFmpegError, OSError, IndexError):
        return None
    return Salvaged(length_s, len(ends), codec) if ends and codec else None
