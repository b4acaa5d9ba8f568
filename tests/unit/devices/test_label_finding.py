"""Regions of parallel bars are found whichever way they lie, and cut out upright."""

import numpy as np
import pytest
from numpy.typing import NDArray

from devices.label_finding import (
    CROP_HEIGHT_PX_MAX,
    CROP_WIDTH_PX_MAX,
    REGIONS_MAX,
    Region,
    cut_upright,
    find_regions,
    has_bars,
)
from devices.pictures import Grey
from tests.label_pictures import as_seen, belt, cage, draw_label, lay, sensor_noise

ANGLES_DEG = (-45, -30, -10, 0, 10, 30, 45, 90)


def belt_with_label(
    angle_deg: float, *, x: float = 900, y: float = 500
) -> tuple[Grey, NDArray[np.float64]]:
    """A 1080p frame of a belt with one label, and the corners of its sticker."""
    dice = np.random.default_rng(7)
    frame = belt(dice)
    corners = lay(frame, draw_label("103000000001"), x=x, y=y, angle_deg=angle_deg)
    return as_seen(frame, sensor_noise(dice)), corners


def turned_apart_deg(one: float, other: float) -> float:
    """The angle between two lines, 0 to 90 degrees."""
    return abs((one - other + 90) % 180 - 90)


@pytest.mark.parametrize("angle_deg", ANGLES_DEG)
def test_the_strongest_region_is_the_label_with_its_angle(angle_deg: float) -> None:
    frame, _ = belt_with_label(angle_deg)
    region = find_regions(frame)[0]
    assert abs(region.x - 900) < 3
    assert abs(region.y - 500) < 3
    assert turned_apart_deg(region.angle_deg, angle_deg) < 1.5


@pytest.mark.parametrize("angle_deg", ANGLES_DEG)
def test_the_bars_of_a_crop_stand_upright(angle_deg: float) -> None:
    frame, _ = belt_with_label(angle_deg)
    crop = cut_upright(frame, find_regions(frame)[0]).picture.astype(float)
    middle = crop[len(crop) // 3 : -len(crop) // 3]
    across, along = np.abs(np.diff(middle, axis=1)).mean(), np.abs(np.diff(middle, axis=0)).mean()
    assert across > 3 * along


@pytest.mark.parametrize("angle_deg", ANGLES_DEG)
def test_a_crop_holds_the_whole_code_with_its_quiet_zone(angle_deg: float) -> None:
    frame, sticker = belt_with_label(angle_deg)
    outline = np.array(cut_upright(frame, find_regions(frame)[0]).outline())
    # The sticker has 12 modules of paper beside its 101 of bars; ten of them are the quiet zone.
    code_px = 101 * 3
    lengths = np.linalg.norm(np.roll(outline, -1, axis=0) - outline, axis=1)
    assert code_px + 2 * 10 * 3 - 6 < lengths.max() < code_px * 1.6
    assert np.linalg.norm(outline.mean(axis=0) - sticker.mean(axis=0)) < 10


def test_a_point_of_the_crop_is_found_again_in_the_picture() -> None:
    picture = np.zeros((400, 400), np.uint8)
    picture[118:123, 148:153] = 255
    crop = cut_upright(picture, Region(x=160, y=130, width=120, height=60, angle_deg=35))
    rows, columns = np.nonzero(crop.picture > 80)
    spot = (round(columns.mean()), round(rows.mean()))
    found = crop.in_picture((spot, spot, spot, spot))[0]
    assert np.hypot(found[0] - 150, found[1] - 120) < 2


def test_a_region_knows_its_own_points() -> None:
    region = Region(x=100, y=100, width=80, height=20, angle_deg=45)
    assert region.holds(100, 100)
    assert region.holds(125, 125)  # 35 along its width
    assert not region.holds(125, 75)  # 35 along its height
    assert not region.holds(132, 132)  # 45 along its width


def test_two_labels_are_two_regions() -> None:
    frame, _ = belt_with_label(20, x=500, y=400)
    lay(frame, draw_label("103000000002"), x=1400, y=700, angle_deg=-40)
    middles = [(region.x, region.y) for region in find_regions(frame)[:2]]
    for x, y in ((500, 400), (1400, 700)):
        assert any(np.hypot(x - each[0], y - each[1]) < 12 for each in middles)


def test_an_empty_belt_has_no_region() -> None:
    dice = np.random.default_rng(7)
    assert find_regions(as_seen(belt(dice), sensor_noise(dice))) == ()


def test_a_lone_edge_is_no_region() -> None:
    picture = np.full((480, 480), 30, np.uint8)
    picture[:, 200:] = 220
    assert find_regions(picture) == ()


def test_noise_has_no_region() -> None:
    noise = np.random.default_rng(7).integers(0, 256, (480, 640), dtype=np.uint8)
    assert find_regions(noise) == ()


def test_of_a_wall_of_stickers_only_the_strongest_are_taken() -> None:
    wall = np.full((1080, 1920), 120, np.uint8)
    label = draw_label("103000000001", module_px=2, bars_px=60)
    for row in range(4):
        for column in range(5):
            lay(wall, label, x=200 + 370 * column, y=140 + 260 * row)
    assert len(find_regions(wall)) == REGIONS_MAX
    assert len(find_regions(cage())) <= REGIONS_MAX


def test_a_crop_is_never_larger_than_its_bounds() -> None:
    picture = np.zeros((64, 64), np.uint8)
    large = Region(x=32, y=32, width=9_000, height=9_000, angle_deg=10)
    assert cut_upright(picture, large).picture.shape == (CROP_HEIGHT_PX_MAX, CROP_WIDTH_PX_MAX)
    small = Region(x=32, y=32, width=0.2, height=0.2, angle_deg=10)
    assert cut_upright(picture, small).picture.shape == (1, 1)


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (1, 1), (1, 100), (4_000, 3)])
def test_a_sliver_has_no_region(shape: tuple[int, int]) -> None:
    assert find_regions(np.zeros(shape, np.uint8)) == ()


def test_a_grooved_belt_does_not_hide_a_label() -> None:
    dice = np.random.default_rng(7)
    frame = belt(dice)
    for top in range(0, 1080, 40):
        frame[top : top + 20] -= 14  # larger than any label, of bars as parallel, and faint
    lay(frame, draw_label("103000000001"), x=900, y=500, angle_deg=45)
    region = find_regions(as_seen(frame, sensor_noise(dice)))[0]
    assert np.hypot(region.x - 900, region.y - 500) < 12
    assert turned_apart_deg(region.angle_deg, 45) < 1.5


def test_an_edge_or_a_tape_is_no_bars_and_a_soft_label_still_is() -> None:
    dice = np.random.default_rng(7)
    parcel = belt(dice)
    parcel[300:700, 700:1100] = 130
    parcel[300:700, 860:940] = 160
    taped = Region(x=900, y=500, width=500, height=90, angle_deg=0)
    assert not has_bars(cut_upright(as_seen(parcel, sensor_noise(dice)), taped))
    lay(parcel, draw_label("103000000001", module_px=2), x=900, y=500, angle_deg=20)
    soft = as_seen(parcel, sensor_noise(dice), sigma_px=2)
    assert has_bars(cut_upright(soft, find_regions(soft)[0]))


def test_strong_specks_do_not_crowd_a_faint_label_out() -> None:
    dice = np.random.default_rng(7)
    frame = belt(dice)
    faint = (90 + draw_label("103000000001") * 0.2).astype(np.uint8)
    lay(frame, faint, x=900, y=500, angle_deg=30)
    speck = np.tile(np.repeat([255, 0, 255, 0], 8).astype(np.uint8), (32, 1))
    for number in range(2 * REGIONS_MAX):
        lay(frame, speck, x=100 + 110 * number, y=900)
    (region,) = find_regions(as_seen(frame, sensor_noise(dice)))
    assert np.hypot(region.x - 900, region.y - 500) < 12


def test_a_label_that_fills_the_picture_is_the_first_region_of_its_coarser_copies() -> None:
    dice = np.random.default_rng(7)
    frame = belt(dice)
    near = draw_label("103000000001", module_px=14, bars_px=500)
    lay(frame, near, x=960, y=540, angle_deg=15)
    seen = as_seen(frame, sensor_noise(dice))
    assert all(region.width < 101 * 14 for region in find_regions(seen))
    first = find_regions(seen, copies=3)[0]
    assert first.width > 100 * 14
    assert turned_apart_deg(first.angle_deg, 15) < 1.5


def test_a_crop_is_smoothed_along_its_bars() -> None:
    noise = np.random.default_rng(7).normal(128, 20, (200, 400)).astype(np.uint8)
    crop = cut_upright(noise, Region(x=200, y=100, width=200, height=90, angle_deg=0))
    assert crop.picture.std() < 20 / 2
