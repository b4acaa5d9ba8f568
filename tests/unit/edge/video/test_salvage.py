"""What a crash leaves of a segment, whatever it leaves. Source: design section 8."""

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.cameras import Camera, CameraEndedError
from edge.video.boxes import read_whole
from edge.video.salvage import salvage
from edge.video.segment_file import SegmentFile
from tests.video_parts import frames_of, write_clip
from wire.events import Codec

SECONDS = 6


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A segment that was closed: six seconds with a key frame each."""
    folder = tmp_path_factory.mktemp("clip")
    write_clip(folder / "clip.mp4", SECONDS)
    camera = Camera(str(folder / "clip.mp4"))
    file = SegmentFile(folder / "segment", camera.video)
    with pytest.raises(CameraEndedError, match="the stream ended"):
        for packet in camera.packets():
            file.write(packet)
    file.close()
    camera.close()
    return (folder / "segment").read_bytes()


def test_a_whole_segment_is_kept_whole(whole: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(whole)
    found = salvage(tmp_path / "a")
    assert found is not None
    assert (found.length_s, found.frames, found.codec) == (SECONDS, SECONDS * 25, Codec.H264)
    assert len(frames_of(tmp_path / "a")) == SECONDS * 25


@settings(max_examples=25, deadline=None)
@given(share=st.floats(0, 1))
def test_wherever_a_file_is_torn_its_whole_fragments_are_shown(
    whole: bytes, tmp_path_factory: pytest.TempPathFactory, share: float
) -> None:
    path = tmp_path_factory.mktemp("torn") / "a"
    path.write_bytes(whole[: int(len(whole) * share)])
    found = salvage(path)
    if found is None:
        assert share < 0.5
    else:
        assert len(frames_of(path)) == found.frames
        assert whole.startswith(path.read_bytes())


def test_a_second_is_lost_at_most(whole: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(whole[:-1000])
    found = salvage(tmp_path / "a")
    assert found is not None
    assert found.length_s >= SECONDS - 2


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0\0",
        b"\0\0\0\0moof" + bytes(99),
        b"\xff\xff\xff\xffmoof\0\0\0\x08mdat",
        b"\0\0\0\x01moof\0\0\0\0\0\0\0\x07\0\0\0\x08mdat",
        b"\0\0\0\x08mdat\0\0\0\x08mdat",
        bytes(range(256)) * 10,
    ],
)
def test_what_is_no_fragment_is_not_kept(data: bytes, tmp_path: Path) -> None:
    assert read_whole(io.BytesIO(data)).end == 0
    (tmp_path / "a").write_bytes(data)
    assert salvage(tmp_path / "a") is None


def test_boxes_that_hold_no_video_are_not_kept(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\0\0\0\x08moof\0\0\0\x08mdat")
    assert salvage(tmp_path / "a") is None
