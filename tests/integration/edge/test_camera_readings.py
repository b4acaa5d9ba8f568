"""What an edge reads in its cameras' pictures, from their stream to its lines. Design section 8."""

import time
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import zxingcpp
from av.video.frame import VideoFrame

from edge.video.cameras import FOLDER
from edge.video.label_reader import LabelRule, read_waybills
from edge.video.shown_clock import RENEWED_MS, SCREEN_MS
from hub.fact import is_simulated
from simulators.cameras.belt import BeltOptions
from simulators.cameras.camera_options import LiveCamera
from simulators.cameras.pictures import Size
from simulators.cameras.simulated_cameras import SimulatedCameras
from tests import samples
from tests.reading_parts import recording
from tests.rig.programs import wait_until
from wire.events import CameraFact
from wire.names import parse_at

HIGH, OTHER = "103000000017", "755000000024"
RATE = 10


def test_parcels_on_a_belt_are_told_over_rtsp_once_each_with_their_labels(tmp_path: Path) -> None:
    options = BeltOptions(Size(1280, 720), speed_px_s=1_000, is_bare=True)
    belt = LiveCamera("belt", options, fps=RATE)
    with SimulatedCameras([belt]) as simulated, recording(tmp_path, simulated.url("belt")) as told:
        wait_until(lambda: list((tmp_path / FOLDER / "cam").glob("*.part")), "it records")
        simulated.order(f"belt parcel {HIGH}")
        wait_until(lambda: len(told.of(CameraFact.SIGHTING)) == 1, "the first is told")
        simulated.order(f"belt parcel {OTHER}")
        wait_until(lambda: len(told.of(CameraFact.SIGHTING)) == 2, "the second is told")
    first, second = told.of(CameraFact.SIGHTING)
    assert [first.waybill, second.waybill] == [HIGH, OTHER]
    # Its address never leaves the edge.
    assert first.source == "tcp:localhost"
    assert is_simulated(first.source)
    assert first.since is not None
    assert 0 < (parse_at(first.at) - parse_at(first.since)).total_seconds() < 2
    still = tmp_path / FOLDER / "cam" / "stills" / f"{first.picture}.jpg"
    picture = cv2.imread(str(still), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    assert HIGH in read_waybills(picture.astype("uint8"), LabelRule(samples.POLICY.waybill, 30))


def write_clock_clip(path: Path) -> int:
    """Four seconds of a screen that shows the time of now; that time, in ms since 1970."""
    now_ms = time.time_ns() // 1_000_000
    text = f"CX:CLOCK:{now_ms}"
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    drawn = np.asarray(code.to_image(scale=5))
    picture = np.full((180, 320, 3), 90, np.uint8)
    picture[10 : 10 + drawn.shape[0], 80 : 80 + drawn.shape[1]] = drawn[..., np.newaxis]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        stream.gop_size = RATE
        stream.options = {"preset": "ultrafast", "tune": "zerolatency"}
        for number in range(4 * RATE):
            frame = VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return now_ms


def test_a_clock_that_is_held_before_a_camera_measures_how_late_its_pictures_come(
    tmp_path: Path,
) -> None:
    shown_ms = write_clock_clip(tmp_path / "clip.mp4")
    with recording(tmp_path, str(tmp_path / "clip.mp4")) as told:
        wait_until(lambda: told.of(CameraFact.CLOCK), "a clock is told")
    clock = told.of(CameraFact.CLOCK)[0]
    assert clock.reason == "shown"
    assert clock.offset_ms is not None
    assert clock.error_ms is not None
    # The picture that was looked at was the file's first: it came when the file was opened.
    taken_ms = parse_at(clock.at).timestamp() * 1000
    assert abs(shown_ms - taken_ms - clock.offset_ms) <= clock.error_ms
    assert clock.error_ms <= (RENEWED_MS + SCREEN_MS) / 2 + 1000 / RATE + 200
