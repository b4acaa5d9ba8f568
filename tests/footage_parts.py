"""What an edge says of its footage, held against the files that it keeps."""

import hashlib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from edge.spool_reader import SpoolReader
from tests.video_parts import frames_of
from wire.events import Camera, CameraFact, Segment
from wire.lines import parse_line

SEAM_MS_MAX = 150
"""A segment's ends are told by when its pictures arrived; so far two of them may lie apart."""


@dataclass(frozen=True)
class Told:
    """The footage lines of one camera, in the order of the spool."""

    segments: list[Segment]
    facts: list[Camera]

    @property
    def gaps(self) -> list[Camera]:
        return [each for each in self.facts if each.fact is CameraFact.GAP]

    def count(self, fact: CameraFact) -> int:
        return sum(each.fact is fact for each in self.facts)


def told_of(data_dir: Path, camera: str) -> Told:
    """Read an edge's spool, whose program must not run."""
    reader = SpoolReader(data_dir / "spool.sqlite")
    try:
        events = [
            parse_line(line) for page in reader.pages(None, 10_000, 10_000_000) for line in page
        ]
    finally:
        reader.close()
    mine = [each for each in events if each.device == camera]
    return Told(
        [each for each in mine if isinstance(each, Segment)],
        [each for each in mine if isinstance(each, Camera)],
    )


def check_files(told: Told, folder: Path) -> None:
    """Every file is told once, with its own hash, size and pictures, and none is left over."""
    files = [path for path in folder.iterdir() if path.is_file()]
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
    assert sorted(hashes) == sorted(each.sha256 for each in told.segments)
    by_hash = dict(zip(hashes, files, strict=True))
    for each in told.segments:
        path = by_hash[each.sha256]
        assert path.stat().st_size == each.bytes
        assert len(frames_of(path)) == each.frames


def check_covered(told: Told) -> int:
    """Every moment is in a segment or a gap, and in one only; how many ms that is in all."""
    assert seams_ms(told) == [], parts(told)
    ends = [each.mono_ms for each in parts(told)]
    begins = [each.mono_ms - (each.length_ms or 0) for each in parts(told)]
    return max(ends) - min(begins)


def seams_ms(told: Told) -> list[int]:
    """Time between two neighbours beyond ``SEAM_MS_MAX``; less than zero where they overlap."""
    spans = sorted((each.mono_ms - (each.length_ms or 0), each.mono_ms) for each in parts(told))
    apart = [begin - end for (_, end), (begin, _) in pairwise(spans)]
    return [each for each in apart if abs(each) > SEAM_MS_MAX]


def parts(told: Told) -> list[Segment | Camera]:
    return [*told.segments, *told.gaps]
