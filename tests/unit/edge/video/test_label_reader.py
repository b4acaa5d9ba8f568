"""A camera's labels, from coded pictures to what is told of them. Design sections 6 and 8."""

from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import cv2
import pytest
from msgspec.structs import replace

from devices.cameras import Camera, CameraEndedError
from edge.metrics import Metrics
from edge.video.label_reader import LabelReader, LabelRule, read_waybills, rules_of
from edge.video.noted import FactNoted
from edge.video.stills import Stills
from simulators.cameras.belt import Belt, BeltOptions
from simulators.cameras.clip import write_clip
from simulators.cameras.pictures import Size, luma_of
from tests import samples
from tests.rig.programs import wait_until
from wire.events import CameraFact

RULE = LabelRule(samples.POLICY.waybill, 30.0)
FPS, SECONDS, BEGIN_MS = 10, 4, 1_767_225_600_000
BELT = Belt(BeltOptions(Size(1280, 720), seed=3))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("belt") / "belt.mp4"
    write_clip(path, BELT, camera_no=1, begin_ms=BEGIN_MS, seconds=SECONDS, fps=FPS)
    return path


class Desk:
    """A reader, what it told, and a clock that stands still."""

    def __init__(self, folder: Path) -> None:
        self.told: list[FactNoted] = []
        self.metrics, self.folder = Metrics(), folder
        self.reader = LabelReader(
            "belt", Stills(folder), self.metrics, lambda: 5.0, self.told.append
        )

    def play(self, clip: Path) -> None:
        """Offer all packets of a file, each at its own time."""
        with closing(Camera(str(clip))) as camera, suppress(CameraEndedError):
            self.reader.open(camera.video)
            for packet in camera.packets():
                self.reader.offer(packet, float((packet.pts or 0) * packet.time_base))

    def counted(self, thread: str) -> float:
        return float(self.metrics.crashes.labels(thread)._value.get())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    assert made.reader.stop(5)


def test_each_parcel_that_passes_is_told_once_with_the_label_cut_out(
    desk: Desk, clip: Path
) -> None:
    desk.reader.adopt(RULE)
    desk.reader.start()
    desk.play(clip)
    shown = BELT.in_view(BEGIN_MS + 500, BEGIN_MS + SECONDS * 1000 - 500)
    whole = {each.waybill for each in shown if each.to_ms - each.from_ms > 1500}
    wait_until(lambda: {each.waybill for each in desk.told} >= whole, "all are told")
    waybills = [each.waybill for each in desk.told]
    assert len(waybills) == len(set(waybills)) > 0
    for each in desk.told:
        assert each.fact is CameraFact.SIGHTING
        assert each.since_s is not None
        assert each.since_s < each.at_s < each.since_s + 1
        picture = cv2.imread(str(desk.folder / f"{each.picture}.jpg"), cv2.IMREAD_GRAYSCALE)
        assert picture is not None
        assert picture.shape[1] < 700
        assert each.waybill in read_waybills(picture.astype("uint8"), RULE)


def test_without_a_rule_nothing_is_read_nor_counted(desk: Desk, clip: Path) -> None:
    desk.reader.start()
    desk.play(clip)
    desk.reader.adopt(RULE)
    desk.reader.adopt(None)
    desk.play(clip)
    assert desk.reader.stop(5)
    assert desk.told == []
    assert desk.metrics.label_pictures_skipped.labels("belt")._value.get() == 0


def test_a_reader_that_is_behind_holds_up_nobody_and_counts_what_it_gave_up(
    desk: Desk, clip: Path
) -> None:
    desk.reader.adopt(RULE)
    for _ in range(3):  # nobody reads: the thread was not started
        desk.play(clip)
    assert desk.metrics.label_pictures_skipped.labels("belt")._value.get() >= 2 * FPS * SECONDS


def test_what_nobody_foresaw_costs_a_picture_and_is_counted(
    desk: Desk, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_given: object) -> None:
        raise ZeroDivisionError("nobody foresaw this")

    monkeypatch.setattr("edge.video.label_reader.read_labels", fails)
    desk.reader.adopt(RULE)
    desk.reader.start()
    desk.play(clip)
    wait_until(lambda: desk.counted("labels") > 1, "it has gone on after the first")


def test_no_picture_on_a_full_disk_and_the_sighting_all_the_same(
    clip: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    desk = Desk(tmp_path / "file")
    desk.reader.adopt(RULE)
    desk.reader.start()
    desk.play(clip)
    wait_until(lambda: desk.told, "it is told")
    assert desk.told[0].picture is None
    assert desk.reader.stop(5)


def test_only_waybills_of_the_policy_are_read() -> None:
    picture = luma_of(BELT.frame(BEGIN_MS + 2_000))
    assert read_waybills(picture, RULE)
    (kind,) = RULE.kinds
    foreign = LabelRule((replace(kind, pattern="[0-9]{13}"),), 30.0)
    assert read_waybills(picture, foreign) == {}
    other_bars = LabelRule((replace(kind, symbologies=("qr", "no such symbology")),), 30.0)
    assert read_waybills(picture, other_bars) == {}


def test_those_cameras_read_whose_channel_says_so() -> None:
    assert rules_of(samples.PACK) == {"belt-cam": LabelRule(samples.PACK.policy.waybill, 30)}
    old = replace(samples.PACK, policy=replace(samples.PACK.policy, video=None))
    assert rules_of(old) == rules_of(None) == {}
