"""Encode pictures to H.264 as a cheap camera does: key frames each second or two, no B frames.

One encoder belongs to one thread at a time.
"""

from dataclasses import dataclass
from fractions import Fraction

import av
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from simulators.cameras.pictures import Picture, Size

BIT_RATE = 3_000_000
KEY_EVERY_S = 1
MILLISECONDS = Fraction(1, 1000)
SEI, SPS, PPS = 6, 7, 8
_START_CODE = b"\x00\x00\x01"


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One encoded picture: its NAL units without start codes or lengths, and when it was taken."""

    nal_units: tuple[bytes, ...]
    is_key: bool
    at_ms: int


@dataclass(frozen=True, slots=True)
class ParameterSets:
    """What a decoder must know before the first picture."""

    sps: bytes
    pps: bytes


class Encoder:
    """libx264, ultrafast and without delay: a picture in is an access unit out."""

    def __init__(self, size: Size, fps: int, bit_rate: int = BIT_RATE) -> None:
        """Open the encoder; arguments as in :func:`set_up`."""
        self._codec = av.CodecContext.create("libx264", "w")
        set_up(self._codec, size, fps, bit_rate)
        self._codec.open()
        units = split_start_codes(self._codec.extradata or b"")
        self.parameter_sets = ParameterSets(
            sps=next(unit for unit in units if nal_type(unit) == SPS),
            pps=next(unit for unit in units if nal_type(unit) == PPS),
        )

    def encode(self, picture: Picture, at_ms: int) -> AccessUnit:
        """Encode one picture taken at ``at_ms``, which grows."""
        (packet,) = self._codec.encode(video_frame(picture, at_ms))
        # Comments of the encoder are nothing that a camera sends.
        units = (unit for unit in split_start_codes(bytes(packet)) if nal_type(unit) != SEI)
        return AccessUnit(tuple(units), packet.is_keyframe, at_ms)


def set_up(codec: VideoCodecContext, size: Size, fps: int, bit_rate: int) -> None:
    """Set a libx264 up as a cheap camera's encoder is.

    Args:
        codec: not yet open.
        size: of every picture.
        fps: pictures a second, 1 to 60.
        bit_rate: bits a second, aimed at over one second.
    """
    codec.width, codec.height, codec.pix_fmt = size.width, size.height, "yuv420p"
    codec.time_base, codec.framerate = MILLISECONDS, Fraction(fps)
    codec.gop_size, codec.bit_rate = fps * KEY_EVERY_S, bit_rate
    # More threads of its own would hide what a channel costs, and fight over two cores.
    codec.thread_count = 1
    codec.flags |= Flags.global_header
    codec.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "maxrate": str(bit_rate),
        "bufsize": str(bit_rate),
        "x264-params": "scenecut=0",
    }


def video_frame(picture: Picture, at_ms: int) -> VideoFrame:
    """A picture as an encoder takes it."""
    frame = VideoFrame.from_ndarray(picture, format="yuv420p")
    frame.pts, frame.time_base = at_ms, MILLISECONDS
    return frame


def nal_type(unit: bytes) -> int:
    """The kind of a NAL unit, as H.264 numbers them."""
    return unit[0] & 0x1F


def split_start_codes(stream: bytes) -> tuple[bytes, ...]:
    """The NAL units of an Annex B stream."""
    # A unit never ends in a zero byte, so those before a start code belong to the code.
    return tuple(unit for part in stream.split(_START_CODE) if (unit := part.rstrip(b"\x00")))
