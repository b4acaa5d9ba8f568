"""Was all of it written? The library that writes films keeps the last refusal of a disk to itself.

What is still in its buffer when a file is ended may be lost without a word (seen with PyAV 18.1 and
a limit of file size); so what was written is read once before anybody gets it.
"""

import errno
import os
import struct
from pathlib import Path

import av

_HEAD = struct.Struct(">I4s")
_WIDE = struct.Struct(">Q")


def check_written(path: Path, frames: int) -> None:
    """See whether a film holds every picture that was put into it, and is not cut off anywhere.

    Raises:
        OSError: it does not; the disk refused.
    """
    if not _ends_with_a_box(path) or _frames_in(path) != frames:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _ends_with_a_box(path: Path) -> bool:
    """Whether its boxes fill the file to the byte. Source: ISO/IEC 14496-12, 4.2."""
    with path.open("rb") as file:
        size, at = os.fstat(file.fileno()).st_size, 0
        while at < size:
            file.seek(at)
            head = file.read(_HEAD.size + _WIDE.size)
            if len(head) < _HEAD.size:
                return False
            length = int(_HEAD.unpack_from(head)[0])
            if length == 1 and len(head) == _HEAD.size + _WIDE.size:
                length = int(_WIDE.unpack_from(head, _HEAD.size)[0])
            if length < _HEAD.size:
                return False
            at += length
    return at == size


def _frames_in(path: Path) -> int:
    try:
        with av.open(str(path)) as film:
            return sum(1 for each in film.demux(video=0) if each.size and not each.is_corrupt)
    except av.error.FFmpegError:
        return 0
