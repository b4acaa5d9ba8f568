"""Scenes small enough to be drawn often, and what is left of a picture after H.264."""

import av
from av.video.codeccontext import VideoCodecContext

from simulators.cameras import clock_code
from simulators.cameras.belt import BeltOptions
from simulators.cameras.encoder import AccessUnit, Encoder, ParameterSets
from simulators.cameras.pictures import Grey, Size, luma_of
from simulators.cameras.scene import Scene

SMALL = Size(640, 360)
HD = Size(1280, 720)
AT_MS = 1_763_841_612_345
SMALL_BELT = BeltOptions(SMALL, speed_px_s=300)


def filmed(scene: Scene, *, fps: int, count: int, bit_rate: int) -> list[tuple[int, Grey]]:
    """Each picture's moment, and its luma after encoding and decoding, with the clock burnt in."""
    encoder = Encoder(scene.size, fps, bit_rate)
    units = []
    for index in range(count):
        at_ms = AT_MS + index * 1000 // fps
        picture = scene.frame(at_ms)
        clock_code.draw(luma_of(picture), at_ms, 200)
        units.append(encoder.encode(picture, at_ms))
    lumas = decoded(units, encoder.parameter_sets)
    return [(unit.at_ms, luma) for unit, luma in zip(units, lumas, strict=True)]


def decoded(units: list[AccessUnit], sets: ParameterSets) -> list[Grey]:
    codec = av.CodecContext.create("h264", "r")
    assert isinstance(codec, VideoCodecContext)
    frames = []
    for unit in units:
        nal_units = (sets.sps, sets.pps, *unit.nal_units) if unit.is_key else unit.nal_units
        stream = b"".join(b"\0\0\0\1" + nal for nal in nal_units)
        frames += codec.decode(av.Packet(stream))
    frames += codec.decode(None)
    return [frame.to_ndarray(format="gray") for frame in frames]
