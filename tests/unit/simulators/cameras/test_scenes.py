"""Belts and cages: the same moment is the same picture, and what is said to be in view is there."""

import math
from itertools import pairwise

import numpy as np
import pytest
import zxingcpp

from simulators.cameras.belt import ANGLE_MAX_DEG, PASSAGES_MAX, SPEED_MAX_PX_S, Belt, BeltOptions
from simulators.cameras.cage import VISIT_EVERY_MS, Cage, CageOptions
from simulators.cameras.parcels import Box, waybill_of
from simulators.cameras.pictures import Grey, Size, luma_of, put, sprite_of, uniform
from simulators.cameras.scene import Scene
from simulators.cameras.surroundings import WALK_MS, Conditions, Laid
from tests.unit.simulators.cameras.films import AT_MS, HD, SMALL, SMALL_BELT, filmed

BOTH = pytest.mark.parametrize("options", [SMALL_BELT, CageOptions(SMALL)], ids=["belt", "cage"])


def scene_of(options: BeltOptions | CageOptions) -> Scene:
    return Belt(options) if isinstance(options, BeltOptions) else Cage(options)


def labels(luma: Grey) -> set[str]:
    """Waybills that are read; second codes left out."""
    found = {code.text for code in zxingcpp.read_barcodes(np.ascontiguousarray(luma))}
    return {text for text in found if text.isdigit()}


@BOTH
def test_a_moment_is_the_same_picture_in_every_process(options: BeltOptions | CageOptions) -> None:
    one, other = scene_of(options), scene_of(options)
    other.frame(AT_MS + 5_000)
    assert np.array_equal(one.frame(AT_MS), other.frame(AT_MS))
    assert not np.array_equal(one.frame(AT_MS), one.frame(AT_MS + 40))
    assert one.in_view(AT_MS, AT_MS + 10_000) == other.in_view(AT_MS, AT_MS + 10_000)


@BOTH
def test_another_seed_shows_other_waybills(options: BeltOptions | CageOptions) -> None:
    ours = scene_of(options).in_view(AT_MS, AT_MS + 20_000)
    other = type(options)(size=SMALL, seed=2)
    theirs = scene_of(other).in_view(AT_MS, AT_MS + 20_000)
    assert not {one.waybill for one in ours} & {one.waybill for one in theirs}


def test_on_a_bare_belt_only_what_is_laid_comes_by() -> None:
    belt = Belt(BeltOptions(HD, speed_px_s=600, is_bare=True))
    conditions = Conditions(laid=(Laid("103000000001", AT_MS), Laid("755000000002", AT_MS + 3_500)))
    read = [labels(luma_of(belt.frame(AT_MS + ms, conditions))) for ms in range(0, 8_001, 2_000)]
    assert read == [set(), {"103000000001"}, set(), {"755000000002"}, set()]
    assert belt.in_view(AT_MS, AT_MS + 60_000) == ()


@pytest.mark.parametrize("angle_deg", [0.0, 90.0])
def test_what_is_in_view_on_a_belt_is_read_and_nothing_else_is(angle_deg: float) -> None:
    belt = Belt(BeltOptions(HD, speed_px_s=300, angle_deg=angle_deg))
    read = set()
    for passage in belt.in_view(AT_MS, AT_MS + 12_000):
        for at_ms in (passage.from_ms, (passage.from_ms + passage.to_ms) // 2, passage.to_ms):
            found = labels(luma_of(belt.frame(at_ms)))
            assert passage.waybill in found
            assert found <= {one.waybill for one in belt.in_view(at_ms - 300, at_ms + 300)}
            read |= found
    assert len(read) >= 4


def test_a_label_is_not_in_view_before_it_is_wholly_inside() -> None:
    belt = Belt(BeltOptions(HD, speed_px_s=300))
    passage = belt.in_view(AT_MS, AT_MS + 6_000)[0]
    # Paper and quiet zone are 14 modules of 2 px on each side, at 0.2 px a ms.
    margin_ms = 200
    for at_ms in (passage.from_ms - margin_ms, passage.to_ms + margin_ms):
        assert passage.waybill not in labels(luma_of(belt.frame(at_ms)))
        assert passage not in belt.in_view(at_ms, at_ms)


def test_a_turned_label_lies_where_the_truth_says() -> None:
    belt = Belt(BeltOptions(HD, speed_px_s=300, angle_deg=30.0))
    passages = belt.in_view(AT_MS, AT_MS + 30_000)
    wholly_inside = 0
    for passage in passages:
        # At its first whole moment the corner of its paper leaves the picture's side.
        assert belt_side(belt, passage.from_ms - 60).max() > 200
        wholly_inside += belt_side(belt, passage.from_ms + 60).max() < 200
    # A second code may stick out beyond the label when both are turned.
    assert wholly_inside >= len(passages) / 2


def belt_side(belt: Belt, at_ms: int) -> Grey:
    return luma_of(belt.frame(at_ms))[100:, :6]


def test_one_waybill_in_four_is_of_the_high_value_series() -> None:
    waybills = [waybill_of(1, number) for number in range(400)]
    assert len(set(waybills)) == 400
    assert all(len(waybill) == 12 and waybill.isdigit() for waybill in waybills)
    assert sum(waybill.startswith("103") for waybill in waybills) == 100


def test_a_cage_shows_all_that_lies_in_it_also_through_the_encoder() -> None:
    cage = Cage(CageOptions(HD))
    stored = {one.waybill for one in cage.in_view(AT_MS, AT_MS)}
    assert len(stored) >= 6
    ((_, luma),) = filmed(cage, fps=10, count=1, bit_rate=3_000_000)
    assert labels(luma) <= stored
    assert labels(luma_of(cage.frame(AT_MS))) == stored


def test_a_moving_label_is_read_after_the_encoder() -> None:
    belt = Belt(BeltOptions(HD, speed_px_s=400))
    read = set()
    for _, luma in filmed(belt, fps=10, count=30, bit_rate=3_000_000):
        read |= labels(luma)
    whole = [one for one in belt.in_view(AT_MS, AT_MS + 2_900) if one.from_ms >= AT_MS]
    assert {one.waybill for one in whole if one.to_ms <= AT_MS + 2_900} <= read


def test_a_fast_belt_is_blurred_along_its_way() -> None:
    slow, fast = (Belt(BeltOptions(HD, speed_px_s=speed_px_s)) for speed_px_s in (100, 4_000))

    def sharpness(belt: Belt) -> float:
        (passage, *_) = belt.in_view(AT_MS, AT_MS + 60_000)
        luma = luma_of(belt.frame((passage.from_ms + passage.to_ms) // 2)).astype(np.int16)
        return float(np.abs(np.diff(luma, axis=1)).max())

    assert sharpness(fast) < sharpness(slow) / 2


@BOTH
def test_without_light_the_picture_is_dark_but_not_black(
    options: BeltOptions | CageOptions,
) -> None:
    scene = scene_of(options)
    lit, dark = (
        luma_of(scene.frame(AT_MS, Conditions(lit=lit))).astype(float) for lit in (True, False)
    )
    assert dark.mean() < lit.mean() / 3
    assert dark.std() > 2


@BOTH
def test_a_person_walks_from_one_side_to_the_other(options: BeltOptions | CageOptions) -> None:
    scene = scene_of(options)
    moment = AT_MS

    def columns(at_ms: int) -> list[int]:
        seen = scene.frame(at_ms, Conditions(walks=(moment,))).astype(int) - scene.frame(at_ms)
        return list(np.flatnonzero(np.abs(luma_of(seen)).max(axis=0)))

    assert not columns(moment - 1)
    early, late = columns(moment + WALK_MS // 4), columns(moment + WALK_MS * 3 // 4)
    assert max(early) < min(late)
    assert not columns(moment + WALK_MS)


def test_somebody_walks_by_a_cage_now_and_then_by_himself() -> None:
    cage = Cage(CageOptions(SMALL))
    empty = cage.frame(AT_MS).astype(int)
    visits = 0
    for turn in range(20):
        begin_ms = (AT_MS // VISIT_EVERY_MS + turn) * VISIT_EVERY_MS
        moments = range(begin_ms, begin_ms + VISIT_EVERY_MS, WALK_MS // 3)
        visits += any((np.abs(luma_of(cage.frame(at_ms) - empty)) > 40).any() for at_ms in moments)
    assert 4 <= visits <= 16


def test_light_drifts_slowly() -> None:
    cage = Cage(CageOptions(SMALL))
    means = [luma_of(cage.frame(AT_MS + minute * 60_000))[:20].mean() for minute in range(10)]
    assert 2 < max(means) - min(means) < 12
    assert all(math.isclose(one, other, abs_tol=4) for one, other in pairwise(means))


def test_a_sprite_is_clipped_at_every_side() -> None:
    sprite = sprite_of(np.full((20, 20), 200, np.uint8), np.ones((20, 20), np.uint8), (90, 160))
    for left, top in [(-10, -10), (630, 350), (-10, 350), (630, -10)]:
        picture = uniform(SMALL, 0)
        put(picture, sprite, left, top)
        assert np.count_nonzero(luma_of(picture)) == 100
    picture = uniform(SMALL, 0)
    for left, top in [(-20, 0), (0, -20), (640, 0), (0, 360)]:
        put(picture, sprite, left, top)
    assert np.array_equal(picture, uniform(SMALL, 0))


@pytest.mark.parametrize(
    "make",
    [
        lambda: BeltOptions(speed_px_s=0),
        lambda: BeltOptions(speed_px_s=SPEED_MAX_PX_S + 1),
        lambda: BeltOptions(angle_deg=-1),
        lambda: BeltOptions(angle_deg=ANGLE_MAX_DEG + 1),
        lambda: BeltOptions(angle_deg=math.nan),
        lambda: Size(62, 360),
        lambda: Size(641, 360),
        lambda: Box(100, 100, 1),
        lambda: Belt(SMALL_BELT).in_view(0, PASSAGES_MAX * 5_000),
    ],
)
def test_what_cannot_be_drawn_is_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(ValueError):
        make()
