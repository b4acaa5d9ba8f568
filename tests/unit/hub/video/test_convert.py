"""A copy as H.264: every picture at its own time, small, and never of what cannot be read."""

import resource
from pathlib import Path

import av
import pytest

from hub.video import convert
from hub.video.convert import NoPictureError, UnreadableError, to_h264
from hub.video.written import check_written
from tests.video_parts import RATE, frames_of, pictures, write_clip, write_segments


def large(
    path: Path, size: tuple[int, int], said: str, form: str = "yuv420p", shown: int = 2 * RATE
) -> Path:
    """Some pictures of H.265 as a camera might send them, as the recorder keeps them."""
    clip = path / "large.mp4"
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("libx265", rate=RATE)
        (stream.width, stream.height), stream.pix_fmt = size, form
        stream.options = {"preset": "ultrafast", "x265-params": f"{said}:log-level=none"}
        for picture in pictures(shown):
            container.mux(stream.encode(picture.reformat(*size, format=form)))
        container.mux(stream.encode(None))
    (found,) = write_segments(path, clip, shown)
    return found


def keys_of(path: Path) -> list[int]:
    with av.open(str(path)) as container:
        return [nth for nth, each in enumerate(container.demux(video=0)) if each.is_keyframe]


def end_of(path: Path) -> float:
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        ends = [
            (each.pts or 0) + (each.duration or 0) for each in container.demux(video) if each.size
        ]
        return float(max(ends) * (video.time_base or 0))


@pytest.mark.parametrize("codec", ["libx265", "libx264"])
def test_every_picture_keeps_its_time_and_key_frames_stay_where_they_were(
    tmp_path: Path, codec: str
) -> None:
    write_clip(tmp_path / "clip.mp4", 4, codec=codec)
    for number, path in enumerate(write_segments(tmp_path, tmp_path / "clip.mp4", 50)):
        copy = tmp_path / f"copy-{number}.mp4"
        found = to_h264(path, copy, {"title": "a copy", "comment": "of it / 副本"})
        assert frames_of(copy) == frames_of(path)
        assert end_of(copy) == end_of(path)
        assert keys_of(copy)[0] == 0
        assert found.frames == 50
        with av.open(str(copy)) as container:
            video = container.streams.video[0]
            assert video.codec_context.name == "h264"
            assert (video.width, video.height) == (320, 180)
            assert container.metadata["comment"] == "of it / 副本"


def test_pictures_that_came_in_another_order_keep_their_times_too(tmp_path: Path) -> None:
    path = large(tmp_path, (640, 360), "keyint=25:bframes=4:b-adapt=0")
    with av.open(str(path)) as container:
        sent = [each.pts for each in container.demux(video=0) if each.pts is not None]
    assert sent != sorted(sent)
    to_h264(path, tmp_path / "copy.mp4", {})
    assert frames_of(tmp_path / "copy.mp4") == frames_of(path)
    assert end_of(tmp_path / "copy.mp4") == end_of(path)


@pytest.mark.parametrize(
    ("size", "copied"), [((1920, 1080), (1280, 720)), ((1080, 1920), (404, 720))]
)
def test_a_copy_is_no_larger_than_720p_and_of_the_same_shape(
    tmp_path: Path, size: tuple[int, int], copied: tuple[int, int]
) -> None:
    path = large(tmp_path, size, "keyint=25", "yuv420p10le", shown=5)
    to_h264(path, tmp_path / "copy.mp4", {})
    with av.open(str(tmp_path / "copy.mp4")) as container:
        video = container.streams.video[0]
        assert (video.width, video.height) == copied
        assert video.pix_fmt == "yuv420p"


HOSTILE = [b"", b"no footage" * 300, b"\x00\x00\x00\x18ftypisom" + b"\xff" * 3000]


@pytest.mark.parametrize("content", HOSTILE)
def test_what_is_no_footage_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.mp4"
    path.write_bytes(content)
    with pytest.raises(UnreadableError, match=r"bad\.mp4"):
        to_h264(path, tmp_path / "copy.mp4", {})
    with pytest.raises(UnreadableError, match=r"gone\.mp4"):
        to_h264(tmp_path / "gone.mp4", tmp_path / "copy.mp4", {})


def test_a_master_that_names_other_files_shows_none_of_them(tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", 1)
    (other,) = write_segments(tmp_path, tmp_path / "clip.mp4", RATE)
    playlist = tmp_path / "playlist.mp4"
    playlist.write_text(f"ffconcat version 1.0\nfile {other.name}\n")
    with pytest.raises(UnreadableError, match=r"playlist\.mp4"):
        to_h264(playlist, tmp_path / "copy.mp4", {})


def test_more_pictures_or_larger_ones_than_cameras_send_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_clip(tmp_path / "clip.mp4", 1)
    (path,) = write_segments(tmp_path, tmp_path / "clip.mp4", RATE)
    with monkeypatch.context() as few:
        few.setattr(convert, "FRAMES_MAX", RATE - 1)
        with pytest.raises(UnreadableError, match="more than 24 pictures"):
            to_h264(path, tmp_path / "copy.mp4", {})
    with monkeypatch.context() as small:
        small.setattr(convert, "SOURCE_PIXELS_MAX", 320 * 180 - 1)
        with pytest.raises(UnreadableError, match="no size that cameras have"):
            to_h264(path, tmp_path / "copy.mp4", {})
    monkeypatch.setattr(convert, "FRAMES_MAX", RATE)
    monkeypatch.setattr(convert, "SOURCE_PIXELS_MAX", 320 * 180)
    assert to_h264(path, tmp_path / "copy.mp4", {}).frames == RATE


def test_what_holds_no_picture_that_can_be_shown_is_told_as_that(tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", 2, codec="libx265")
    # It begins between two key frames and ends before the next.
    paths = write_segments(tmp_path, tmp_path / "clip.mp4", 5)
    with pytest.raises((NoPictureError, UnreadableError)):
        to_h264(paths[1], tmp_path / "copy.mp4", {})


@pytest.mark.parametrize("short", [1, 7, 100, 4000, 8000])
def test_a_disk_that_takes_no_more_is_told_wherever_it_stops(tmp_path: Path, short: int) -> None:
    write_clip(tmp_path / "clip.mp4", 4)
    (path,) = write_segments(tmp_path, tmp_path / "clip.mp4", 4 * RATE)
    copy = tmp_path / "copy.mp4"
    made = to_h264(path, copy, {})
    check_written(copy, made.frames)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (copy.stat().st_size - short, before[1]))
    try:
        with pytest.raises(OSError, match=r"No space|too large"):
            check_written(copy, to_h264(path, copy, {}).frames)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
