"""A stretch of footage as one file, out of the segments that hold it. Source: design section 8."""

import resource
from pathlib import Path

import av
import pytest

from hub.video.clip import BrokenError, ClipError, MixedError, Part, cut_clip
from hub.video.written import check_written
from tests.video_parts import frames_of, packets_of, write_clip, write_segments

SEGMENT_MS = 4000
FRAMES = 100


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three segments of four seconds with a key frame each second."""
    folder = tmp_path_factory.mktemp("segments")
    write_clip(folder / "clip.mp4", 12)
    return write_segments(folder, folder / "clip.mp4", FRAMES)


@pytest.fixture
def parts(paths: list[Path]) -> list[Part]:
    """One after another from 1,000 s on."""
    return [Part(path, 1_000_000 + number * SEGMENT_MS) for number, path in enumerate(paths)]


def test_pictures_are_copied_byte_for_byte(parts: list[Part], tmp_path: Path) -> None:
    clip = cut_clip(parts, 1_000_000, 1_012_000, tmp_path / "a.mp4")
    assert (clip.began_ms, clip.length_ms, clip.frames) == (1_000_000, 12_000, 300)
    whole = [packet for part in parts for packet in packets_of(part.path)]
    assert packets_of(tmp_path / "a.mp4") == whole


def test_a_clip_begins_at_the_key_frame_before_and_ends_where_it_should(
    parts: list[Part], tmp_path: Path
) -> None:
    clip = cut_clip(parts, 1_002_600, 1_009_400, tmp_path / "a.mp4")
    assert (clip.began_ms, clip.length_ms) == (1_002_000, 7_400)
    shown = frames_of(tmp_path / "a.mp4")
    assert len(shown) == clip.frames == 185
    assert shown == pytest.approx([number / 25 for number in range(185)], abs=0.001)


def test_what_begins_just_before_a_boundary_is_found(parts: list[Part], tmp_path: Path) -> None:
    clip = cut_clip(parts, 1_003_989, 1_004_500, tmp_path / "a.mp4")
    assert (clip.began_ms, clip.length_ms) == (1_003_000, 1_520)


def test_time_without_footage_stays_as_long_as_it_was(parts: list[Part], tmp_path: Path) -> None:
    clip = cut_clip([parts[0], parts[2]], 1_000_000, 1_012_000, tmp_path / "a.mp4")
    assert (clip.length_ms, clip.frames) == (12_000, 200)
    shown = frames_of(tmp_path / "a.mp4")
    assert shown[FRAMES] - shown[FRAMES - 1] == pytest.approx(4.04, abs=0.001)


def test_segments_whose_times_overlap_are_shown_one_after_another(
    parts: list[Part], tmp_path: Path
) -> None:
    early = Part(parts[1].path, parts[1].began_ms - 300)
    clip = cut_clip([parts[0], early], 1_000_000, 1_012_000, tmp_path / "a.mp4")
    shown = frames_of(tmp_path / "a.mp4")
    assert (clip.frames, len(shown)) == (200, 200)
    assert shown == sorted(shown)


def test_where_there_is_no_picture_there_is_no_clip(parts: list[Part], tmp_path: Path) -> None:
    for of_that_time in ([], parts[:1]):
        with pytest.raises(ClipError, match="no footage"):
            cut_clip(of_that_time, 990_000, 1_000_000, tmp_path / "a.mp4")
        assert list(tmp_path.iterdir()) == []


def test_a_master_that_names_other_files_shows_none_of_them(
    parts: list[Part], tmp_path: Path
) -> None:
    other = tmp_path / "other.mp4"
    other.write_bytes(parts[0].path.read_bytes())
    playlist = tmp_path / "playlist.mp4"
    playlist.write_text(f"ffconcat version 1.0\nfile {other.name}\n")
    with pytest.raises(BrokenError, match=r"^playlist\.mp4 cannot be read"):
        cut_clip([Part(playlist, 1_000_000)], 1_000_000, 1_004_000, tmp_path / "a.mp4")
    assert not (tmp_path / "a.mp4").exists()


def test_a_clip_says_of_itself_what_it_is(parts: list[Part], tmp_path: Path) -> None:
    words = {"title": "cage 副本", "comment": "not evidence\n" + "ab" * 5000}
    cut_clip(parts, 1_000_000, 1_002_000, tmp_path / "a.mp4", words)
    with av.open(str(tmp_path / "a.mp4")) as clip:
        assert words.items() <= clip.metadata.items()


def test_what_is_coded_otherwise_is_in_no_clip_with_what_was_before(
    parts: list[Part], tmp_path: Path
) -> None:
    write_clip(tmp_path / "other.mp4", 4, codec="libx265")
    (other,) = write_segments(tmp_path, tmp_path / "other.mp4", FRAMES)
    with pytest.raises(MixedError, match=other.name):
        cut_clip([parts[0], Part(other, 1_004_000)], 1_000_000, 1_008_000, tmp_path / "a.mp4")
    assert not (tmp_path / "a.mp4").exists()


def test_a_disk_that_takes_no_more_is_told_and_no_clip_is_left(
    parts: list[Part], tmp_path: Path
) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            cut_clip(parts, 1_000_000, 1_012_000, tmp_path / "a.mp4")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not (tmp_path / "a.mp4").exists()


@pytest.mark.parametrize("short", [1, 7, 100, 2500, 5000])
def test_what_the_disk_did_not_take_is_seen_wherever_it_stopped(
    parts: list[Part], tmp_path: Path, short: int
) -> None:
    path = tmp_path / "a.mp4"
    check_written(path, cut_clip(parts[:1], 1_000_000, 1_004_000, path).frames)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size - short, before[1]))
    try:
        with pytest.raises(OSError, match=r"No space|too large"):
            check_written(path, cut_clip(parts[:1], 1_000_000, 1_004_000, path).frames)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_segment_that_is_gone_or_torn_is_named_and_no_clip_is_left(
    parts: list[Part], tmp_path: Path
) -> None:
    torn = tmp_path / "torn.mp4"
    torn.write_bytes(parts[1].path.read_bytes()[:300])
    for bad in (torn, tmp_path / "gone.mp4"):
        with pytest.raises(ClipError, match=bad.name):
            cut_clip([parts[0], Part(bad, 1_004_000)], 1_000_000, 1_012_000, tmp_path / "a.mp4")
        assert not (tmp_path / "a.mp4").exists()
