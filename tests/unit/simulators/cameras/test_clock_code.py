"""The clock burnt into a camera's picture is read back, or not at all."""

import cv2
import numpy as np
import pytest

from simulators.cameras import clock_code
from simulators.cameras.belt import Belt, BeltOptions
from simulators.cameras.cage import Cage, CageOptions
from simulators.cameras.clock_code import AT_MS_MAX, CAMERA_NO_MAX
from simulators.cameras.pictures import FULL_HD, luma_of, uniform
from simulators.cameras.scene import Scene
from tests.unit.simulators.cameras.films import AT_MS, HD, filmed


@pytest.mark.parametrize("at_ms", [0, 1, AT_MS, AT_MS_MAX])
@pytest.mark.parametrize("camera_no", [0, CAMERA_NO_MAX])
@pytest.mark.parametrize("width", [1920, 1280, 704, 640])
def test_the_clock_is_read_at_every_width(at_ms: int, camera_no: int, width: int) -> None:
    picture = np.full((200, width), 128, np.uint8)
    clock_code.draw(picture, at_ms, camera_no)
    assert clock_code.read(picture) == (at_ms, camera_no)


@pytest.mark.parametrize(
    "scene", [Belt(BeltOptions(HD, speed_px_s=900)), Cage(CageOptions(HD))], ids=["belt", "cage"]
)
def test_the_clock_survives_h264_at_a_low_bit_rate_and_half_the_width(scene: Scene) -> None:
    for at_ms, luma in filmed(scene, fps=10, count=11, bit_rate=250_000):
        half = np.asarray(cv2.resize(luma, (640, 360), interpolation=cv2.INTER_AREA), np.uint8)
        assert clock_code.read(luma) == (at_ms, 200)
        assert clock_code.read(half) == (at_ms, 200)


def test_a_full_picture_scaled_to_a_third_is_read() -> None:
    luma = luma_of(Cage(CageOptions(FULL_HD)).frame(AT_MS))
    clock_code.draw(luma, AT_MS, 3)
    third = np.asarray(cv2.resize(luma, (640, 360)), np.uint8)
    assert clock_code.read(third) == (AT_MS, 3)


@pytest.mark.parametrize("level", [0, 16, 128, 255])
def test_a_picture_without_a_clock_holds_none(level: int) -> None:
    assert clock_code.read(luma_of(uniform(HD, level))) is None


def test_a_scene_without_a_clock_holds_none() -> None:
    assert clock_code.read(luma_of(Cage(CageOptions(HD)).frame(AT_MS))) is None


@pytest.mark.parametrize("size", [(0, 0), (1, 1), (20, 640), (360, 3)])
def test_a_picture_too_small_for_a_clock_holds_none(size: tuple[int, int]) -> None:
    assert clock_code.read(np.zeros(size, np.uint8)) is None


@pytest.mark.parametrize("cell", range(80))
def test_one_cell_that_is_painted_over_is_noticed(cell: int) -> None:
    picture = np.full((100, 1920), 128, np.uint8)
    clock_code.draw(picture, AT_MS, 7)
    painted = picture[16:48, (2 + cell) * 16 : (3 + cell) * 16]
    painted[:] = 16 if painted.mean() > 128 else 235
    assert clock_code.read(picture) is None


@pytest.mark.parametrize(("at_ms", "camera_no"), [(-1, 0), (AT_MS_MAX + 1, 0), (0, -1), (0, 256)])
def test_what_the_code_cannot_hold_is_refused(at_ms: int, camera_no: int) -> None:
    picture = np.full((100, 1920), 128, np.uint8)
    with pytest.raises(ValueError, match="cannot show"):
        clock_code.draw(picture, at_ms, camera_no)
    assert (picture == 128).all()
