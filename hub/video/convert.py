"""A segment coded anew as H.264, for browsers that play nothing else: a copy, never evidence.

Every picture keeps its own time to the tick, so what is sought in the copy is the picture that
would be found in the master. It is no larger than 720p. Source: design section 8, docs/adr/0030.

    ConvertError
    +- UnreadableError    the master cannot be decoded, or is more than a segment can be
    +- NoPictureError     nothing in it can be shown
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from hub.video.clip import FORM

WIDTH_MAX, HEIGHT_MAX = 1280, 720
FRAMES_MAX = 7200
"""The longest segment is a minute; no camera here makes more than 120 pictures a second."""
SOURCE_PIXELS_MAX = 8192 * 4320
_AS_IT_SAYS = {"analyzeduration": "1", "fpsprobesize": "0"}
_CODER = {
    "preset": "superfast",
    # Each picture leaves as it comes in: none waits for a later one, so none changes its place.
    "tune": "zerolatency",
    "crf": "24",
    "maxrate": "4M",
    "bufsize": "8M",
    # Key frames stand where the master's do, and nowhere else.
    "forced-idr": "1",
    "sc_threshold": "0",
    "g": str(FRAMES_MAX),
}
_FRAGMENT_US = 1_000_000


class ConvertError(Exception):
    """No copy was made; the sentence says why."""


class UnreadableError(ConvertError):
    """Another try ends alike."""


class NoPictureError(ConvertError):
    """It holds nothing to be seen."""


@dataclass(frozen=True, slots=True)
class Converted:
    """What a copy holds."""

    length_ms: int
    frames: int


def to_h264(source: Path, target: Path, words: Mapping[str, str]) -> Converted:
    """Write ``source`` to ``target``, coded as H.264 of at most 720p, in fragments of a second.

    Args:
        source: a segment.
        target: a file that becomes the copy; after an error it holds nothing of use.
        words: what the file says of itself: ``title`` and ``comment``.

    Raises:
        ConvertError: see above.
        OSError: ``target`` cannot be written; not each such refusal is told, see
            :func:`hub.video.written.check_written`.
    """
    try:
        opened = av.open(str(source), "r", format=FORM, options=_AS_IT_SAYS)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise _unreadable(source, error) from None
    with opened:
        if not opened.streams.video:
            raise UnreadableError(f"{source.name} holds no pictures")
        video = opened.streams.video[0]
        size = _size_of(source, video)
        coder = _Coder(target, video, size, words)
        try:
            for frame, duration in _frames(source, opened, video):
                coder.write(frame, duration)
        finally:
            coder.close()
    if coder.frames == 0:
        raise NoPictureError(f"{source.name} holds no picture that can be shown")
    return coder.converted()


def _size_of(source: Path, video: VideoStream) -> tuple[int, int]:
    """The size of the copy's pictures: even numbers, the same shape, never larger."""
    context = video.codec_context
    width, height = context.width, context.height
    if not 0 < width * height <= SOURCE_PIXELS_MAX:
        raise UnreadableError(f"{source.name} has pictures of no size that cameras have")
    shrink = min(Fraction(1), Fraction(WIDTH_MAX, width), Fraction(HEIGHT_MAX, height))
    return max(2, int(width * shrink) // 2 * 2), max(2, int(height * shrink) // 2 * 2)


def _frames(
    source: Path, opened: InputContainer, video: VideoStream
) -> Iterator[tuple[VideoFrame, int]]:
    """Each picture with how long it is shown, in the order in which they are shown."""
    durations: dict[int, int] = {}
    video.codec_context.thread_count = 1
    try:
        for packet in opened.demux(video):
            if packet.pts is not None:
                durations[packet.pts] = packet.duration or 0
            if len(durations) > FRAMES_MAX:
                raise UnreadableError(f"{source.name} has more than {FRAMES_MAX} pictures")
            for frame in packet.decode():
                if frame.pts is not None:
                    yield frame, durations.get(frame.pts, 0)
    except av.error.FFmpegError as error:
        raise _unreadable(source, error) from None


def _unreadable(source: Path, error: Exception) -> UnreadableError:
    reason = getattr(error, "strerror", None) or "it is no footage"
    return UnreadableError(f"{source.name} cannot be read: {reason}")


class _Coder:
    def __init__(
        self, target: Path, like: VideoStream, size: tuple[int, int], words: Mapping[str, str]
    ) -> None:
        self.frames = 0
        self._unit = like.time_base or Fraction(1, 1000)
        self._size = size
        self._first: int | None = None
        self._end = 0
        self._durations: dict[int, int] = {}
        options = {
            "movflags": "empty_moov+default_base_moof+frag_keyframe",
            "frag_duration": str(_FRAGMENT_US),
            "video_track_timescale": str(self._unit.denominator),
        }
        self._container: OutputContainer = av.open(str(target), "w", format="mp4", options=options)
        self._container.metadata.update(words)
        self._stream = self._container.add_stream("libx264", options=dict(_CODER))
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = "yuv420p"
        self._stream.time_base = self._unit
        context = self._stream.codec_context
        context.time_base = self._unit
        context.thread_count = 1
        if like.sample_aspect_ratio:
            context.sample_aspect_ratio = like.sample_aspect_ratio

    def write(self, frame: VideoFrame, duration: int) -> None:
        assert frame.pts is not None
        if self._first is not None and frame.pts < self._end:
            return  # shown already, or beneath one that was: a torn stream
        if self._first is None:
            self._first = frame.pts
        self._end = frame.pts + max(1, duration)
        self._durations[frame.pts] = duration
        is_key = frame.key_frame
        width, height = self._size
        picture = frame.reformat(width, height, "yuv420p")
        picture.pts, picture.time_base = frame.pts, self._unit
        picture.pict_type = PictureType.I if is_key else PictureType.NONE
        self.frames += 1
        self._mux(self._stream.encode(picture))

    def _mux(self, packets: "list[Packet[VideoStream]]") -> None:
        assert self._first is not None
        for packet in packets:
            assert packet.pts is not None
            # As in a master: the file begins at nought, and its first picture where that one's did.
            packet.dts = packet.pts - self._first
            packet.duration = self._durations.pop(packet.pts, 0)
            self._container.mux_one(packet)

    def close(self) -> None:
        try:
            if self.frames:
                self._mux(self._stream.encode(None))
        finally:
            self._container.close()

    def converted(self) -> Converted:
        return Converted(round(float(self._end * self._unit) * 1000), self.frames)
