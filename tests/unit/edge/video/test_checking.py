"""Kept footage is looked at again: one changed byte, a missing file, two that were swapped.

Source: design section 8.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.video import checking
from edge.video.checking import AGAIN_MS, FileChecker
from edge.video.footage import Checked, Covered, Kept
from edge.video.footage_desk import FootageDesk
from edge.video.moments import Moments
from edge.video.store import FootageError, FootageStore
from tests import samples
from wire.events import Camera, CameraFact, Segment

SEGMENT = samples.EVENTS["event-segment"]
assert isinstance(SEGMENT, Segment)
ENDED_MS = 1_800_000_000_000
LATER_MS = ENDED_MS + AGAIN_MS
SIZE = 3_000_000


class House:
    """Files on record, and what is told of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "footage"
        (self.folder / "cam").mkdir(parents=True)
        self.store = FootageStore(folder / "footage.sqlite")
        look = lambda: Moments(LATER_MS, 900_000, "ab" * 16, 100.0)  # noqa: E731  a clock
        desk = FootageDesk("755A", "dock", self.folder, self.store, look)
        self.checker = FileChecker(self.folder, self.store, desk.tell_damage)

    def keep(self, name: str, content: bytes) -> Kept:
        sha256 = hashlib.sha256(content).hexdigest()
        file = Kept("cam", ENDED_MS - 9, ENDED_MS, sha256, len(content), name)
        self.path(file).write_bytes(content)
        self.store.add(SEGMENT, Covered(ENDED_MS, 70, "ab" * 16), file)
        return file

    def path(self, file: Kept) -> Path:
        return self.folder / file.camera / file.file

    def look(self, turns: int = 9, now_ms: int = LATER_MS) -> None:
        for _ in range(turns):
            self.checker.turn(now_ms)

    def told(self) -> list[tuple[str | None, str | None]]:
        events = [each.event for each in self.store.waiting(99)]
        damaged = [each for each in events if isinstance(each, Camera)]
        assert all(each.fact is CameraFact.DAMAGED for each in damaged)
        assert all(each.device == "cam" and each.since and each.until for each in damaged)
        return [(each.segment, each.reason) for each in damaged]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    opened = House(tmp_path)
    yield opened
    opened.checker.close()
    opened.store.close()


def test_one_changed_byte_is_found_and_told_once(house: House) -> None:
    good, bad = house.keep("a.mp4", b"a" * SIZE), house.keep("b.mp4", b"b" * SIZE)
    content = bytearray(house.path(bad).read_bytes())
    content[SIZE // 2] ^= 1
    house.path(bad).write_bytes(content)
    house.look()
    assert house.told() == [(bad.sha256, "changed")]
    house.look(now_ms=LATER_MS + AGAIN_MS)
    assert house.told() == [(bad.sha256, "changed")]
    oldest = house.store.checked_longest_ago()
    assert oldest is not None
    assert (oldest.file, oldest.at_ms) == (good, LATER_MS + AGAIN_MS)


def test_a_missing_file_is_found(house: House) -> None:
    gone, cut = house.keep("a.mp4", b"a" * SIZE), house.keep("b.mp4", b"b" * SIZE)
    house.path(gone).unlink()
    house.path(cut).write_bytes(b"b" * (SIZE - 1))
    house.look()
    assert house.told() == [(gone.sha256, "missing"), (cut.sha256, "changed")]


def test_two_swapped_files_are_found_as_such(house: House) -> None:
    first, second = house.keep("a.mp4", b"a" * SIZE), house.keep("b.mp4", b"b" * SIZE)
    house.path(first).write_bytes(b"b" * SIZE)
    house.path(second).write_bytes(b"a" * SIZE)
    house.look()
    assert house.told() == [(first.sha256, "swapped"), (second.sha256, "swapped")]


def test_nothing_is_looked_at_before_its_time_and_little_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = house.keep("a.mp4", b"a" * SIZE)
    house.look(now_ms=LATER_MS - 1)
    assert house.store.checked_longest_ago() == Checked(ENDED_MS, file)
    monkeypatch.setattr(checking, "BYTES_PER_TURN", 1024 * 1024)
    # Three turns for its bytes, one to see that it is over.
    house.look(turns=3)
    assert house.store.checked_longest_ago() == Checked(ENDED_MS, file)
    house.look(turns=1)
    assert house.store.checked_longest_ago() == Checked(LATER_MS, file)


def test_a_file_that_is_deleted_while_it_is_looked_at_is_not_missing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "BYTES_PER_TURN", 1024 * 1024)
    file = house.keep("a.mp4", b"a" * SIZE)
    house.look(turns=1)
    house.path(file).unlink()
    house.store.deleted([file])
    house.look()
    assert house.told() == []


def test_what_could_not_be_put_on_record_is_looked_at_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = house.keep("a.mp4", b"a" * SIZE)
    house.path(file).unlink()

    def refuse(*_: object) -> None:
        raise FootageError("the disk refuses")

    with monkeypatch.context() as patched:
        patched.setattr(FootageStore, "found_damaged", refuse)
        with pytest.raises(FootageError):
            house.look()
    house.look()
    assert house.told() == [(file.sha256, "missing")]
