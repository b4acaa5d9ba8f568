"""What a crash left of a segment: its whole fragments are kept, the torn end is cut off.

An MP4 in fragments is a row of boxes; what was written before the crash ends with a whole box or
inside one. Source: design section 8.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import av

from devices.cameras import codec_of
from edge.video.boxes import read_whole
from wire.events import Codec


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
        keep = read_whole(file).end
        file.truncate(keep)
        os.fsync(file.fileno())
    return _look(path) if keep else None


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
