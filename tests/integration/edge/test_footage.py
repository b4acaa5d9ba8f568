"""A camera's footage, from its pictures to lines in the spool, by the real program.

The camera is a file here, which plays at its own pace and then ends. Design section 8, P2.
"""

import json
from pathlib import Path

import cv2
import numpy as np

from edge.video.cameras import FOLDER
from tests.footage_parts import check_covered, check_files, told_of
from tests.integration.edge.fake_hub import site_pack
from tests.integration.edge.rig import House, open_house
from tests.rig.programs import wait_until
from tests.video_parts import write_clip
from wire.events import CameraFact, Codec

CAMERA = '[[camera]]\nid = "cage-cam"\nurl = "{0}"\n'


def events_at_hub(house: House, kind: str) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in house.hub.lines]
    return [line for line in lines if line["kind"] == kind]


def test_footage_is_recorded_told_and_on_the_disk_as_it_was_told(tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", 4)
    with open_house(tmp_path, CAMERA.format(tmp_path / "clip.mp4")) as house:
        house.edge.start()
        house.hub.push_pack(site_pack(1, {}))
        wait_until(lambda: house.hub.pictures, "a still for the wall is at the hub")
        wait_until(lambda: events_at_hub(house, "segment"), "a segment is at the hub")
        house.edge.stop()
        told = told_of(house.edge.data_dir, "cage-cam")
        check_files(told, house.edge.data_dir / FOLDER / "cage-cam")
    still, jpeg = next(iter(house.hub.pictures.items()))
    assert (still.camera, still.is_named) == ("cage-cam", False)
    assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).shape == (180, 320, 3)
    first = told.segments[0]
    assert (first.codec, first.frames, first.salvaged) == (Codec.H264, 100, False)
    # Its first picture may have come late; by how much at most is told.
    assert 4000 - first.error_ms - 2 <= first.length_ms <= 4002
    assert told.count(CameraFact.LOST) >= 1  # the file has ended, and was played again
    assert check_covered(told) >= first.length_ms
