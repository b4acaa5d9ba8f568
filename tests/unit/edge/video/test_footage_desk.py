"""Footage on record: named, told and deleted in an order that a crash cannot break. Promise P2."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge.video.cutting import Gap, GapReason, Span
from edge.video.footage import Hold
from edge.video.footage_desk import SALVAGED_ERROR_MS, FootageDesk
from edge.video.moments import Moments
from edge.video.noted import FactNoted, GapNoted, Opened, SegmentEnded
from edge.video.retention import DAY_MS, KeepRule, Space
from edge.video.segment_file import PartName, settle
from edge.video.store import FootageError, FootageStore
from edge.video.upload_store import UploadStore
from tests.video_parts import write_clip, write_segments
from wire.events import Camera, CameraFact, Codec, Segment

BOOT = "ab" * 16
WALL_MS = 1_800_000_000_000
RULE = KeepRule({}, 30)
ROOMY = Space(free=2**40, total=2**41)


@dataclass
class House:
    """A desk with its store and files, on clocks that stand still until they are moved."""

    folder: Path
    space: Space = ROOMY
    moments: Moments = field(default_factory=lambda: Moments(WALL_MS, 900_000, BOOT, 100.0))

    def __post_init__(self) -> None:
        self.store = FootageStore(self.folder / "footage.sqlite")
        self.desk = self.new_desk()
        write_clip(self.folder / "clip.mp4", 2)
        (self.segment,) = write_segments(self.folder, self.folder / "clip.mp4", 50)
        self.home.mkdir(parents=True)

    @property
    def home(self) -> Path:
        return self.folder / "footage" / "cam"

    def new_desk(self) -> FootageDesk:
        return FootageDesk(
            "755A",
            "dock",
            self.folder / "footage",
            self.store,
            lambda: self.moments,
            lambda _folder: self.space,
        )

    def part(self, began_ms: int) -> Path:
        """A file that a camera's thread has closed."""
        path = self.home / str(PartName(began_ms, 100, BOOT))
        path.write_bytes(self.segment.read_bytes())
        return path

    def ended(self, began_ms: int = WALL_MS - 2_000) -> SegmentEnded:
        part = self.part(began_ms)
        ago_s = (WALL_MS - began_ms) / 1000
        span = Span(100 - ago_s, 102 - ago_s, 0.3, 50)
        return SegmentEnded("cam", part, Codec.H264, span, settle(part))

    def files(self) -> list[str]:
        return sorted(path.name for path in self.home.iterdir())

    def events(self) -> list[Segment | Camera]:
        return [each.event for each in self.store.waiting(99)]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    opened = House(tmp_path)
    yield opened
    opened.store.close()


def test_a_segment_gets_its_row_its_event_and_its_name(house: House) -> None:
    ended = house.ended()
    house.desk.note(ended)
    (event,) = house.events()
    assert isinstance(event, Segment)
    assert (event.at, event.mono_ms, event.boot) == ("2027-01-15T08:00:00.000Z", 900_000, BOOT)
    assert (event.length_ms, event.error_ms, event.frames) == (2_000, 300, 50)
    assert event.sha256 == ended.facts.sha256
    assert house.files() == [ended.part.name.replace(".part", ".mp4")]
    (kept,) = [*house.store.oldest(0, 99).values()]
    assert (kept.began_ms, kept.ended_ms) == (WALL_MS - 2_000, WALL_MS)


def test_a_kill_between_row_and_name_is_made_good_and_nothing_is_told_twice(house: House) -> None:
    ended = house.ended()
    house.desk.note(ended)
    (house.home / house.files()[0]).rename(ended.part)
    assert house.new_desk().recover("cam") == pytest.approx(100.0)
    assert house.files() == [ended.part.name.replace(".part", ".mp4")]
    assert len(house.events()) == 1


def test_a_kill_before_the_row_is_salvaged_as_what_it_is(house: House) -> None:
    house.part(WALL_MS - 7_000)
    assert house.new_desk().recover("cam") is not None
    (event,) = house.events()
    assert isinstance(event, Segment)
    assert (event.salvaged, event.length_ms, event.mono_ms) == (True, 2_000, 2_100)
    assert event.at == "2027-01-15T07:59:55.000Z"


def test_a_kill_before_the_gap_that_ended_with_a_file_was_told_leaves_no_hole(house: House) -> None:
    house.desk.note(GapNoted("cam", Gap(60.0, 70.0, GapReason.CAMERA_LOST)))
    (house.home / str(PartName(WALL_MS - 7_000, 893_000, BOOT))).write_bytes(
        house.segment.read_bytes()
    )
    assert house.new_desk().recover("cam") == pytest.approx(95.0)
    _, gap, segment = house.events()
    assert isinstance(gap, Camera)
    assert (gap.reason, gap.length_ms, gap.mono_ms) == ("edge_down", 23_000, 893_000)
    assert isinstance(segment, Segment)
    assert segment.mono_ms - segment.length_ms == gap.mono_ms
    assert house.new_desk().recover("cam") == pytest.approx(95.0)
    assert len(house.events()) == 3


@pytest.mark.parametrize("apart_ms", [0, SALVAGED_ERROR_MS])
def test_a_salvaged_file_that_goes_on_where_the_last_one_ended_has_no_gap_before(
    house: House, apart_ms: int
) -> None:
    house.desk.note(GapNoted("cam", Gap(60.0, 70.0, GapReason.CAMERA_LOST)))
    name = PartName(WALL_MS - 30_000 + apart_ms, 870_000 + apart_ms, BOOT)
    (house.home / str(name)).write_bytes(house.segment.read_bytes())
    assert house.new_desk().recover("cam") == pytest.approx(72.0 + apart_ms / 1000)
    assert len(house.events()) == 2


def test_a_kill_before_anything_could_be_shown_leaves_nothing(house: House) -> None:
    (house.home / str(PartName(WALL_MS, 1, BOOT))).write_bytes(b"\0\0\0\x20ftyp")
    assert house.new_desk().recover("cam") is None
    assert (house.files(), house.events()) == ([], [])


def test_a_strange_file_is_left_alone(house: House) -> None:
    (house.home / "holiday.part").write_bytes(b"x")
    house.new_desk().recover("cam")
    assert house.files() == ["holiday.part"]


def test_what_the_disk_refused_is_told_once_when_it_is_asked_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = house.ended()

    def refuse(*_: object) -> None:
        raise FootageError("not recorded")

    with monkeypatch.context() as patch:
        patch.setattr(house.store, "add", refuse)
        with pytest.raises(FootageError):
            house.desk.note(ended)
    assert house.files() == [ended.part.name]
    house.desk.note(ended)
    house.desk.note(ended)  # it failed after it had happened, and is asked again
    assert len(house.events()) == 1


def test_a_gap_counts_as_told_time_and_a_loss_does_not(house: House) -> None:
    house.desk.note(FactNoted("cam", CameraFact.LOST, 90.0, "refused"))
    assert house.store.covered() == {}
    house.desk.note(GapNoted("cam", Gap(80.0, 95.5, GapReason.CAMERA_LOST)))
    lost, gap = house.events()
    assert isinstance(lost, Camera)
    assert isinstance(gap, Camera)
    assert (lost.fact, lost.reason, lost.mono_ms) == (CameraFact.LOST, "refused", 890_000)
    assert (gap.fact, gap.length_ms, gap.mono_ms) == (CameraFact.GAP, 15_500, 895_500)
    assert house.desk.recover("cam") == pytest.approx(95.5)


@pytest.mark.parametrize("step_ms", [3_600_000, -3_600_000, -WALL_MS // 2])
def test_a_wall_clock_that_is_set_makes_no_gap_and_no_overlap(house: House, step_ms: int) -> None:
    house.desk.note(house.ended())
    house.moments = Moments(WALL_MS + step_ms + 2_000, 902_000, BOOT, 102.0)
    part = house.part(WALL_MS + step_ms)
    house.desk.note(
        SegmentEnded("cam", part, Codec.H264, Span(100.0, 102.0, 0.1, 50), settle(part))
    )
    first, second = house.events()
    assert isinstance(second, Segment)
    assert second.mono_ms - second.length_ms == first.mono_ms
    assert house.desk.recover("cam") == pytest.approx(102.0)


# ---------------------------------------------------------------- what may go


def grow_old(house: House, days: int) -> int:
    return WALL_MS + days * DAY_MS


def test_footage_goes_when_its_days_are_over_and_its_deletion_is_on_record(house: House) -> None:
    for began in (WALL_MS - 4_000, WALL_MS - 2_000):
        house.desk.note(house.ended(began))
    house.desk.make_room(RULE, grow_old(house, 29))
    assert len(house.files()) == 2
    house.desk.make_room(RULE, grow_old(house, 30))
    assert house.files() == []
    deleted = house.events()[-1]
    assert isinstance(deleted, Camera)
    assert (deleted.fact, deleted.segments, deleted.reason) == (CameraFact.DELETED, 2, "days")
    assert (deleted.since, deleted.until) == (
        "2027-01-15T07:59:56.000Z",
        "2027-01-15T08:00:00.000Z",
    )
    assert [*house.store.oldest(0, 99).values()] == []


def test_a_full_disk_takes_the_oldest_that_is_not_held(house: House) -> None:
    for ago in (6_000, 4_000, 2_000):
        house.desk.note(house.ended(WALL_MS - ago))
    house.store.hold_only([Hold("claim-7", "cam", WALL_MS - 5_500, WALL_MS - 5_000)])
    size = house.segment.stat().st_size
    total = 4 * 2**30
    house.space = Space(total // 2 - size, total)
    house.desk.make_room(RULE, None)
    assert len(house.files()) == 2
    house.space = Space(0, total)
    house.desk.make_room(RULE, None)
    (kept,) = [*house.store.oldest(0, 99).values()]
    assert kept.began_ms == WALL_MS - 6_000
    house.store.hold_only([])
    house.desk.make_room(RULE, None)
    assert house.files() == []
    reasons = [each.reason for each in house.events() if isinstance(each, Camera)]
    assert reasons == ["disk", "disk", "disk"]


def test_what_the_hub_waits_for_outlives_its_days_and_is_told_gone_by_a_full_disk(
    house: House,
) -> None:
    house.desk.note(house.ended())
    uploads = UploadStore(house.folder / "footage.sqlite")
    (kept,) = [*house.store.oldest(0, 99).values()]
    uploads.order([kept.sha256], is_urgent=False)
    house.desk.make_room(RULE, grow_old(house, 40))
    assert house.files() == [kept.file]
    house.space = Space(0, 4 * 2**30)
    house.desk.make_room(RULE, None)
    assert house.files() == []
    told = uploads.next_upload()
    uploads.close()
    assert told is not None
    assert (told.sha256, told.gone) == (kept.sha256, "deleted")


def test_a_kill_between_record_and_deletion_is_made_good(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.desk.note(house.ended())

    def die(*_: object, **__: object) -> None:
        raise OSError("killed here")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", die)
        with pytest.raises(OSError, match="killed here"):
            house.desk.make_room(RULE, grow_old(house, 30))
    assert len(house.files()) == 1
    assert [*house.store.oldest(0, 99).values()] == []
    house.new_desk().make_room(RULE, None)
    assert house.files() == []
    facts = [each.fact for each in house.events() if isinstance(each, Camera)]
    assert facts == [CameraFact.DELETED]


def test_much_that_is_held_hides_nothing_that_may_go(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.video.footage_desk.FILES_AT_ONCE_MAX", 2)
    for ago in (12_000, 10_000, 8_000, 6_000, 2_000):
        house.desk.note(house.ended(WALL_MS - ago))
    house.store.hold_only([Hold("claim-7", "cam", WALL_MS - 12_000, WALL_MS - 4_000)])
    house.space = Space(0, 4 * 2**30)
    house.desk.make_room(RULE, None)
    assert len(house.files()) == 4


def test_a_sighting_names_the_waybill_its_label_and_when_it_came_into_view(house: House) -> None:
    noted = FactNoted(
        "cam", CameraFact.SIGHTING, 99.5, since_s=99.0, picture="7a" * 32, waybill="755000000001"
    )
    house.desk.note(noted)
    (event,) = house.events()
    assert isinstance(event, Camera)
    assert (event.fact, event.waybill, event.picture) == (
        CameraFact.SIGHTING,
        "755000000001",
        "7a" * 32,
    )
    assert (event.since, event.at) == ("2027-01-15T07:59:59.000Z", "2027-01-15T07:59:59.500Z")


def test_every_line_of_an_opened_camera_names_its_other_end(house: House) -> None:
    house.desk.note(FactNoted("cam", CameraFact.LOST, 90.0, "refused"))
    house.desk.note(Opened("cam", "tcp:localhost"))
    house.desk.note(house.ended())
    house.desk.note(FactNoted("cam", CameraFact.SIGHTING, 99.5, waybill="755000000001"))
    house.desk.note(GapNoted("cam", Gap(80.0, 95.5, GapReason.CAMERA_LOST)))
    house.desk.note(FactNoted("other", CameraFact.BLACK, 99.5))
    # What was told before it was ever opened, and of another camera, has none.
    assert [each.source for each in house.events()] == [None, *["tcp:localhost"] * 3, None]
