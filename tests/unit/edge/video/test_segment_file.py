"""A segment is told as whole only if the disk took every picture of it (design section 8)."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from devices.cameras import Camera, CameraEndedError
from edge.video.boxes import read_whole
from edge.video.segment_file import FileFacts, SegmentFile, settle
from tests.video_parts import frames_of, packets_of, write_clip

SECONDS = 4


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    write_clip(path, SECONDS)
    return path


@pytest.fixture(scope="module")
def whole_bytes(clip: Path) -> int:
    """How long the segment is that holds all of the clip."""
    return record(clip, clip.with_name("whole")).bytes


@pytest.fixture(scope="module")
def pictures_end(clip: Path) -> int:
    """Where its last picture ends; only an index follows, which nothing here reads."""
    path = clip.with_name("pictures")
    record(clip, path)
    with path.open("rb") as file:
        return read_whole(file).end


def record(clip: Path, path: Path) -> FileFacts:
    """Copy a clip into a segment, as the recorder does."""
    camera = Camera(str(clip))
    file = SegmentFile(path, camera.video)
    try:
        for packet in camera.packets():
            file.write(packet)
    except CameraEndedError:
        return file.close()
    finally:
        camera.close()
    raise AssertionError("a clip ends")


@contextmanager
def files_end_at(limit: int) -> Iterator[None]:
    """No file of this process gets longer: the disk refuses the rest."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_whole_segment_holds_every_picture(clip: Path, tmp_path: Path) -> None:
    facts = record(clip, tmp_path / "a")
    assert facts.bytes == (tmp_path / "a").stat().st_size
    with (tmp_path / "a").open("rb") as file:
        found = read_whole(file)
    assert (found.frames, found.is_all) == (SECONDS * 25, True)
    assert packets_of(tmp_path / "a") == packets_of(clip)


@settings(max_examples=25)
@given(data=st.data())
def test_times_that_do_not_grow_are_put_right_and_no_picture_is_lost(
    clip: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    back = data.draw(st.dictionaries(st.integers(1, 99), st.integers(0, 2_000), max_size=9))
    camera = Camera(str(clip))
    path = tmp_path_factory.mktemp("back") / "a"
    file, kept = SegmentFile(path, camera.video), 0
    with suppress(CameraEndedError):
        for number, packet in enumerate(camera.packets()):
            # Hundredths of the time from one picture to the next.
            packet.dts -= packet.duration * back.get(number, 0) // 100
            packet.pts = packet.dts
            kept += file.write(packet)
    file.close()
    camera.close()
    assert packets_of(path) == packets_of(clip)
    times = frames_of(path)
    assert times == sorted(set(times))
    assert (kept == SECONDS * 25) == (max(back.values(), default=0) < 100)


@settings(max_examples=20)
@given(short=st.integers(1, 60_000))
def test_wherever_the_disk_ends_the_segment_is_refused(
    clip: Path,
    whole_bytes: int,
    pictures_end: int,
    tmp_path_factory: pytest.TempPathFactory,
    short: int,
) -> None:
    path = tmp_path_factory.mktemp("short") / "a"
    limit = max(0, whole_bytes - short)
    assume(limit != pictures_end)
    with files_end_at(limit), pytest.raises(OSError):
        record(clip, path)


def test_a_disk_that_ends_behind_the_last_picture_has_taken_them_all(
    clip: Path, whole_bytes: int, pictures_end: int, tmp_path: Path
) -> None:
    assert pictures_end < whole_bytes
    with files_end_at(pictures_end):
        facts = record(clip, tmp_path / "a")
    assert facts == settle(tmp_path / "a")
    assert facts.bytes == pictures_end
    assert packets_of(tmp_path / "a") == packets_of(clip)
    with files_end_at(pictures_end - 1), pytest.raises(OSError):
        record(clip, tmp_path / "b")


def test_a_disk_that_just_suffices_is_taken(clip: Path, whole_bytes: int, tmp_path: Path) -> None:
    with files_end_at(whole_bytes):
        assert record(clip, tmp_path / "a").bytes == whole_bytes


@settings(max_examples=25)
@given(share=st.floats(0, 1))
def test_the_pictures_of_whole_fragments_are_counted_wherever_a_file_is_torn(
    clip: Path, tmp_path_factory: pytest.TempPathFactory, share: float
) -> None:
    folder = tmp_path_factory.mktemp("torn")
    record(clip, folder / "whole")
    data = (folder / "whole").read_bytes()
    (folder / "torn").write_bytes(data[: int(len(data) * share)])
    with (folder / "torn").open("rb") as file:
        found = read_whole(file)
    (folder / "kept").write_bytes(data[: found.end])
    assert found.frames == (len(packets_of(folder / "kept")) if found.end else 0)
