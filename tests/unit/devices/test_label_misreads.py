"""A misread label is worse than a missed one: what is believed, and which engine is asked."""

import numpy as np
import pytest
import zxingcpp

from devices.frames import Frame
from devices.label_finding import Crop, cut_upright, find_regions
from devices.labels import (
    READABLE,
    WEAK_ROWS_MIN,
    ZBAR_CROPS_MAX,
    ZBAR_LINES_MIN,
    Reader,
    SeenLabel,
    read_closely,
    read_labels,
    read_upright,
    read_zbar,
)
from devices.pictures import Grey
from devices.symbology import Symbology
from tests.label_pictures import (
    WAYBILL,
    WAYBILLS,
    as_seen,
    belt,
    belt_with,
    codes,
    draw_label,
    lay,
    sensor_noise,
)


@pytest.mark.parametrize(("bars_px", "is_believed"), [(WEAK_ROWS_MIN - 2, False), (20, True)])
def test_a_code_with_a_weak_check_is_believed_over_several_rows_only(
    bars_px: int, is_believed: bool
) -> None:
    weak = draw_label(WAYBILL, zxingcpp.BarcodeFormat.ITF, bars_px=bars_px)
    assert bool(read_labels(weak, READABLE)) is is_believed
    firm = draw_label(WAYBILL, bars_px=bars_px)
    assert codes(read_labels(firm, READABLE)) == [WAYBILL.encode()]


def soft_crop(label: Grey) -> Crop:
    frame = belt_with(label, angle_deg=25)
    return cut_upright(frame, find_regions(frame)[0])


def test_zbar_says_what_it_read_and_where_but_no_aim_id() -> None:
    crop = soft_crop(draw_label(WAYBILL))
    (label,) = read_zbar(crop, WAYBILLS)
    assert label == SeenLabel(
        frame=Frame(WAYBILL.encode(), None, overlong=False, size=12),
        symbology=Symbology.CODE128,
        corners=crop.outline(),
        reader=Reader.ZBAR,
    )


def test_zbar_is_not_asked_where_it_would_take_gs1_for_plain_code_128() -> None:
    crop = soft_crop(draw_label("(10)1234567890", gs1=True))
    assert codes(tuple(read_upright(crop, WAYBILLS))) == [b"101234567890"]
    assert read_zbar(crop, frozenset({Symbology.CODE128})) == []
    assert read_zbar(crop, frozenset({Symbology.GS1_128})) == []


def test_zbar_is_not_believed_on_too_few_lines() -> None:
    crop = soft_crop(draw_label(WAYBILL))
    assert len(read_zbar(crop, WAYBILLS)) == 1
    for rows in (1, 6 * ZBAR_LINES_MIN - 1):
        assert read_zbar(Crop(crop.picture[40 : 40 + rows], crop.to_picture), WAYBILLS) == []


def test_zbar_is_not_believed_where_too_few_lines_agree() -> None:
    crop = soft_crop(draw_label(WAYBILL))
    for lines, is_believed in ((ZBAR_LINES_MIN - 1, False), (ZBAR_LINES_MIN + 2, True)):
        torn = crop.picture.copy()
        torn[30 + 6 * lines :] = 128
        torn[:30] = 128  # thirty rows are five whole lines
        assert bool(read_zbar(Crop(torn, crop.to_picture), WAYBILLS)) is is_believed


def test_zbar_is_asked_about_few_crops_only(monkeypatch: pytest.MonkeyPatch) -> None:
    dice = np.random.default_rng(9)
    frame = belt(dice)
    for number in range(ZBAR_CROPS_MAX + 2):
        stripes = np.repeat(np.where(np.arange(60) % 2, 205, 40), dice.integers(2, 9, 60))
        wall = np.tile(stripes.astype(np.uint8), (90, 1))
        lay(frame, wall, x=300 + 440 * number, y=500, angle_deg=20)
    frame = as_seen(frame, sensor_noise(dice))
    assert len(find_regions(frame)) == ZBAR_CROPS_MAX + 2
    asked: list[Crop] = []

    def count(crop: Crop, wanted: frozenset[Symbology]) -> list[SeenLabel]:
        asked.append(crop)
        return read_zbar(crop, wanted)

    monkeypatch.setattr("devices.labels.read_zbar", count)
    assert read_labels(frame, WAYBILLS) == ()
    assert len(asked) == ZBAR_CROPS_MAX


def test_no_engine_is_asked_about_a_few_broad_stripes(monkeypatch: pytest.MonkeyPatch) -> None:
    dice = np.random.default_rng(9)
    frame = belt(dice)
    few = np.tile(np.repeat([205, 40, 205, 40, 205, 40, 205], 14).astype(np.uint8), (90, 1))
    lay(frame, few, x=900, y=500, angle_deg=20)
    frame = as_seen(frame, sensor_noise(dice))
    assert len(find_regions(frame)) == 1
    monkeypatch.setattr("devices.labels.read_upright", None)
    assert read_labels(frame, WAYBILLS) == ()


def test_zbar_reads_soft_labels_that_zxing_does_not() -> None:
    found: list[SeenLabel] = []
    for seed in range(8):
        dice = np.random.default_rng(seed)
        frame = belt(dice, (360, 640))
        lay(frame, draw_label(WAYBILL), x=320, y=180, angle_deg=25)
        soft = as_seen(frame, sensor_noise(dice, (360, 640), 12), sigma_px=1.72)
        found += read_labels(soft, WAYBILLS)
    assert Reader.ZBAR in {label.reader for label in found}
    assert set(codes(tuple(found))) == {WAYBILL.encode()}


def test_random_stripes_are_no_code() -> None:
    dice = np.random.default_rng(9)
    for _ in range(40):
        widths = dice.integers(1, 5, 120) * 3
        row = np.repeat(np.where(np.arange(120) % 2, 205, 40), widths)[:500].astype(np.uint8)
        stripes = np.pad(np.tile(row, (60, 1)), 40, constant_values=205)
        assert read_closely(stripes, READABLE) == ()
