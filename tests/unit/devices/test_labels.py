"""Labels in pictures: turned, blurred, scaled ones are read; what is no label is not."""

from collections.abc import Callable

import numpy as np
import pytest
import zxingcpp

from devices.labels import (
    LABELS_MAX,
    PICTURE_SIDE_PX_MAX,
    READABLE,
    PictureError,
    Reader,
    SeenLabel,
    read_closely,
    read_labels,
)
from devices.pictures import Grey
from devices.symbology import Symbology, WaybillLabel, read_label
from tests.label_pictures import (
    WAYBILL,
    WAYBILLS,
    as_seen,
    belt,
    belt_with,
    cage,
    codes,
    draw_label,
    lay,
    sensor_noise,
)
from tests.unit.edge.fakes import POLICY
from wire.limits import CODE_BYTES_MAX

Reading = Callable[[Grey, frozenset[Symbology]], tuple[SeenLabel, ...]]


# ---------------------------------------------------------------- what is read


@pytest.mark.parametrize("angle_deg", range(-45, 46, 15))
@pytest.mark.parametrize("module_px", [2, 3])
def test_a_turned_label_is_read_once(angle_deg: int, module_px: int) -> None:
    frame = belt_with(draw_label(WAYBILL, module_px=module_px), angle_deg=angle_deg)
    assert codes(read_labels(frame, WAYBILLS)) == [WAYBILL.encode()]


@pytest.mark.parametrize("angle_deg", [90, 135, 180])
def test_a_label_may_stand_on_its_side_or_on_its_head(angle_deg: int) -> None:
    frame = belt_with(draw_label(WAYBILL), angle_deg=angle_deg)
    assert codes(read_labels(frame, WAYBILLS)) == [WAYBILL.encode()]


@pytest.mark.parametrize("angle_deg", [0, 20])
def test_a_moving_label_is_read(angle_deg: int) -> None:
    frame = belt_with(draw_label(WAYBILL), angle_deg=angle_deg, blur_px=3)
    assert codes(read_labels(frame, WAYBILLS)) == [WAYBILL.encode()]


def test_of_several_parcels_each_is_read_however_it_lies() -> None:
    dice = np.random.default_rng(3)
    frame = belt(dice)
    for number, angle_deg in enumerate((0, 35, -25)):
        label = draw_label(f"10300000000{number}")
        lay(frame, label, x=350 + 600 * number, y=500, angle_deg=angle_deg)
    read = read_labels(as_seen(frame, sensor_noise(dice)), WAYBILLS)
    assert sorted(codes(read)) == [b"103000000000", b"103000000001", b"103000000002"]
    assert {label.reader for label in read} == {Reader.LEVEL, Reader.UPRIGHT}


def test_two_stickers_of_one_waybill_are_one_label() -> None:
    frame = belt_with(draw_label(WAYBILL))
    lay(frame, draw_label(WAYBILL), x=400, y=800, angle_deg=30)
    assert codes(read_labels(frame, WAYBILLS)) == [WAYBILL.encode()]


@pytest.mark.parametrize("angle_deg", [0, 40])
def test_the_corners_are_where_the_code_is(angle_deg: int) -> None:
    dice = np.random.default_rng(3)
    frame = belt(dice)
    sticker = lay(frame, draw_label(WAYBILL), x=900, y=500, angle_deg=angle_deg)
    (label,) = read_labels(as_seen(frame, sensor_noise(dice)), WAYBILLS)
    corners = np.array(label.corners, float)
    along = sticker[1] - sticker[0]
    along /= np.linalg.norm(along)
    # 101 modules of three pixels, as seen from the sticker's middle.
    reach = (corners - sticker.mean(axis=0)) @ along
    assert abs(reach.max() - 151) < 12
    assert abs(reach.min() + 151) < 12
    from_middle = (corners - sticker.mean(axis=0)) @ np.array([-along[1], along[0]])
    assert np.abs(from_middle).max() < 45 + 8


def test_a_waybill_read_by_a_camera_is_judged_as_one_read_by_a_scanner() -> None:
    (label,) = read_labels(belt_with(draw_label(WAYBILL), angle_deg=30), WAYBILLS)
    assert (label.frame.aim, label.symbology) == ("C0", Symbology.CODE128)
    read = read_label(label.frame, POLICY.waybill)
    assert isinstance(read, WaybillLabel)
    assert read.waybill == WAYBILL


def test_a_gs1_code_keeps_its_aim_id_and_its_separators() -> None:
    sticker = draw_label("(10)AB12(21)xyz", gs1=True)
    (label,) = read_labels(belt_with(sticker, angle_deg=30), WAYBILLS)
    assert label.frame.raw == b"10AB12\x1d21xyz"
    assert (label.frame.aim, label.symbology) == ("C1", Symbology.GS1_128)


@pytest.mark.parametrize(
    ("kind", "code", "symbology"),
    [
        (zxingcpp.BarcodeFormat.QRCode, WAYBILL, Symbology.QR),
        (zxingcpp.BarcodeFormat.DataMatrix, WAYBILL, Symbology.DATAMATRIX),
        (zxingcpp.BarcodeFormat.Code39, "ABC123", Symbology.CODE39),
        (zxingcpp.BarcodeFormat.Code93, "ABC123", Symbology.CODE93),
        (zxingcpp.BarcodeFormat.ITF, WAYBILL, Symbology.ITF),
        (zxingcpp.BarcodeFormat.EAN13, "5030159003930", Symbology.EAN),
        (zxingcpp.BarcodeFormat.Aztec, WAYBILL, Symbology.AZTEC),
    ],
)
def test_other_symbologies_are_read_when_they_are_asked_for(
    kind: zxingcpp.BarcodeFormat, code: str, symbology: Symbology
) -> None:
    frame = belt_with(draw_label(code, kind, module_px=4))
    (label,) = read_labels(frame, READABLE)
    assert (label.frame.raw, label.symbology) == (code.encode(), symbology)
    assert codes(read_labels(frame, frozenset({symbology}))) == [code.encode()]
    assert read_labels(frame, WAYBILLS) == ()


def test_a_gs1_label_is_not_read_where_only_plain_code_128_is_asked_for() -> None:
    frame = belt_with(draw_label("(10)AB12", gs1=True))
    assert read_labels(frame, frozenset({Symbology.CODE128})) == ()
    assert len(read_labels(frame, frozenset({Symbology.GS1_128}))) == 1


def test_a_still_is_read_also_where_a_frame_is_not() -> None:
    narrow = np.rot90(draw_label(WAYBILL, bars_px=8))  # on its side, and too low for a region
    assert read_labels(narrow, WAYBILLS) == ()
    (label,) = read_closely(narrow, WAYBILLS)
    assert (label.frame.raw, label.reader) == (WAYBILL.encode(), Reader.WHOLE)


# ---------------------------------------------------------------- hostile pictures


@pytest.mark.parametrize("read", [read_labels, read_closely])
@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0), (1, 1), (1, 100), (100, 1), (8, 8)])
def test_a_sliver_holds_no_label(read: Reading, shape: tuple[int, int]) -> None:
    assert read(np.zeros(shape, np.uint8), READABLE) == ()


@pytest.mark.parametrize("read", [read_labels, read_closely])
@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((PICTURE_SIDE_PX_MAX + 1, 1), np.uint8),
        np.zeros((1, PICTURE_SIDE_PX_MAX + 1), np.uint8),
        np.zeros((9, 9, 3), np.uint8),
        np.zeros(9, np.uint8),
        np.zeros((9, 9), np.float32),
    ],
    ids=["too high", "too wide", "coloured", "a row", "floating"],
)
def test_what_is_no_grey_picture_is_refused(read: Reading, picture: Grey) -> None:
    with pytest.raises(PictureError, match=r"grey picture|longer than"):
        read(picture, READABLE)


def test_the_largest_picture_is_read() -> None:
    large = np.full((200, PICTURE_SIDE_PX_MAX), 90, np.uint8)
    lay(large, draw_label(WAYBILL), x=PICTURE_SIDE_PX_MAX - 300, y=100)
    assert codes(read_labels(large, WAYBILLS)) == [WAYBILL.encode()]


def test_a_picture_that_is_part_of_another_is_read() -> None:
    frame = belt_with(draw_label(WAYBILL), angle_deg=30)
    part = frame[200:800, 500:1300]
    assert not part.flags.c_contiguous
    (label,) = read_labels(part, WAYBILLS)
    assert label.frame.raw == WAYBILL.encode()


def test_nothing_is_read_where_nothing_is_asked_for() -> None:
    frame = belt_with(draw_label(WAYBILL))
    assert read_labels(frame, frozenset()) == ()
    assert read_labels(frame, frozenset({Symbology.OTHER})) == ()
    assert codes(read_labels(frame, WAYBILLS | {Symbology.OTHER})) == [WAYBILL.encode()]


@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_read_in_noise(seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (270, 480), dtype=np.uint8)
    assert read_closely(noise, READABLE) == ()


def test_nothing_is_read_off_the_bars_of_a_cage() -> None:
    for pitch_px in (24, 40, 60):
        assert read_labels(cage(pitch_px=pitch_px), READABLE) == ()


def test_a_code_longer_than_the_limit_is_cut_as_a_scanners_is() -> None:
    sticker = draw_label("x" * (CODE_BYTES_MAX + 1), zxingcpp.BarcodeFormat.QRCode)
    (label,) = read_labels(sticker, READABLE)
    assert label.frame.raw == b"x" * CODE_BYTES_MAX
    assert label.frame.overlong
    assert label.frame.size == CODE_BYTES_MAX + 1
    (whole,) = read_labels(
        draw_label("x" * CODE_BYTES_MAX, zxingcpp.BarcodeFormat.QRCode), READABLE
    )
    assert not whole.frame.overlong


def test_a_sheet_of_codes_is_cut_off() -> None:
    sheet = np.full((1_080, 1_920), 205, np.uint8)
    for number in range(LABELS_MAX + 3):
        label = draw_label(f"{number:012d}", module_px=2, bars_px=50)
        lay(sheet, label, x=180 + 320 * (number % 6), y=90 + 150 * (number // 6))
    assert len(read_labels(sheet, WAYBILLS)) == LABELS_MAX
