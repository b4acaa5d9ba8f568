"""What is known of a camera's footage of a time: never more than was told (P5)."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.video.rules.coverage import (
    SEAM,
    CertificateState,
    Missing,
    Recorded,
    Stretch,
    best,
    cover,
)
from hub.video.rules.losses import DAMAGED, DELETED

START = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
LOST = "camera_lost"
PRESENT, GAP = CertificateState.PRESENT, CertificateState.GAP
UNKNOWN, UNSEEN = CertificateState.UNKNOWN, CertificateState.UNSEEN


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def stretch(since: float, until: float) -> Stretch:
    return Stretch(at(since), at(until))


def segment(since: float, until: float, *, deleted: bool = False) -> Recorded:
    name = f"{since:g}-{until:g}"
    return Recorded(name, stretch(since, until), DELETED if deleted else None)


def gap(since: float, until: float, reason: str = LOST) -> Missing:
    return Missing(at(since), at(until), reason)


def damaged(since: float, until: float) -> Recorded:
    return Recorded(f"damaged {since:g}", stretch(since, until), DAMAGED)


def test_a_time_within_segments_that_meet_is_present_and_names_their_files() -> None:
    found = cover(stretch(5, 25), [segment(20, 30), segment(0, 10), segment(10.1, 20)], [])
    assert (found.state, found.gaps, found.unknown) == (PRESENT, (), ())
    assert found.segments == ("0-10", "10.1-20", "20-30")


def test_what_was_not_told_is_unknown() -> None:
    found = cover(stretch(5, 25), [segment(0, 10)], [])
    assert (found.state, found.unknown) == (UNKNOWN, (stretch(10, 25),))


def test_nothing_told_at_all_is_unknown_and_no_gap() -> None:
    assert cover(stretch(0, 20), [], []).state is UNKNOWN


def test_a_told_gap_is_a_gap_with_its_own_time_and_reason() -> None:
    found = cover(stretch(5, 25), [segment(0, 10), segment(20, 30)], [gap(10, 20)])
    assert (found.state, found.gaps) == (GAP, (gap(10, 20),))


def test_a_gap_is_cut_to_what_was_asked_and_to_what_no_footage_covers() -> None:
    found = cover(stretch(5, 25), [segment(0, 12)], [gap(10, 60)])
    assert found.gaps == (gap(12, 25),)


def test_a_gap_beside_unknown_time_is_a_gap() -> None:
    found = cover(stretch(0, 30), [], [gap(0, 10)])
    assert (found.state, found.unknown) == (GAP, (stretch(10, 30),))


def test_deleted_footage_is_a_gap_that_says_so() -> None:
    found = cover(stretch(0, 10), [segment(0, 10, deleted=True)], [])
    assert (found.state, found.segments) == (GAP, ())
    assert [each.reason for each in found.gaps] == [DELETED]


def test_a_hole_no_longer_than_a_seam_is_none_and_a_longer_one_is() -> None:
    seam = SEAM.total_seconds()
    for hole, state in ((seam, PRESENT), (seam + 0.001, UNKNOWN)):
        parts = [segment(0, 10), segment(10 + hole, 20)]
        assert cover(stretch(0, 20), parts, []).state is state


def test_pictures_that_show_nothing_are_a_gap_though_their_file_is_there() -> None:
    found = cover(stretch(5, 25), [segment(0, 30)], [], [gap(10, 12, "black")])
    assert (found.state, found.gaps) == (GAP, (gap(10, 12, "black"),))
    # Whoever doubts it can look at the black pictures.
    assert (found.segments, found.unknown) == (("0-30",), ())


def test_of_hidden_time_and_of_a_damaged_file_no_seam_is_forgiven() -> None:
    seam = SEAM.total_seconds()
    for harm in (
        ([segment(0, 30)], [gap(0, 5 + seam / 2, "frozen")]),
        (
            [damaged(0, 5 + seam / 2), segment(5 + seam / 2, 30)],
            [],
        ),
    ):
        found = cover(stretch(5, 25), harm[0], [], harm[1])
        assert [each.until for each in found.gaps] == [at(5 + seam / 2)]
        assert found.state is GAP


def test_hidden_time_of_which_no_file_was_told_is_a_gap_and_the_rest_stays_unknown() -> None:
    found = cover(stretch(0, 30), [segment(20, 30)], [], [gap(-5, 10, "covered")])
    assert (found.gaps, found.unknown) == ((gap(0, 10, "covered"),), (stretch(10, 20),))


def test_each_moment_is_one_gap_with_one_reason() -> None:
    hidden = [gap(4, 12, "black"), gap(8, 16, "frozen")]
    found = cover(stretch(0, 20), [segment(0, 5), segment(10, 20)], [gap(5, 10)], hidden)
    assert found.gaps == (
        gap(4, 5, "black"),
        gap(5, 10),
        gap(10, 12, "black"),
        gap(12, 16, "frozen"),
    )


def test_a_damaged_file_is_a_gap_but_where_another_file_holds_its_time() -> None:
    found = cover(stretch(5, 25), [damaged(0, 15), segment(0, 12), segment(15, 30)], [])
    assert (found.state, found.gaps) == (GAP, (gap(12, 15, DAMAGED),))
    assert found.segments == ("0-12", "15-30")
    whole = [damaged(0, 15), segment(0, 16), segment(15, 30)]
    assert cover(stretch(5, 25), whole, []).state is PRESENT


_MILLIS = st.tuples(st.integers(0, 6000), st.integers(1, 2500))
"""A beginning and a length."""


@given(st.lists(_MILLIS, max_size=5), st.lists(_MILLIS, max_size=3), st.lists(_MILLIS, max_size=3))
def test_never_is_a_moment_present_that_shows_nothing_or_whose_file_is_damaged(
    kept: list[tuple[int, int]], harmed: list[tuple[int, int]], dark: list[tuple[int, int]]
) -> None:
    def seconds(each: tuple[int, int]) -> tuple[float, float]:
        return each[0] / 1000, (each[0] + each[1]) / 1000

    # Under all of it lies one file, or what is not kept would be unknown in most examples.
    for floor in ([], [segment(0, 10)]):
        files = [segment(*seconds(each)) for each in kept] + floor
        lost = [damaged(*seconds(each)) for each in harmed]
        black = [gap(*seconds(each), "black") for each in dark]
        found = cover(stretch(1, 5), [*files, *lost], [], black)
        for moment in range(1000, 5000, 10):
            middle = at(moment / 1000 + 0.005)
            is_dark = any(each.since <= middle < each.until for each in black)
            is_kept = any(each.stretch.since <= middle < each.stretch.until for each in files)
            is_harmed = any(each.stretch.since <= middle < each.stretch.until for each in lost)
            in_gaps = [each for each in found.gaps if each.since <= middle < each.until]
            if is_dark or (is_harmed and not is_kept):
                assert found.state is not PRESENT
                assert in_gaps
            elif is_kept:
                assert not in_gaps


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=6),
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=6),
)
def test_every_second_is_in_a_file_a_gap_or_unknown(
    kept: list[tuple[int, int]], lost: list[tuple[int, int]]
) -> None:
    asked = stretch(10, 50)
    parts = [segment(since, since + length) for since, length in kept]
    gaps = [gap(since, since + length) for since, length in lost]
    found = cover(asked, parts, gaps)
    for second in range(10, 50):
        middle = at(second + 0.5)
        is_kept = any(each.stretch.since <= middle < each.stretch.until for each in parts)
        is_lost = any(each.since <= middle < each.until for each in gaps)
        is_gap = any(each.since <= middle < each.until for each in found.gaps)
        is_unknown = any(each.since <= middle < each.until for each in found.unknown)
        assert is_gap == (is_lost and not is_kept)
        assert is_unknown == (not is_kept and not is_lost)
    assert (found.state is PRESENT) == (not found.gaps and not found.unknown)


def test_several_cameras_come_to_the_best_of_them_and_none_to_unseen() -> None:
    assert best([GAP, PRESENT, UNKNOWN]) is PRESENT
    assert best([GAP, UNKNOWN]) is UNKNOWN
    assert best([GAP]) is GAP
    assert best([]) is UNSEEN
