"""A stretch of footage as one file: copied from the segments that hold it, never coded anew.

Pictures stay bit for bit what the camera sent. A clip begins at the key frame before its first
moment, for nothing before a key frame can be shown. It is a derivative: the segments are the
evidence. Source: design section 8, docs/adr/0030.

    ClipError
    +- BrokenError        a segment cannot be read: it is missing, torn, or not what was recorded
    +- MixedError         the camera's coding changed within that time: ask for two clips
    +- NoPicturesError    there is no picture of that time
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Final

import av
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

FORM: Final = "mp4"
"""Never guessed from a master's content: a playlist would have its reader open other files."""
_NO_WORDS: Mapping[str, str] = MappingProxyType({})
_AS_IT_SAYS = {"skip_frame": "all", "analyzeduration": "1", "fpsprobesize": "0"}
"""A segment's header says all: decoding its first pictures to see took 60 times as long."""


class ClipError(Exception):
    """No clip was made; the sentence names the segment's file, if it is one's fault."""


class BrokenError(ClipError):
    """A segment's file is not what it should be."""


class MixedError(ClipError):
    """Two segments cannot be in one file."""


class NoPicturesError(ClipError):
    """There is nothing to be seen."""


@dataclass(frozen=True, slots=True)
class Part:
    """A segment's file and when it began, in ms of the time by which the clip is asked for."""

    path: Path
    began_ms: int


@dataclass(frozen=True, slots=True)
class Clip:
    """What a clip holds: from ``began_ms`` on, for ``length_ms``."""

    began_ms: int
    length_ms: int
    frames: int


def cut_clip(
    parts: Sequence[Part],
    since_ms: int,
    until_ms: int,
    target: Path,
    words: Mapping[str, str] = _NO_WORDS,
) -> Clip:
    """Write the pictures from ``since_ms`` to ``until_ms`` to ``target``.

    Args:
        parts: the segments that touch this time, oldest first; between them there may be gaps.
        since_ms: the clip begins at the key frame before it, if there is one.
        until_ms: pictures that begin later are left out.
        target: becomes an MP4, whole or not there.
        words: what the file says of itself: ``title`` and ``comment``.

    Raises:
        ClipError: see above.
        OSError: ``target`` cannot be written.
    """
    writer: _Writer | None = None
    clip: Clip | None = None
    try:
        for part in parts:
            with _opened(part) as source:
                writer = writer or _Writer(target, source.streams.video[0], words)
                writer.copy(source, part, since_ms, until_ms)
        if writer is None or writer.frames == 0:
            raise NoPicturesError("there is no footage of that time")
        clip = writer.close()
    finally:
        if writer is not None and clip is None:
            writer.abandon()
    return clip


def _opened(part: Part) -> InputContainer:
    try:
        source = av.open(str(part.path), "r", format=FORM, options=_AS_IT_SAYS)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise _broken(part, error) from None
    if not source.streams.video:
        source.close()
        raise BrokenError(f"{part.path.name} holds no pictures")
    return source


def _packets(
    source: InputContainer, video: VideoStream, part: Part
) -> Iterator["Packet[VideoStream]"]:
    try:
        for packet in source.demux(video):
            if packet.size:
                yield packet
    except (av.error.FFmpegError, OSError) as error:
        raise _broken(part, error) from None


def _broken(part: Part, error: Exception) -> BrokenError:
    reason = getattr(error, "strerror", None) or "it is no footage"
    return BrokenError(f"{part.path.name} cannot be read: {reason}")


def _coding_of(video: VideoStream) -> tuple[str, bytes]:
    """Pictures can be shown one after another only if this is the same of all."""
    return video.codec_context.name, bytes(video.codec_context.extradata or b"")


class _Writer:
    def __init__(self, target: Path, template: VideoStream, words: Mapping[str, str]) -> None:
        self.frames = 0
        self._path = target
        self._container: OutputContainer = av.open(str(target), "w", format="mp4")
        self._container.metadata.update(words)
        self._stream = self._container.add_stream_from_template(template)
        self._coding = _coding_of(template)
        self._began_ms: float | None = None
        self._end = 0
        self._end_s = 0.0

    def copy(self, source: InputContainer, part: Part, since_ms: int, until_ms: int) -> None:
        video = source.streams.video[0]
        if _coding_of(video) != self._coding:
            raise MixedError(f"the camera's coding changed with {part.path.name}: take two clips")
        unit = video.time_base or Fraction(1, 1000)
        seconds = max(0, since_ms - part.began_ms) / 1000
        if seconds:
            source.seek(int(seconds / unit), stream=video, backward=True)
        last = int((until_ms - part.began_ms) / 1000 / unit)
        shift: int | None = None
        is_empty = True
        for packet in _packets(source, video, part):
            is_empty = False
            if packet.dts is None or packet.pts is None or packet.pts >= last:
                continue
            if shift is None:
                shift = self._shift(
                    part.began_ms + float(packet.dts * unit) * 1000, packet.dts, unit
                )
            packet.dts += shift
            packet.pts += shift
            self._end = max(self._end, packet.pts + (packet.duration or 0))
            packet.stream = self._stream
            self._container.mux_one(packet)
            self.frames += 1
        if is_empty:
            raise BrokenError(f"{part.path.name} holds no pictures")
        self._end_s = float(self._end * unit)

    def _shift(self, at_ms: float, dts: int, unit: Fraction) -> int:
        if self._began_ms is None:
            self._began_ms = at_ms
            return -dts
        due = round((at_ms - self._began_ms) / 1000 / unit)
        # Two segments that meet may overlap by the error of their times; a file's never do.
        return max(due, self._end) - dts

    def close(self) -> Clip:
        self._container.close()
        return Clip(round(self._began_ms or 0), round(self._end_s * 1000), self.frames)

    def abandon(self) -> None:
        try:
            self._container.close()
        finally:
            # A file that is open elsewhere and has no name of its own cannot be unnamed.
            with suppress(OSError):
                self._path.unlink()
