"""Where segments are cut, and what time is told to have no footage. Source: design section 8."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.video.cutting import (
    DRIFT_MAX,
    SEAM_S_MAX,
    SEGMENT_BYTES_MAX,
    SEGMENT_S_HARD_MAX,
    SEGMENT_S_MAX,
    Arrival,
    Begin,
    Cutter,
    End,
    Gap,
    GapReason,
)

FRAME_S = 0.04


@dataclass
class Footage:
    """A camera that sends pictures, and what the cutter says of them."""

    cutter: Cutter = field(default_factory=lambda: Cutter(None))
    ended: list[End] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    asked: int = 0
    begun: int = 0
    is_disk_full: bool = False

    def play(
        self,
        seconds: float,
        *,
        from_s: float = 0,
        pts_s: float | None = None,
        key_every_s: float = 1,
        late_s: float = 0.2,
        size: int = 1000,
    ) -> None:
        """Pictures that arrive ``late_s`` after they were taken, from ``from_s`` on."""
        pts_s = from_s if pts_s is None else pts_s
        every = max(1, round(key_every_s / FRAME_S))
        for number in range(round(seconds / FRAME_S)):
            at_s = number * FRAME_S
            packet = Arrival(
                pts_s + at_s, FRAME_S, number % every == 0, size, from_s + at_s + late_s
            )
            self.hear(self.cutter.take(packet))

    def hear(self, acts: list[Begin | End | Gap]) -> None:
        for _ in (each for each in acts if isinstance(each, Begin)):
            self.asked += 1
            self.hear(self.begin())
        self.ended += [each for each in acts if isinstance(each, End)]
        self.gaps += [each for each in acts if isinstance(each, Gap)]

    def begin(self) -> list[Begin | End | Gap]:
        if self.is_disk_full:
            return self.cutter.give_up(GapReason.DISK)
        self.begun += 1
        return self.cutter.begun()

    @property
    def told(self) -> list[tuple[GapReason, float, float]]:
        return [(gap.reason, round(gap.began_s, 1), round(gap.ended_s, 1)) for gap in self.gaps]

    @property
    def lengths(self) -> list[float]:
        return [round(each.span.ended_s - each.span.began_s, 2) for each in self.ended]


@pytest.mark.parametrize(
    ("key_every_s", "length_s"), [(1, 10), (2, 10), (3, 9), (4, 8), (7, 7), (10, 10), (12, 12)]
)
def test_segments_end_at_the_last_key_frame_that_fits(key_every_s: float, length_s: float) -> None:
    footage = Footage()
    footage.play(40, key_every_s=key_every_s)
    assert footage.lengths == [length_s] * int((40 - FRAME_S) // length_s)
    assert footage.gaps == []


def test_times_are_those_of_the_picture_that_came_soonest() -> None:
    footage = Footage()
    footage.play(5, from_s=100, pts_s=0, late_s=0.5)
    footage.play(15, from_s=105, pts_s=5, late_s=0.2)
    (first,) = footage.ended
    assert first.span.began_s == pytest.approx(100.5)
    assert first.span.ended_s == pytest.approx(110.2)
    assert first.span.error_s == pytest.approx(0.3)
    assert first.span.frames == 250


def test_a_camera_whose_clock_is_slow_stays_on_the_machines_time() -> None:
    footage = Footage()
    for part in range(600):
        pts_s = part * 10 * (1 - DRIFT_MAX / 2)
        footage.play(10, from_s=part * 10, pts_s=pts_s)
    footage.hear(footage.cutter.stop(GapReason.CAMERA_LOST))
    assert footage.ended[-1].span.ended_s == pytest.approx(6000.2, abs=0.1)


def test_what_comes_before_the_first_key_frame_is_dropped() -> None:
    cutter = Cutter(None)
    assert cutter.take(Arrival(0, FRAME_S, False, 9, 0.2)) == []
    assert cutter.is_waiting
    assert cutter.take(Arrival(FRAME_S, FRAME_S, True, 9, 0.24)) == [Begin()]
    assert cutter.is_waiting
    assert cutter.begun() == []
    assert not cutter.is_waiting


def test_the_wait_for_the_first_key_frame_there_ever_was_is_no_gap() -> None:
    footage = Footage()
    footage.hear(footage.cutter.take(Arrival(0, FRAME_S, False, 9, 50)))
    footage.play(5, from_s=51, pts_s=1)
    assert (footage.begun, footage.gaps) == (1, [])


def test_a_camera_that_sends_no_key_frame_has_a_gap_from_its_first_picture_on() -> None:
    footage = Footage()
    for number in range(100):
        footage.hear(footage.cutter.take(Arrival(number, 1, False, 9, 50.0 + number)))
    footage.hear(footage.cutter.gap_until(149))
    footage.play(5, from_s=150, pts_s=100)
    assert footage.told == [
        (GapReason.NO_KEY_FRAME, 50, 149),
        (GapReason.NO_KEY_FRAME, 149, 150.2),
    ]


def test_an_outage_ends_the_segment_and_is_a_gap_until_the_next_key_frame() -> None:
    footage = Footage()
    footage.play(5)
    footage.hear(footage.cutter.stop(GapReason.CAMERA_LOST))
    footage.play(5, from_s=30, pts_s=0)
    (gap,) = footage.gaps
    assert (gap.began_s, gap.ended_s) == pytest.approx((5.2, 30.2))
    assert gap.reason is GapReason.CAMERA_LOST
    assert footage.begun == 2


def test_a_long_outage_is_told_in_parts_that_meet() -> None:
    footage = Footage()
    footage.play(5)
    footage.hear(footage.cutter.stop(GapReason.CAMERA_LOST))
    footage.hear(footage.cutter.gap_until(65))
    footage.hear(footage.cutter.gap_until(65))
    footage.play(5, from_s=80, pts_s=0)
    times = [time for gap in footage.gaps for time in (gap.began_s, gap.ended_s)]
    assert times == pytest.approx([5.2, 65, 65, 80.2])


def test_the_time_in_which_the_program_did_not_run_is_a_gap() -> None:
    footage = Footage(Cutter(40.0))
    footage.play(5, from_s=70, pts_s=0)
    assert footage.gaps == [Gap(40.0, 70.2, GapReason.EDGE_DOWN)]


def test_a_camera_of_which_nothing_was_ever_recorded_has_no_gap_before() -> None:
    footage = Footage()
    assert footage.cutter.gap_until(1000) == []
    footage.play(5, from_s=70)
    assert footage.gaps == []


def test_a_stream_that_is_reopened_at_once_leaves_no_gap() -> None:
    footage = Footage()
    footage.play(5)
    footage.hear(footage.cutter.stop(GapReason.CAMERA_LOST))
    footage.play(5, from_s=5 + SEAM_S_MAX / 2, pts_s=0)
    assert footage.gaps == []


@pytest.mark.parametrize("jump_s", [-3.0, 3.0, 4000.0])
def test_a_stream_whose_time_jumps_is_cut_there(jump_s: float) -> None:
    footage = Footage()
    footage.play(5)
    footage.play(5, from_s=8, pts_s=5 + jump_s)
    assert footage.lengths == [5]
    assert [gap.reason for gap in footage.gaps] == [GapReason.STREAM_JUMPED]
    assert footage.gaps[0].ended_s == pytest.approx(8.2)


def test_without_key_frames_a_segment_ends_and_the_rest_is_a_gap() -> None:
    footage = Footage()
    footage.play(SEGMENT_S_HARD_MAX + 20, key_every_s=1000)
    assert footage.lengths == [SEGMENT_S_HARD_MAX]
    footage.play(5, from_s=100, pts_s=SEGMENT_S_HARD_MAX + 20)
    assert [gap.reason for gap in footage.gaps] == [GapReason.NO_KEY_FRAME]


def test_a_segment_of_huge_pictures_ends_at_its_bound() -> None:
    footage = Footage()
    footage.play(9, key_every_s=1000, size=SEGMENT_BYTES_MAX // 50 + 1)
    assert footage.lengths == [50 * FRAME_S]


def test_what_the_disk_refused_is_a_gap() -> None:
    footage = Footage()
    footage.play(12)
    footage.hear(footage.cutter.give_up(GapReason.DISK))
    footage.play(5, from_s=20)
    assert [(gap.reason, round(gap.began_s, 1)) for gap in footage.gaps] == [(GapReason.DISK, 10.2)]


def test_a_full_disk_is_one_gap_however_many_key_frames_it_refuses() -> None:
    footage = Footage()
    footage.play(12)
    footage.is_disk_full = True
    footage.play(100, from_s=12)
    footage.hear(footage.cutter.stop(GapReason.CAMERA_LOST))
    footage.play(50, from_s=120)
    footage.hear(footage.cutter.gap_until(150))
    footage.is_disk_full = False
    footage.play(5, from_s=170)
    assert footage.asked > 100
    assert footage.told == [(GapReason.DISK, 20.2, 150), (GapReason.DISK, 150, 170.2)]


def test_a_lost_camera_that_finds_a_full_disk_was_lost_until_then() -> None:
    footage = Footage()
    footage.play(5)
    footage.hear(footage.cutter.stop(GapReason.CAMERA_LOST))
    footage.is_disk_full = True
    footage.play(5, from_s=40)
    footage.hear(footage.cutter.gap_until(45))
    assert footage.told == [(GapReason.CAMERA_LOST, 5.2, 40.2), (GapReason.DISK, 40.2, 45)]


@pytest.mark.parametrize("is_lost_first", [False, True])
def test_a_disk_that_is_full_from_the_first_start_is_a_gap_too(is_lost_first: bool) -> None:
    footage = Footage(is_disk_full=True)
    if is_lost_first:
        footage.hear(footage.cutter.stop(GapReason.CAMERA_LOST))
    footage.play(5, from_s=10)
    footage.hear(footage.cutter.gap_until(70))
    assert footage.told == [(GapReason.DISK, 10.2, 70)]


@dataclass(frozen=True)
class Stretch:
    """The camera sends for some seconds, then nothing comes for some; or the stream jumps.

    The disk may refuse every file meanwhile.
    """

    plays_s: float
    is_disk_full: bool
    silent_s: float
    key_every_s: float
    late_s: float


STRETCHES = st.lists(
    st.builds(
        Stretch,
        plays_s=st.floats(0.04, 40),
        is_disk_full=st.booleans(),
        silent_s=st.floats(0, 100),
        key_every_s=st.floats(0.04, 15),
        late_s=st.floats(0, 2),
    ),
    min_size=1,
    max_size=8,
)


@given(STRETCHES)
def test_every_second_is_in_a_segment_or_a_gap_and_in_one_only(stretches: list[Stretch]) -> None:
    footage = Footage(Cutter(0.0))
    now_s = 5.0
    for each in stretches:
        footage.is_disk_full = each.is_disk_full
        footage.play(
            each.plays_s,
            from_s=now_s,
            pts_s=0,
            key_every_s=each.key_every_s,
            late_s=each.late_s,
        )
        frames = round(each.plays_s / FRAME_S)
        now_s += frames * FRAME_S + each.late_s + each.silent_s
        footage.hear(footage.cutter.stop(GapReason.CAMERA_LOST))
    footage.hear(footage.cutter.gap_until(now_s))
    spans = [(each.span.began_s, each.span.ended_s) for each in footage.ended]
    spans += [(each.began_s, each.ended_s) for each in footage.gaps]
    at_s = 0.0
    for began_s, ended_s in sorted(spans):
        # A segment may begin a little before the last one's end: pictures came late there.
        assert began_s <= at_s + SEAM_S_MAX + 1e-6
        at_s = max(at_s, ended_s)
    assert at_s == pytest.approx(now_s)
    assert all(length_s <= SEGMENT_S_MAX + 15 for length_s in footage.lengths)


def test_a_pictures_time_is_that_of_its_segment() -> None:
    cutter = Cutter(None)
    early, late = Arrival(0.0, 0.04, True, 9, 100.2), Arrival(0.04, 0.04, False, 9, 100.54)
    assert cutter.taken(early) is None
    for packet in (early, late):
        cutter.take(packet)
        cutter.begun()
    taken = cutter.taken(late)
    assert taken == pytest.approx((100.24, 0.3))
    cutter.stop(GapReason.CAMERA_LOST)
    assert cutter.taken(late) is None
