"""What nobody foresaw in a camera's thread or the keeper's: logged, counted, and gone on with."""

import errno
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from devices.backoff import Backoff
from edge.clock import SystemClock
from edge.metrics import Metrics
from edge.seams import LinePlace
from edge.spool import Spool
from edge.spool_reader import SpoolReader
from edge.station_events import FootageLined, FootageLines
from edge.video import camera_thread, cameras, checking, cutting, eye, keeper, watch
from edge.video.cameras import FOLDER, Cameras, House
from edge.video.eye import Eye, picture_time
from edge.video.footage import Kept
from edge.video.footage_desk import FootageDesk, space_of
from edge.video.retention import Space
from edge.video.segment_file import FileFacts, SegmentFile
from edge.video.store import FILE_NAME, FootageStore
from edge.video.watch import CameraWatch, Fault, Hold
from edge.video.watch_features import features_of
from tests import samples
from tests.footage_parts import Told, check_covered, check_files
from tests.rig.programs import wait_until
from tests.video_parts import write_clip
from wire.events import Camera, CameraFact, Event, Segment
from wire.lines import read_checked
from wire.names import parse_at
from wire.policy import RetentionPolicy
from wire.site_pack import PackChannel

SEGMENT, GAP = samples.EVENTS["event-segment"], samples.EVENTS["event-camera"]
STATION = samples.EVENTS["event-station"]
assert isinstance(SEGMENT, Segment)
assert isinstance(GAP, Camera)
SPOOL = "5" * 32
BOOT = "ab" * 16
OTHER = replace(SEGMENT, sha256="77" * 32)


class UnforeseenError(Exception):
    """What nobody foresaw."""


class Rig:
    """Cameras with a station that takes their lines, or refuses them while ``refuses``."""

    def __init__(self, folder: Path) -> None:
        write_clip(folder / "clip.mp4", 1)
        self.folder, self.metrics = folder, Metrics()
        self.refuses = 0
        self.hub_is_behind_ms: int | None = None
        self.asked: list[FootageLines] = []
        Spool(folder / "spool.sqlite", SPOOL).close()
        retention = RetentionPolicy(days=1, area_days=2)
        house = House("755A", "dock", BOOT, folder, retention, samples.POLICY.video)
        with closing(SpoolReader(folder / "spool.sqlite")) as lines:
            self.cameras = Cameras(
                house,
                [("cam", str(folder / "clip.mp4"))],
                SystemClock(),
                self.metrics,
                lines,
                self.line,
            )

    def line(self, lines: FootageLines) -> None:
        self.asked.append(lines)
        self.refuses -= 1
        behind_ms = self.hub_is_behind_ms
        hub_now_ms = None if behind_ms is None else int(time.time() * 1000) - behind_ms
        seq = None if self.refuses >= 0 else 9
        self.cameras.answer(FootageLined(lines.ids, SPOOL, seq, hub_now_ms))

    @property
    def told(self) -> Told:
        events = [event for lines in self.asked for event in lines.events]
        return Told(
            [each for each in events if isinstance(each, Segment)],
            [each for each in events if isinstance(each, Camera)],
        )

    def segments(self) -> int:
        return len(list((self.folder / FOLDER / "cam").glob("*.mp4")))

    def crashes(self, thread: str) -> float:
        return float(self.metrics.crashes.labels(thread)._value.get())


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    monkeypatch.setattr(camera_thread, "REOPEN", Backoff(first_s=0.01, max_s=0.02))
    monkeypatch.setattr(keeper, "AGAIN_S", 0.02)
    made = Rig(tmp_path)
    yield made
    assert made.cameras.stop(5) == []


def fail_once(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> None:
    """The first call of a method raises what nobody foresaw."""
    as_it_is = getattr(owner, name)
    failed = []

    def first_fails(*given: object) -> object:
        if not failed:
            failed.append(True)
            raise UnforeseenError("nobody foresaw this")
        return as_it_is(*given)

    monkeypatch.setattr(owner, name, first_fails)


@pytest.mark.parametrize(
    ("owner", "name", "thread", "says"),
    [(Eye, "look", "camera", "camera failed"), (FootageDesk, "note", "footage", "footage failed")],
)
def test_what_nobody_foresaw_is_logged_with_its_stack_counted_and_gone_on_with(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, owner: type, name: str, thread: str, says: str
) -> None:
    fail_once(monkeypatch, owner, name)
    with capture_logs() as logs:
        rig.cameras.start()
        wait_until(lambda: rig.segments() > 0 and rig.asked, "footage is recorded and told")
    assert rig.crashes(thread) == 1
    (failure,) = [line for line in logs if line["event"] == says]
    assert failure["exc_info"]


def test_lines_that_the_spool_refuses_are_asked_for_again_in_the_same_order(rig: Rig) -> None:
    rig.refuses = 2
    rig.cameras.start()
    wait_until(lambda: len(rig.asked) >= 3, "it asks a third time")
    first, second, third = rig.asked[:3]
    assert first.ids == second.ids[: len(first.ids)] == third.ids[: len(first.ids)]


def test_what_the_site_pack_holds_is_held_and_a_changed_file_is_told_by_the_running_keeper(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "AGAIN_MS", 0)
    monkeypatch.setattr(keeper, "ROOM_EVERY_S", 0.02)
    monkeypatch.setattr(keeper, "CHECK_EVERY_S", 0.02)
    rig.cameras.adopt(samples.PACK)
    rig.cameras.start()
    wait_until(rig.segments, "a segment is kept")
    kept = next((rig.folder / FOLDER / "cam").glob("*.mp4"))
    kept.write_bytes(kept.read_bytes()[:-1] + b"!")

    def damaged() -> list[Camera]:
        return [each for each in rig.told.facts if each.fact is CameraFact.DAMAGED]

    wait_until(damaged, "the changed file is told")
    assert {each.reason for each in damaged()} == {"changed"}
    with closing(FootageStore(rig.folder / FILE_NAME)) as store:
        held = wait_until(store.holds, "the hold is on the disk")
    assert [(each.id, each.camera) for each in held] == [("h-1", "cage-cam")]


def test_what_the_site_pack_aims_a_camera_at_reaches_its_watch(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eye, "KEEP_EVERY_S", 0.0)
    channels = [
        PackChannel(camera=camera, footage_days=1, view="rack-2") for camera in ("gone", "cam")
    ]
    rig.cameras.adopt(replace(samples.PACK, channels=tuple(channels)))
    rig.cameras.start()

    def view() -> str | None:
        with closing(FootageStore(rig.folder / FILE_NAME)) as store:
            kept = store.learned("cam")
        return None if kept is None else CameraWatch.unpack(kept, "ab" * 16)._view

    assert wait_until(view, "the view is kept") == "rack-2"


def test_a_file_keeps_by_how_much_the_clock_was_wrong_when_it_was_recorded(rig: Rig) -> None:
    def kept() -> list[Kept]:
        with closing(FootageStore(rig.folder / FILE_NAME)) as store:
            return [*store.oldest(0, 99).values()]

    hour_ms = 3_600_000
    rig.hub_is_behind_ms = 8 * hour_ms
    rig.cameras.start()
    wait_until(lambda: [each for each in kept() if each.earlier_ms], "a shift is kept")
    # Somebody puts the clock right: what is told next was recorded before or after that.
    rig.hub_is_behind_ms = 0
    wait_until(lambda: [each for each in kept()[1:] if each.earlier_ms < hour_ms], "and another")
    assert rig.cameras.stop(5) == []
    shifts = [round(each.earlier_ms / hour_ms) for each in kept()]
    assert set(shifts) == {8, 0}
    assert shifts == sorted(shifts, reverse=True)
    assert {each.later_ms for each in kept()} <= set(range(60_000))


@pytest.mark.parametrize("failing", [1, 2])
def test_a_file_that_the_disk_did_not_take_at_its_end_is_a_gap_and_the_next_one_goes_on(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    monkeypatch.setattr(cutting, "SEGMENT_S_MAX", 1.5)
    # So long that it does not end before the test, also on a machine that stands still meanwhile:
    # then the camera would be lost, too.
    write_clip(rig.folder / "clip.mp4", 30)
    as_it_is, closed = SegmentFile.close, []

    def close(file: SegmentFile) -> FileFacts:
        closed.append(file.path)
        if len(closed) == failing:
            raise OSError(errno.EIO, "the disk did not take all of it")
        return as_it_is(file)

    monkeypatch.setattr(SegmentFile, "close", close)
    rig.cameras.start()
    wait_until(lambda: rig.segments() >= 3, "three segments are kept")
    assert rig.cameras.stop(5) == []
    told = rig.told
    assert check_covered(told) > 3000
    assert [gap.reason for gap in told.gaps] == ["disk"]
    check_files(told, rig.folder / FOLDER / "cam")
    assert rig.crashes("camera") == 0


def test_a_full_disk_is_gaps_of_a_minute_and_one_line_in_the_log_and_footage_goes_on_after_it(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera_thread, "GAP_EVERY_S", 1.0)
    monkeypatch.setattr(camera_thread, "space_of", lambda folder: Space(0, 10**12))
    monkeypatch.setattr(cutting, "SEGMENT_S_MAX", 1.0)
    write_clip(rig.folder / "clip.mp4", 30, key_every_s=0.2)
    with capture_logs() as logs:
        rig.cameras.start()
        wait_until(lambda: len(rig.told.gaps) >= 2, "the time without footage is told", 10)
        monkeypatch.setattr(camera_thread, "space_of", space_of)
        wait_until(lambda: rig.segments() > 0, "footage is recorded again")
        assert rig.cameras.stop(5) == []
    told = rig.told
    assert {gap.reason for gap in told.gaps} == {"disk"}
    assert all((gap.length_ms or 0) >= 1000 for gap in told.gaps[:-1])
    assert check_covered(told) > 2000
    assert [line["reason"] for line in logs if line["event"] == "footage not recorded"] == [
        "the disk has no room left for footage"
    ]


def prune_spool(path: Path) -> None:
    """A spool that has forgotten 9 of 20 lines; footage is told by the 12th and the 17th."""
    spool = Spool(path, SPOOL)
    spool.append([*[STATION] * 11, GAP, *[STATION] * 4, SEGMENT, *[STATION] * 3], {}, {})
    spool.mark_receipted(SPOOL, 10)
    assert spool.tidy(datetime(2027, 1, 1, tzinfo=UTC)).forgotten == 9
    spool.close()


@pytest.mark.parametrize(
    ("waiting", "left", "last", "read"),
    [
        ([], [], None, range(0)),
        ([GAP, SEGMENT], [], LinePlace(SPOOL, 17), range(10, 18)),
        ([GAP, OTHER], [OTHER], LinePlace(SPOOL, 12), range(10, 21)),
    ],
    ids=["nothing waits", "all are lines", "one is no line"],
)
def test_a_start_reads_each_line_of_a_pruned_spool_once_and_none_that_nothing_waits_for(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    waiting: list[Camera | Segment],
    left: list[Segment],
    last: LinePlace | None,
    read: range,
) -> None:
    monkeypatch.setattr(cameras, "LINES_AT_ONCE", 2)
    seqs: list[int] = []

    def read_one(line: bytes) -> Event:
        event = read_checked(line)
        seqs.append(event.seq)
        return event

    monkeypatch.setattr(keeper, "read_checked", read_one)
    prune_spool(tmp_path / "spool.sqlite")
    with closing(FootageStore(tmp_path / FILE_NAME)) as store:
        for event in waiting:
            store.add(event)
    rig = Rig(tmp_path)
    with closing(FootageStore(tmp_path / FILE_NAME)) as store:
        assert [each.event for each in store.waiting(9)] == left
        assert store.last_line() == last
    assert seqs == list(read)
    assert rig.cameras.stop(5) == []


@pytest.mark.parametrize(("boot", "is_known"), [(BOOT, True), ("cd" * 16, False)])
def test_the_end_of_what_was_told_before_a_start_of_the_machine_says_no_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, boot: str, is_known: bool
) -> None:
    began_s = SystemClock().mono_ns() / 1e9 - 100
    black = features_of(np.zeros((180, 320), np.uint8))
    before = CameraWatch()
    for at_s in range(10):
        before.step(black, picture_time(began_s + at_s))
    with closing(FootageStore(tmp_path / FILE_NAME)) as store:
        store.learn("cam", before.pack(boot))
    monkeypatch.setattr(watch, "HOLDS", dict.fromkeys(Fault, Hold(2.5, 0)))
    rig = Rig(tmp_path)
    rig.cameras.start()

    def ends() -> list[Camera]:
        told = [event for lines in list(rig.asked) for event in lines.events]
        facts = [each for each in told if isinstance(each, Camera)]
        return [each for each in facts if each.fact is CameraFact.BLACK]

    over = wait_until(ends, "the end is told")[0]
    assert rig.cameras.stop(5) == []
    assert over.is_over
    if is_known:
        assert over.since is not None
        assert 100 <= (parse_at(over.at) - parse_at(over.since)).total_seconds() < 150
    else:
        assert over.since is None
