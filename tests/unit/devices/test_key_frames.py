"""Single pictures out of a camera's stream."""

from pathlib import Path

import numpy as np
import pytest
from av.packet import Packet
from av.video.stream import VideoStream

from devices.cameras import Camera, CameraEndedError
from devices.key_frames import Decoder, grey_of
from devices.pictures import Grey
from tests.video_parts import write_clip


def read(decoder: Decoder, packet: "Packet[VideoStream]") -> Grey | None:
    frame = decoder.decode(packet)
    return None if frame is None else grey_of(frame)


def test_each_key_frame_is_its_own_picture_at_once(tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", 3)
    camera = Camera(str(tmp_path / "clip.mp4"))
    frames = Decoder(camera.video)
    found = []
    with pytest.raises(CameraEndedError):
        for number, packet in enumerate(camera.packets()):
            if packet.is_keyframe:
                found.append((number, read(frames, packet)))
    camera.close()
    assert [number for number, _ in found] == [0, 25, 50]
    for number, picture in found:
        assert picture is not None
        assert (picture.shape, picture.dtype) == ((180, 320), np.uint8)
        bar = int(picture[90].argmax())
        assert abs(bar - number * 3) <= 4


def test_what_cannot_be_decoded_is_no_picture_and_the_next_one_is(tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", 2)
    camera = Camera(str(tmp_path / "clip.mp4"))
    frames = Decoder(camera.video)
    keys: list[Packet[VideoStream]] = []
    with pytest.raises(CameraEndedError):
        keys.extend(packet for packet in camera.packets() if packet.is_keyframe)
    broken = keys[0]
    broken.update(bytes(broken.size))
    assert read(frames, broken) is None
    assert read(frames, keys[1]) is not None
    camera.close()
