"""The camera watch on drawn rooms: what is told, when, and what is not (design section 8)."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.pictures import Grey
from edge.video.watch import HOLDS, CameraWatch, Fault
from edge.video.watch_features import features_of
from edge.video.watch_reference import DamagedReferenceError
from tests.unit.edge.video.drawn_room import Room
from tests.unit.edge.video.watching import BOOT, OTHER_BOOT, moment, told_of

Drawing = Callable[[Room, float], Grey]

FAULTY: dict[str, tuple[Fault, Drawing]] = {
    "black": (Fault.BLACK, lambda room, at_s: room.black(at_s)),
    "frozen": (Fault.FROZEN, lambda room, at_s: room.picture(60)),
    "covered": (Fault.COVERED, lambda room, at_s: room.covered(at_s)),
    "pushed": (Fault.MOVED, lambda room, at_s: room.picture(at_s, shift=(6, 0))),
    "turned away": (Fault.MOVED, lambda room, at_s: room.picture(at_s, shift=(70, 50))),
    "a little soft": (Fault.DEFOCUSED, lambda room, at_s: room.picture(at_s, blur=1.5)),
    "very soft": (Fault.DEFOCUSED, lambda room, at_s: room.picture(at_s, blur=6)),
}
DELAY_S_MAX = {
    Fault.BLACK: 5,
    Fault.FROZEN: 15,
    Fault.COVERED: 30,
    Fault.MOVED: 30,
    Fault.DEFOCUSED: 30,
}
"""What the bounds ask."""
BEGINS_S, ENDS_S, LAST_S = 60, 96, 124


def film_with(drawing: Drawing, *, apart_s: float, seed: int = 4) -> Iterator[tuple[float, Grey]]:
    """A room whose camera is well, has a fault from 60 s to 96 s, and is well again."""
    room = Room(seed, hours=0.1)
    for tick in range(int(LAST_S / apart_s)):
        at_s = tick * apart_s
        is_faulty = BEGINS_S < at_s < ENDS_S
        yield at_s, drawing(room, at_s) if is_faulty else room.picture(at_s)


@pytest.fixture(scope="module")
def taught() -> bytes:
    """A watch that knows its room, as bytes."""
    room, watch = Room(4, hours=0.1), CameraWatch()
    told_of(((at_s, room.picture(at_s)) for at_s in range(BEGINS_S)), watch)
    return watch.pack(BOOT)


@pytest.mark.parametrize("apart_s", [1, 4])
@pytest.mark.parametrize("name", FAULTY)
def test_a_fault_is_told_in_time_and_so_is_its_end(name: str, apart_s: float) -> None:
    kind, drawing = FAULTY[name]
    told = told_of(film_with(drawing, apart_s=apart_s))
    assert [(finding.kind, finding.is_over) for finding in told] == [(kind, False), (kind, True)]
    found, over = told
    assert BEGINS_S < found.at_s <= BEGINS_S + DELAY_S_MAX[kind]
    assert BEGINS_S - apart_s <= found.began_s <= BEGINS_S + apart_s
    assert over.began_s == found.began_s
    assert ENDS_S <= over.at_s <= ENDS_S + HOLDS[kind].over_s + apart_s


def test_an_hour_of_normal_life_tells_nothing() -> None:
    # Lamps go out and on, people walk by at all distances, the belt runs, daylight drifts.
    room, watch = Room(1), CameraWatch()
    film = ((at_s, room.picture(at_s)) for at_s in range(0, 3600, 2))
    assert told_of(film, watch) == []
    assert watch.judged == frozenset(Fault)
    assert any(room.is_dark(at_s) for at_s in range(0, 3600, 2))


@pytest.mark.parametrize("name", [name for name in FAULTY if name != "frozen"])
def test_what_passes_in_half_its_time_is_not_told(name: str, taught: bytes) -> None:
    kind, drawing = FAULTY[name]
    room, watch = Room(4, hours=0.1), CameraWatch.unpack(taught, BOOT)
    film = [(float(at_s), room.picture(at_s)) for at_s in range(60, 64)]
    film += [
        (64 + at_s / 2, drawing(room, 64 + at_s / 2)) for at_s in range(int(HOLDS[kind].told_s))
    ]
    film += [(at_s, room.picture(at_s)) for at_s in range(84, 90)]
    assert told_of(film, watch) == []


def test_a_live_stream_that_repeats_for_a_moment_is_not_frozen(taught: bytes) -> None:
    room = Room(4, hours=0.1)
    film = [(at_s, room.picture(60 if at_s < 64 else at_s)) for at_s in range(60, 100)]
    assert told_of(film, CameraWatch.unpack(taught, BOOT)) == []


def test_a_frozen_picture_whose_coding_alternates_is_frozen() -> None:
    # A rate control that codes the same picture now finer, now coarser, repeats an earlier one.
    room = Room(4, hours=0.1)
    fine = room.picture(60)
    coarse = np.asarray(fine // 3 * 3 + 1, np.uint8)
    film = [(at_s, coarse if at_s % 2 else fine) for at_s in range(60, 76)]
    assert [finding.kind for finding in told_of(film)] == [Fault.FROZEN]


def test_a_frozen_picture_whose_burnt_in_clock_goes_on_is_frozen() -> None:
    room, film = Room(4, hours=0.1), []
    for at_s in range(60, 80):
        picture = room.picture(60)
        picture[4:10, 300:306] = at_s * 8 % 256
        film.append((float(at_s), picture))
    assert [finding.kind for finding in told_of(film)] == [Fault.FROZEN]


def test_a_fault_is_never_learned_however_long_it_stays(taught: bytes) -> None:
    room, watch = Room(4, hours=0.1), CameraWatch.unpack(taught, BOOT)
    film = [(at_s, room.picture(at_s, shift=(12, 6))) for at_s in range(60, 1860, 10)]
    assert [finding.kind for finding in told_of(film, watch)] == [Fault.MOVED]
    assert [finding.kind for finding in watch.told] == [Fault.MOVED]


def test_a_person_who_moved_a_camera_on_purpose_ends_the_fault_and_the_new_view_is_learned(
    taught: bytes,
) -> None:
    room, watch = Room(4, hours=0.2), CameraWatch.unpack(taught, BOOT)
    told_of(((at_s, room.picture(at_s, shift=(40, 6))) for at_s in range(60, 90)), watch)
    (over,) = watch.aim("the new rack", moment(90))
    assert (over.kind, over.is_over, over.told_at) == (Fault.MOVED, True, moment(90))
    assert watch.judged == {Fault.BLACK, Fault.FROZEN}
    film = ((at_s, room.picture(at_s, shift=(40, 6))) for at_s in range(91, 140))
    assert told_of(film, watch) == []
    told = told_of(((at_s, room.picture(at_s)) for at_s in range(140, 170)), watch)
    assert [finding.kind for finding in told] == [Fault.MOVED]


def test_a_view_of_the_same_name_is_not_learned_anew_also_after_a_start(taught: bytes) -> None:
    watch = CameraWatch.unpack(taught, BOOT)
    assert watch.aim(None, moment(1)) == ()
    assert Fault.MOVED in watch.judged
    watch.aim("the new rack", moment(2))
    assert Fault.MOVED not in watch.judged
    again = CameraWatch.unpack(CameraWatch.unpack(watch.pack(BOOT), BOOT).pack(BOOT), BOOT)
    again._reference = CameraWatch.unpack(taught, BOOT)._reference
    assert again.aim("the new rack", moment(3)) == ()
    assert Fault.MOVED in again.judged


def test_another_view_does_not_end_what_needs_no_reference() -> None:
    room, watch = Room(4, hours=0.1), CameraWatch()
    told_of(((at_s, room.black(at_s)) for at_s in range(10)), watch)
    assert watch.aim("the door", moment(10)) == ()
    assert [finding.kind for finding in watch.told] == [Fault.BLACK]


def test_a_restart_keeps_the_reference_and_what_was_told(taught: bytes) -> None:
    room, watch = Room(4, hours=0.1), CameraWatch.unpack(taught, BOOT)
    told = told_of(((at_s, room.covered(at_s)) for at_s in range(60, 90)), watch)
    again = CameraWatch.unpack(watch.pack(BOOT), BOOT)
    assert again.told == watch.told
    assert told_of(((at_s, room.covered(at_s)) for at_s in range(95, 125)), again) == []
    (over,) = told_of(((at_s, room.picture(at_s)) for at_s in range(125, 140)), again)
    assert (over.kind, over.is_over, over.began_s) == (Fault.COVERED, True, told[0].began_s)


def before_boots(kept: bytes) -> bytes:
    """As a program wrote it that did not keep the boot with it."""
    return msgspec.msgpack.encode(msgspec.msgpack.decode(kept)[:2])


def test_when_a_fault_began_is_forgotten_with_the_boot_whose_clock_told_it(taught: bytes) -> None:
    room, watch = Room(4, hours=0.1), CameraWatch.unpack(taught, BOOT)
    told_of(((at_s, room.black(at_s)) for at_s in range(60, 70)), watch)
    (told,) = watch.told
    kept = watch.pack(BOOT)
    same_boot = CameraWatch.unpack(kept, BOOT)
    assert same_boot.told == (told,)
    assert told.began_at == moment(60)
    for again in (
        CameraWatch.unpack(kept, OTHER_BOOT),
        CameraWatch.unpack(before_boots(kept), BOOT),
        # It stays so: the boot that forgot it writes its own name.
        CameraWatch.unpack(CameraWatch.unpack(kept, OTHER_BOOT).pack(OTHER_BOOT), OTHER_BOOT),
    ):
        assert again.judged == frozenset(Fault)
        assert again.told == (replace(told, began_at=None),)
        step = [again.step(features_of(room.picture(at_s)), moment(at_s)) for at_s in range(5)]
        assert [(each.kind, each.began_at, each.is_over) for found in step for each in found] == [
            (Fault.BLACK, None, True)
        ]


@pytest.mark.parametrize("damage", ["cut", "empty", "not numbers", "another shape"])
def test_a_damaged_memory_is_refused(damage: str, taught: bytes) -> None:
    hurt = {
        "cut": taught[: len(taught) // 2],
        "empty": b"",
        "not numbers": taught.replace(taught[-40:-36], b"\xff\xff\xff\xff"),
        "another shape": CameraWatch().pack(BOOT).replace(b"\x01\xcb", b"\x02\xcb", 1),
    }[damage]
    with pytest.raises(DamagedReferenceError):
        CameraWatch.unpack(hurt, BOOT)


def test_a_bare_wall_is_judged_only_for_what_needs_no_edges() -> None:
    dice = np.random.default_rng(1)
    wall = [dice.normal(130, 2, (180, 320)).astype(np.uint8) for _ in range(40)]
    watch = CameraWatch()
    assert told_of(enumerate(wall), watch) == []
    assert watch.judged == {Fault.BLACK, Fault.FROZEN}


def test_frames_after_a_pause_do_not_count_for_the_pause(taught: bytes) -> None:
    room = Room(4, hours=0.1)
    film = [(60.0, room.picture(60)), (900.0, room.covered(900)), (901.0, room.covered(901))]
    assert told_of(film, CameraWatch.unpack(taught, BOOT)) == []


@pytest.mark.parametrize(("last_s", "began_s"), [(70.0, 70.0), (30.0, 40.0)])
def test_a_fault_is_as_old_as_the_last_frame_without_it_however_far_apart_they_come(
    taught: bytes, last_s: float, began_s: float
) -> None:
    room = Room(4, hours=0.1)
    film = [(last_s, room.picture(last_s)), (100.0, room.black(100)), (101.0, room.black(101))]
    (told,) = told_of(film, CameraWatch.unpack(taught, BOOT))
    assert (told.kind, told.at_s, told.began_s) == (Fault.BLACK, 100, began_s)


@pytest.fixture(scope="module")
def looks() -> dict[str, list]:
    """Some frames of each kind, looked at once."""
    room = Room(4, hours=0.1)
    drawings: dict[str, Drawing] = {"well": lambda room, at_s: room.picture(at_s)}
    drawings |= {name: drawing for name, (_, drawing) in FAULTY.items()}
    return {
        name: [features_of(drawing(room, 60 + at_s)) for at_s in range(6)]
        for name, drawing in drawings.items()
    }


SHOTS = st.tuples(
    st.sampled_from(["well", *FAULTY]),
    st.integers(1, 12),
    st.sampled_from([-30.0, 0.0, 0.5, 1.0, 2.0, 4.0, 3600.0]),
)


@settings(max_examples=25, deadline=None)
@given(shots=st.lists(SHOTS, max_size=8))
def test_whatever_comes_each_fault_is_told_once_before_it_is_over(
    shots: list[tuple[str, int, float]], taught: bytes, looks: dict[str, list]
) -> None:
    watch, at_s = CameraWatch.unpack(taught, BOOT), 60.0
    open_now: set[Fault] = set()
    for name, frames, apart_s in shots:
        for frame in range(frames):
            at_s += apart_s
            for finding in watch.step(looks[name][frame % 6], moment(at_s)):
                assert (finding.kind in open_now) == finding.is_over
                assert finding.told_at == moment(at_s)
                open_now ^= {finding.kind}
            assert {finding.kind for finding in watch.told} == open_now
