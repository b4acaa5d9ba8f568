"""A segment as a file: fragmented MP4, copied packet by packet, whole only when it was closed.

While it is written its name ends in ``.part`` and says when it began, so that what a crash leaves
can be salvaged without any other record. Source: design section 8.
"""

import errno
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import av
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from edge.video.boxes import read_whole

PART_SUFFIX = ".part"
FRAGMENT_US = 1_000_000
"""So much a crash can cost of the open segment, besides what the camera had not sent."""
_OPTIONS = {
    "movflags": "empty_moov+default_base_moof+frag_keyframe",
    "frag_duration": str(FRAGMENT_US),
    "flush_packets": "1",
}
_HASH_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class PartName:
    """When and in which run of the machine a segment began; stands in its file's name.

    ``began_ms`` is wall time since 1970, ``mono_ms`` CLOCK_BOOTTIME, ``boot`` the kernel's boot id.
    """

    began_ms: int
    mono_ms: int
    boot: str

    def __str__(self) -> str:
        return f"{self.began_ms}-{self.mono_ms}-{self.boot}{PART_SUFFIX}"


def parse_part_name(name: str) -> PartName:
    """Read a part's name.

    Raises:
        ValueError: it is none.
    """
    began, mono, boot = name.removesuffix(PART_SUFFIX).split("-")
    found = PartName(int(began), int(mono), boot)
    if str(found) != name:
        raise ValueError(f"no part's name: {name[:80]!r}")
    return found


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is known of a file that is on the disk for good."""

    sha256: str
    bytes: int


class SegmentFile:
    """An open segment. Not for sharing between threads; every act may raise OSError."""

    def __init__(self, path: Path, template: VideoStream) -> None:
        """Begin the file at ``path``; ``template`` is the camera's stream.

        Raises:
            OSError: the disk does not take it.
        """
        self.path = path
        self._container: OutputContainer = av.open(str(path), "w", format="mp4", options=_OPTIONS)
        self._stream = self._container.add_stream_from_template(template)
        self._zero: int | None = None
        self._next_dts = 0
        self._frames = 0

    def write(self, packet: "Packet[VideoStream]") -> bool:
        """Append one packet as it came; the file's own time begins with its first.

        A file's times only grow: a picture of the time of the one before, or of an earlier one, is
        put right behind it.

        Returns:
            Whether its time was kept.

        Raises:
            OSError: the disk does not take it.
        """
        if packet.pts is None or packet.dts is None:
            raise ValueError("a packet without its times")
        if self._zero is None:
            self._zero = packet.dts
        packet.pts -= self._zero
        packet.dts -= self._zero
        is_kept = packet.dts >= self._next_dts
        if not is_kept:
            packet.dts = self._next_dts
            packet.pts = max(packet.pts, packet.dts)
        self._next_dts = packet.dts + 1
        packet.stream = self._stream
        self._container.mux_one(packet)
        self._frames += 1
        return is_kept

    def close(self) -> FileFacts:
        """End the file; when this returns it is on the disk, with every picture that was written.

        Raises:
            OSError: the disk does not take it.
        """
        self._container.close()
        facts = settle(self.path)
        # The library keeps the disk's refusal of what was still in its buffer to itself.
        with self.path.open("rb") as file:
            whole = read_whole(file)
        if not whole.is_all or whole.frames != self._frames:
            raise OSError(errno.EIO, "the disk did not take all of it")
        return facts

    def abandon(self) -> None:
        """Let go of a file that cannot be kept."""
        self._container.close()
        self.path.unlink(missing_ok=True)


def settle(path: Path) -> FileFacts:
    """Wait until a file's bytes are on the disk, and hash them.

    Raises:
        OSError: the disk does not take or give them.
    """
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        os.fsync(file.fileno())
        while part := file.read(_HASH_BYTES):
            digest.update(part)
            size += len(part)
    return FileFacts(digest.hexdigest(), size)
