"""The camera watch on real recordings: no false alarm, and faults put into them are found.

Debian's package opencv-doc ships two films of fixed cameras: a yard with people walking, 79 s, and
a hand that turns a parcel on a table, 15 s. Each of their pictures is used once, as a key frame of
a second: the films are gone through several times, each time from another picture on, because a
picture that came twice would rightly be called frozen.
"""

import gzip
import io
from collections.abc import Callable
from functools import cache
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from devices.pictures import Grey
from edge.video.watch import Fault
from tests.unit.edge.video.watching import told_of

SHIPPED = Path("/usr/share/doc/opencv-doc")
FILMS = {"yard": "examples/data/vtest.avi", "parcel": "opencv4/html/box.mp4.gz"}
PICTURES_MAX = 300
"""Five minutes of key frames."""
BEGINS, ENDS, LAST = 30, 54, 66


@cache
def key_frames(name: str) -> tuple[Grey, ...]:
    path = SHIPPED / FILMS[name]
    if not path.exists():
        pytest.skip(f"no real recording {path.name}: apt-get install opencv-doc")
    content = path.read_bytes()
    content = gzip.decompress(content) if path.suffix == ".gz" else content
    with av.open(io.BytesIO(content)) as film:
        stream = film.streams.video[0]
        apart = round(stream.average_rate)
        pictures = [frame.to_ndarray(format="gray") for frame in film.decode(stream)]
    in_turn = (picture for first in range(apart) for picture in pictures[first::apart])
    return tuple(islice(in_turn, PICTURES_MAX))


def turned(picture: Grey, shift: float, degrees: float) -> Grey:
    height, width = picture.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    matrix[:, 2] += shift * width
    return cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)


def cloth(picture: Grey) -> Grey:
    dice = np.random.default_rng(int(picture.sum()))
    return dice.normal(40, 1.5, picture.shape).astype(np.uint8)


def blurred(picture: Grey) -> Grey:
    return cv2.GaussianBlur(picture, (0, 0), picture.shape[1] / 120)


FAULTY: dict[str, tuple[Fault, int, Callable[[Grey], Grey]]] = {
    "black": (Fault.BLACK, 5, lambda picture: np.full_like(picture, 16)),
    "covered": (Fault.COVERED, 30, cloth),
    "shifted": (Fault.MOVED, 30, lambda picture: turned(picture, 0.05, 0)),
    "turned": (Fault.MOVED, 30, lambda picture: turned(picture, 0.0, 6)),
    "soft": (Fault.DEFOCUSED, 30, blurred),
}


@pytest.mark.parametrize("name", FILMS)
def test_a_real_recording_tells_nothing(name: str) -> None:
    film = key_frames(name)
    assert len(film) == PICTURES_MAX
    assert told_of(enumerate(film)) == []


@pytest.mark.parametrize("fault", FAULTY)
@pytest.mark.parametrize("name", FILMS)
def test_a_fault_put_into_a_real_recording_is_found(name: str, fault: str) -> None:
    kind, bound_s, spoil = FAULTY[fault]
    film = key_frames(name)[:LAST]
    spoilt = [
        spoil(picture) if BEGINS <= at_s < ENDS else picture for at_s, picture in enumerate(film)
    ]
    told = told_of(enumerate(spoilt))
    assert [(finding.kind, finding.is_over) for finding in told] == [(kind, False), (kind, True)]
    assert told[0].at_s <= BEGINS + bound_s


@pytest.mark.parametrize("name", FILMS)
def test_a_real_recording_that_freezes_is_found(name: str) -> None:
    film = list(key_frames(name)[:LAST])
    film[BEGINS:ENDS] = [film[BEGINS]] * (ENDS - BEGINS)
    told = told_of(enumerate(film))
    assert [(finding.kind, finding.is_over) for finding in told] == [
        (Fault.FROZEN, False),
        (Fault.FROZEN, True),
    ]
    assert told[0].at_s <= BEGINS + 15
