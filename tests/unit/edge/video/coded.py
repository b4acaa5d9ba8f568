"""Pictures through a real H.264 encoder and back: what a watch gets of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np

from devices.pictures import Grey


@dataclass(frozen=True)
class KeyFrame:
    at_s: float
    picture: Grey


def key_frames(
    pictures: Iterable[Grey], *, fps: int, key_s: float, bit_rate: int, preset: str = "ultrafast"
) -> Iterator[KeyFrame]:
    """Encode pictures of one size at a constant bit rate, as cameras do, and decode key frames."""
    encoder, decoder = None, av.CodecContext.create("h264", "r")
    for count, picture in enumerate(pictures):
        if encoder is None:
            encoder = _encoder(picture, fps, int(fps * key_s), bit_rate, preset)
        for packet in encoder.encode(_frame(picture, count)):
            for frame in decoder.decode(av.Packet(bytes(packet))):
                if frame.key_frame:
                    yield KeyFrame(count / fps, frame.to_ndarray(format="gray"))


def _encoder(picture, fps, key_frames_apart, bit_rate, preset):
    encoder = av.CodecContext.create("libx264", "w")
    encoder.height, encoder.width = picture.shape
    encoder.pix_fmt, encoder.time_base = "yuv420p", Fraction(1, fps)
    encoder.framerate, encoder.bit_rate = Fraction(fps), bit_rate
    encoder.gop_size = key_frames_apart
    encoder.options = {
        "preset": preset,
        "tune": "zerolatency",
        "keyint_min": str(key_frames_apart),
        "sc_threshold": "0",
        "maxrate": str(bit_rate),
        "bufsize": str(bit_rate),
        "threads": "1",
    }
    return encoder


def _frame(picture, count):
    height, width = picture.shape
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    planes[:height] = picture
    frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    frame.pts = count
    return frame
