"""What is known of a camera's footage of a time: never more than was told (P5)."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.video.rules.coverage import (
    DELETED,
    SEAM,
    CertificateState,
    Missing,
    Recorded,
    Stretch,
    best,
    cover,
)

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
    return Recorded(name, stretch(since, until), is_deleted=deleted)


def gap(since: float, until: float) -> Missing:
    return Missing(at(since), at(until), LOST)


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
