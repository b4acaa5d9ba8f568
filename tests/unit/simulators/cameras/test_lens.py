"""What a faulty lens makes of a picture, and what a clip keeps of a scene."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from simulators.cameras import clock_code
from simulators.cameras.cage import Cage, CageOptions
from simulators.cameras.clip import CLIP_BYTES_MAX, ClipError, read_clip, write_clip
from simulators.cameras.encoder import Encoder
from simulators.cameras.faults import OF_THE_LINE, Fault, FaultyLens
from simulators.cameras.pictures import Grey, luma_of
from tests.unit.simulators.cameras.films import AT_MS, SMALL, decoded

CAGE = Cage(CageOptions(SMALL))


def seen(fault: Fault, at_ms: int = AT_MS) -> Grey:
    picture = CAGE.frame(AT_MS)
    FaultyLens(SMALL, 1).apply(fault, picture, at_ms)
    return luma_of(picture)


def detail(luma: Grey) -> float:
    return float(np.asarray(cv2.Laplacian(luma, cv2.CV_64F)).var())


@pytest.mark.parametrize("fault", sorted(OF_THE_LINE))
def test_a_fault_of_the_line_leaves_the_picture_alone(fault: Fault) -> None:
    assert np.array_equal(seen(fault), luma_of(CAGE.frame(AT_MS)))


def test_each_other_fault_changes_the_picture_in_its_own_way() -> None:
    good = seen(Fault.OK)
    black, covered, blurred, moved, noisy = (
        seen(fault)
        for fault in (Fault.BLACK, Fault.COVERED, Fault.DEFOCUS, Fault.MOVED, Fault.NOISE)
    )
    assert black.max() == 16
    assert covered.max() < 60
    assert 0 < covered.std() < 5
    assert detail(blurred) < detail(good) / 50
    assert abs(float(blurred.mean()) - float(good.mean())) < 5
    assert detail(noisy) > detail(good) * 1.5
    assert abs(float(noisy.mean()) - float(good.mean())) < 5
    apart = float(np.abs(moved.astype(float) - good).mean())
    assert apart > 10
    assert detail(moved) > detail(good) / 4


@pytest.mark.parametrize("fault", [Fault.NOISE, Fault.COVERED])
def test_noise_is_another_in_each_picture(fault: Fault) -> None:
    assert not np.array_equal(seen(fault), seen(fault, AT_MS + 40))


def test_a_clip_plays_back_what_was_filmed(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_clip(path, CAGE, camera_no=9, begin_ms=AT_MS, seconds=3, fps=5)
    clip = read_clip(path)
    assert clip.duration_ms == 3_000
    assert [unit.at_ms for unit in clip.units] == list(range(0, 3_000, 200))
    assert [unit.at_ms for unit in clip.units if unit.is_key] == [0, 1_000, 2_000]
    shown = [clock_code.read(luma) for luma in decoded(list(clip.units), clip.parameter_sets)]
    assert shown == [(AT_MS + unit.at_ms, 9) for unit in clip.units]


def test_a_file_that_is_no_clip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with pytest.raises(ClipError, match="No such file"):
        read_clip(path)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(ClipError, match="cannot read"):
        read_clip(path)
    with path.open("r+b") as file:
        file.truncate(CLIP_BYTES_MAX + 1)
    with pytest.raises(ClipError, match="larger than"):
        read_clip(path)


def test_every_encoded_picture_is_whole_and_key_frames_come_each_second() -> None:
    encoder = Encoder(SMALL, 5)
    units = [encoder.encode(CAGE.frame(AT_MS + n * 200), AT_MS + n * 200) for n in range(11)]
    assert [n for n, unit in enumerate(units) if unit.is_key] == [0, 5, 10]
    assert all(unit.nal_units and not unit.nal_units[0].startswith(b"\0") for unit in units)
    assert len(decoded(units, encoder.parameter_sets)) == len(units)
