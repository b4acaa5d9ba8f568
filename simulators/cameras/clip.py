"""A scene as an mp4 file, and such a file's access units: channels that cost no encoding.

ClipError   the file is no mp4 with H.264, or too large
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from aio_rtsp_toolkit.server_media import parse_parameter_sets, split_length_prefixed_nalus
from av.container import InputContainer
from av.error import FFmpegError

from simulators.cameras import clock_code
from simulators.cameras.encoder import (
    BIT_RATE,
    MILLISECONDS,
    SEI,
    AccessUnit,
    ParameterSets,
    nal_type,
    set_up,
    video_frame,
)
from simulators.cameras.pictures import luma_of
from simulators.cameras.scene import Scene

CLIP_BYTES_MAX = 64 * 1024 * 1024
"""A clip is held in memory."""


class ClipError(Exception):
    """The sentence says which file and why."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A file's pictures, each with its time since the first one, and how long they last."""

    units: tuple[AccessUnit, ...]
    parameter_sets: ParameterSets
    duration_ms: float


def write_clip(
    path: Path,
    scene: Scene,
    *,
    camera_no: int,
    begin_ms: int,
    seconds: int,
    fps: int,
    bit_rate: int = BIT_RATE,
) -> None:
    """Write what a camera over ``scene`` takes from ``begin_ms`` on, with its clock burnt in."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=fps)
        set_up(stream.codec_context, scene.size, fps, bit_rate)
        for index in range(seconds * fps):
            at_ms = begin_ms + index * 1000 // fps
            picture = scene.frame(at_ms)
            clock_code.draw(luma_of(picture), at_ms, camera_no)
            container.mux(stream.encode(video_frame(picture, at_ms - begin_ms)))
        container.mux(stream.encode(None))


def read_clip(path: Path) -> Clip:
    """Read a file whole.

    Raises:
        ClipError: it cannot be read, holds no H.264 in mp4, does not begin with a key frame, or is
            larger than ``CLIP_BYTES_MAX``.
    """
    try:
        if path.stat().st_size > CLIP_BYTES_MAX:
            raise ClipError(f"{path} is larger than {CLIP_BYTES_MAX} bytes")
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise ClipError(f"{path} holds no video")
            return _read(path, container)
    except (OSError, FFmpegError) as error:
        raise ClipError(f"cannot read {path}: {error.strerror}") from error


def _read(path: Path, container: InputContainer) -> Clip:
    stream = container.streams.video[0]
    codec = stream.codec_context
    length_bytes, found = parse_parameter_sets(codec.name, codec.extradata or b"")
    if codec.name != "h264" or not {"sps", "pps"} <= found.keys():
        raise ClipError(f"{path} holds no H.264")
    units = []
    for packet in container.demux(stream):
        if packet.pts is None or packet.time_base is None:
            continue
        nal_units = split_length_prefixed_nalus(bytes(packet), length_bytes)
        at_ms = round(packet.pts * packet.time_base / MILLISECONDS)
        kept = tuple(unit for unit in nal_units if nal_type(unit) != SEI)
        units.append(AccessUnit(kept, packet.is_keyframe, at_ms))
    if not units or not units[0].is_key:
        raise ClipError(f"{path} does not begin with a key frame")
    rate = stream.average_rate or Fraction(25)
    return Clip(
        units=tuple(units),
        parameter_sets=ParameterSets(found["sps"], found["pps"]),
        duration_ms=float(len(units) / rate * 1000),
    )
