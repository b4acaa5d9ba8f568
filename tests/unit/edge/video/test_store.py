"""What footage is kept, and which of its events are lines. Source: design section 8, promise P2."""

import dataclasses
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

import apsw
import pytest
from msgspec.structs import replace

from edge.seams import LinePlace
from edge.video.footage import Checked, Covered, Hold, Kept, Shift
from edge.video.footage_schema import APPLICATION_ID, STEPS
from edge.video.store import FootageError, FootageStore, find_lined
from edge.video.upload_store import UploadStore
from tests import samples
from wire.events import Camera, ClockReading, Segment

SEGMENT, GAP = samples.EVENTS["event-segment"], samples.EVENTS["event-camera"]
assert isinstance(SEGMENT, Segment)
assert isinstance(GAP, Camera)
KEPT = Kept("cage-cam", 1_000, 11_000, "5e" * 32, 99, "a.mp4")
COVERED = Covered(11_000, 70, "ab" * 16)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FootageStore]:
    opened = FootageStore(tmp_path / "footage.sqlite")
    yield opened
    opened.close()


def test_a_file_its_event_and_its_time_are_on_record_together(store: FootageStore) -> None:
    store.add(SEGMENT, COVERED, KEPT)
    assert store.has("cage-cam", "a.mp4")
    assert store.covered() == {"cage-cam": COVERED}
    assert [each.event for each in store.waiting(9)] == [SEGMENT]
    assert [*store.oldest(0, 99).values()] == [KEPT]


def test_a_file_is_recorded_once(store: FootageStore) -> None:
    store.add(SEGMENT, COVERED, KEPT)
    with pytest.raises(FootageError, match="not recorded"):
        store.add(GAP, replace_covered(99_000), KEPT)
    assert store.covered() == {"cage-cam": COVERED}
    assert len(store.waiting(9)) == 1


def replace_covered(at_ms: int) -> Covered:
    return Covered(at_ms, COVERED.mono_ms, COVERED.boot)


def test_events_leave_once_they_are_lines_and_the_last_line_is_remembered(
    store: FootageStore,
) -> None:
    for _ in range(3):
        store.add(GAP)
    first, second, third = store.waiting(9)
    assert store.last_line() is None
    store.lined([first.id, second.id], "a" * 32, 41)
    assert store.waiting(9) == [third]
    assert store.last_line() == LinePlace("a" * 32, 41)


def test_what_the_spool_had_before_a_crash_is_told_from_what_it_had_not(
    store: FootageStore,
) -> None:
    other = replace(SEGMENT, sha256="77" * 32)
    for event in (SEGMENT, GAP, other):
        store.add(event)
    clock = ClockReading(offset_ms=40, error_ms=2)
    there = [
        replace(each, spool="9" * 32, seq=7, prev="a" * 64, clock=clock) for each in (SEGMENT, GAP)
    ]
    waiting = store.waiting(9)
    assert find_lined(waiting, there) == [each.id for each in waiting[:2]]
    assert find_lined(waiting, []) == []


def test_all_is_there_after_a_start(tmp_path: Path) -> None:
    store = FootageStore(tmp_path / "a")
    store.add(SEGMENT, COVERED, KEPT)
    store.close()
    again = FootageStore(tmp_path / "a")
    assert [each.event for each in again.waiting(9)] == [SEGMENT]
    again.close()


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    strange = apsw.Connection(str(tmp_path / "a"))
    strange.execute("CREATE TABLE t (x)")
    strange.close()
    with pytest.raises(FootageError, match="another program's database"):
        FootageStore(tmp_path / "a")


def test_a_newer_programs_database_is_refused(tmp_path: Path) -> None:
    FootageStore(tmp_path / "a").close()
    newer = apsw.Connection(str(tmp_path / "a"))
    newer.pragma("user_version", len(STEPS) + 1)
    newer.close()
    with pytest.raises(FootageError, match=f"versions up to {len(STEPS)} only"):
        FootageStore(tmp_path / "a")


def test_an_older_programs_record_is_brought_up_to_date_with_all_that_it_holds(
    tmp_path: Path,
) -> None:
    old = apsw.Connection(str(tmp_path / "a"))
    old.execute(STEPS[0])
    old.pragma("application_id", APPLICATION_ID)
    old.pragma("user_version", 1)
    columns = "camera, began_ms, ended_ms, sha256, bytes, file"
    old.execute(f"INSERT INTO segment ({columns}) VALUES (?, ?, ?, ?, ?, ?)", astuple(KEPT)[:6])
    old.close()
    for _ in range(2):
        store = FootageStore(tmp_path / "a")
        assert [*store.oldest(0, 99).values()] == [KEPT]
        # It was never looked at again, and so is the next.
        assert store.checked_longest_ago() == Checked(0, KEPT)
        assert store.ordered() == frozenset()
        store.close()


def test_of_stills_that_wait_to_be_sent_the_newest_are_kept(
    store: FootageStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.video.store.PICTURES_WAITING_MAX", 2)
    for number in range(4):
        store.add(replace(GAP, picture=f"{number:064x}"))
    uploads = UploadStore(tmp_path / "footage.sqlite")
    waiting = []
    while (picture := uploads.next_picture()) is not None:
        waiting.append(picture.sha256)
        uploads.picture_done(picture.sha256)
    uploads.close()
    assert waiting == [f"{number:064x}" for number in (2, 3)]


def test_a_file_keeps_what_its_time_meant_when_it_was_told(store: FootageStore) -> None:
    files = [dataclasses.replace(KEPT, file=name) for name in "abc"]

    def told(shift: Shift | None) -> list[tuple[str, int, int]]:
        store.lined([], "a" * 32, 1, shift)
        kept = [*store.oldest(0, 99).values()]
        return [(each.file, each.earlier_ms, each.later_ms) for each in kept]

    store.add(GAP, None, files[0])
    assert told(None) == [("a", 0, 0)]
    store.add(GAP, None, files[1])
    assert told(Shift(-500, 7)) == [("a", 500, 7), ("b", 500, 7)]
    store.add(GAP, None, files[2])
    assert told(Shift(20, 30)) == [("a", 500, 7), ("b", 500, 7), ("c", 0, 30)]


def test_what_is_held_is_replaced_whole(store: FootageStore) -> None:
    first, second = Hold("h-1", "cam", 0, 9), Hold("h-2", "cam", 3, 7)
    store.hold_only([first, second])
    store.hold_only([second])
    assert store.holds() == [second]


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"no database at all" * 100)
    with pytest.raises(FootageError, match="cannot be used"):
        FootageStore(tmp_path / "a")
