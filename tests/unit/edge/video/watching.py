"""Lets a watch see a film, and says what it told."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from devices.pictures import Grey
from edge.video.watch import CameraWatch, Fault
from edge.video.watch_features import features_of

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
BOOT, OTHER_BOOT = "ab" * 16, "cd" * 16


class Told(NamedTuple):
    kind: Fault
    is_over: bool
    at_s: float
    began_s: float
    """Only of what was told in this boot."""


def moment(at_s: float) -> datetime:
    return START + timedelta(seconds=at_s)


def seconds(at: datetime | None) -> float:
    assert at is not None
    return (at - START).total_seconds()


def told_of(film: Iterable[tuple[float, Grey]], watch: CameraWatch | None = None) -> list[Told]:
    """What a watch tells of a film's key frames, each with its second."""
    watch = watch or CameraWatch()
    return [
        Told(finding.kind, finding.is_over, seconds(finding.told_at), seconds(finding.began_at))
        for at_s, picture in film
        for finding in watch.step(features_of(picture), moment(at_s))
    ]
