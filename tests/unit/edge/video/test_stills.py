"""Pictures beside events, bounded in size and number."""

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.video import stills
from edge.video.stills import STILLS_MAX, WIDTH_PX_MAX, StillError, Stills

PICTURE = np.tile(np.arange(0, 240, 2, np.uint8), (90, 1))


def test_a_still_is_named_by_its_hash_and_shows_what_was_seen(tmp_path: Path) -> None:
    name = Stills(tmp_path / "a").keep(PICTURE)
    data = (tmp_path / "a" / f"{name}.jpg").read_bytes()
    assert hashlib.sha256(data).hexdigest() == name
    shown = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert shown is not None
    assert np.abs(shown.astype(int) - PICTURE).max() < 12


@pytest.mark.parametrize(("width", "kept"), [(WIDTH_PX_MAX, WIDTH_PX_MAX), (1920, WIDTH_PX_MAX)])
def test_a_still_is_no_wider_than_its_bound(tmp_path: Path, width: int, kept: int) -> None:
    name = Stills(tmp_path).keep(np.zeros((width * 9 // 16, width), np.uint8))
    shown = cv2.imread(str(tmp_path / f"{name}.jpg"), cv2.IMREAD_GRAYSCALE)
    assert shown is not None
    assert shown.shape == (kept * 9 // 16, kept)


def test_beyond_the_bound_the_oldest_still_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert STILLS_MAX == 5_000
    monkeypatch.setattr(stills, "STILLS_MAX", 3)
    keeper = Stills(tmp_path)
    names = [keeper.keep(np.full((9, 16), level, np.uint8)) for level in (10, 60, 110, 160, 210)]
    assert {path.stem for path in tmp_path.iterdir()} == set(names[2:])


def test_what_the_disk_refuses_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a file, no folder")
    with pytest.raises(StillError, match="no picture kept"):
        Stills(tmp_path / "a").keep(PICTURE)
