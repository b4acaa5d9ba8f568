"""Real H.264 footage for tests, made by a real encoder."""

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame

from devices.cameras import Camera, CameraEndedError
from edge.video.segment_file import SegmentFile

RATE = 25


def write_clip(
    path: Path, seconds: float, *, key_every_s: float = 1.0, codec: str = "libx264"
) -> None:
    """A small clip in which a bar moves; every picture differs from the one before."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        if codec == "libx264":
            stream.gop_size = round(key_every_s * RATE)
            stream.options = {"preset": "ultrafast", "tune": "zerolatency", "sc_threshold": "0"}
        elif codec == "libx265":
            gop = round(key_every_s * RATE)
            said = f"keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0:log-level=none"
            stream.options = {"preset": "ultrafast", "x265-params": said}
        for frame in pictures(round(seconds * RATE)):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def pictures(count: int) -> Iterator[VideoFrame]:
    """Grey pictures with a bar that goes on by a few pixels each time; 299 are all different."""
    for number in range(count):
        grey = np.full((180, 320, 3), 90, np.uint8)
        grey[:, (number * 3) % 299 : (number * 3) % 299 + 20] = 220
        frame = VideoFrame.from_ndarray(grey, format="rgb24")
        frame.pts, frame.time_base = number, Fraction(1, RATE)
        yield frame


def write_segments(folder: Path, clip: Path, frames_each: int) -> list[Path]:
    """Cut a clip into segments as the recorder writes them."""
    camera = Camera(str(clip))
    paths: list[Path] = []
    files: list[SegmentFile] = []
    with suppress(CameraEndedError):
        for number, packet in enumerate(camera.packets()):
            if number % frames_each == 0:
                paths.append(folder / f"{number}.mp4")
                files.append(SegmentFile(paths[-1], camera.video))
            files[-1].write(packet)
    for file in files:
        file.close()
    camera.close()
    return paths


def packets_of(path: Path) -> list[bytes]:
    """The coded pictures of a file, byte for byte."""
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def frames_of(path: Path) -> list[float]:
    """When each picture of a file is shown, in seconds; a broken file raises."""
    with av.open(str(path)) as container:
        return [float(frame.time or 0) for frame in container.decode(video=0)]
