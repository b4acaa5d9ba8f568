"""A camera's eye: what it has told must not be forgotten by the next start."""

from pathlib import Path
from typing import cast

import numpy as np
import pytest
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from devices.key_frames import Decoder
from edge.video.eye import KEEP_EVERY_S, LOOK_EVERY_S, Eye, picture_time
from edge.video.stills import Stills
from edge.video.watch import CameraWatch, Fault
from tests.unit.edge.video.watching import BOOT, OTHER_BOOT

PACKET = cast("Packet[VideoStream]", None)


class BlackPictures:
    """Decodes whatever comes to a black picture."""

    def decode(self, _packet: "Packet[VideoStream]") -> VideoFrame:
        return VideoFrame.from_ndarray(np.zeros((180, 320), np.uint8), format="gray")


def test_a_fault_is_kept_for_the_next_start_as_soon_as_it_is_told(tmp_path: Path) -> None:
    eye = Eye("dock", None, Stills(tmp_path), BOOT)
    eye._decoder = cast("Decoder", BlackPictures())
    assert eye.look(PACKET, 0.0) == []
    assert eye.keep(0.0) is None
    (seen,) = eye.look(PACKET, LOOK_EVERY_S)
    kept = eye.keep(LOOK_EVERY_S)
    assert kept is not None
    assert CameraWatch.unpack(kept, BOOT).told == (seen.finding,)
    assert seen.finding.kind is Fault.BLACK
    # Without news it is put by as seldom as before.
    assert eye.look(PACKET, 2 * LOOK_EVERY_S) == []
    assert eye.keep(2 * LOOK_EVERY_S) is None
    assert eye.keep(LOOK_EVERY_S + KEEP_EVERY_S) is not None


class Belt:
    """Decodes to pictures that are always another, until ``stopped``; counts how many."""

    stopped = False
    decoded = 0

    def decode(self, _packet: "Packet[VideoStream]") -> VideoFrame:
        self.decoded += 1
        dice = np.random.default_rng(0 if self.stopped else self.decoded)
        return VideoFrame.from_ndarray(dice.integers(40, 200, (180, 320), np.uint8), format="gray")


def test_every_key_frame_is_looked_at_for_a_while_when_what_never_rested_rests(
    tmp_path: Path,
) -> None:
    belt, eye = Belt(), Eye("belt", None, Stills(tmp_path), BOOT)
    eye._decoder = cast("Decoder", belt)

    def looks(since_s: int, until_s: int) -> int:
        before = belt.decoded
        for at_s in range(since_s, until_s):
            eye.look(PACKET, float(at_s))
        return belt.decoded - before

    # One key frame each second: every third is looked at, until it stops, and again later.
    assert looks(0, 60) == 20
    belt.stopped = True
    assert looks(60, 64) == 2
    assert looks(64, 90) == 26
    assert looks(100, 160) == 20


@pytest.mark.parametrize(("boot", "is_known"), [(BOOT, True), (OTHER_BOOT, False)])
def test_a_fault_that_is_over_after_a_start_of_the_machine_says_no_begin(
    tmp_path: Path, boot: str, is_known: bool
) -> None:
    eye = Eye("dock", None, Stills(tmp_path), BOOT)
    eye._decoder = cast("Decoder", BlackPictures())
    for at_s in (1000.0, 1003.0):
        found = eye.look(PACKET, at_s)
    (seen,) = found
    assert seen.finding.began_at == picture_time(1000.0)
    again = Eye("dock", eye.keep(1003.0), Stills(tmp_path), boot)
    again._decoder = cast("Decoder", Belt())
    overs = [over for at_s in (2.0, 5.0, 8.0) for over in again.look(PACKET, at_s)]
    assert [(over.finding.kind, over.finding.is_over) for over in overs] == [(Fault.BLACK, True)]
    assert overs[0].finding.began_at == (picture_time(1000.0) if is_known else None)


def test_another_name_of_the_view_makes_the_eye_learn_anew_and_the_same_does_not(
    tmp_path: Path,
) -> None:
    eye = Eye("belt", None, Stills(tmp_path), BOOT)
    eye._decoder = cast("Decoder", BlackPictures())
    learned: list[object] = []

    def look(at_s: float) -> object:
        eye.look(PACKET, at_s)
        return eye._watch._reference

    for view in (None, None, "rack-2", "rack-2", "rack-3"):
        eye.aim(view)
        learned.append(look(len(learned) * LOOK_EVERY_S))
    assert [learned.index(each) for each in learned] == [0, 0, 2, 2, 4]
