"""What the threads of a camera tell the keeper, in the words of the pictures' clock. Pure.

Source: design section 8.
"""

from dataclasses import dataclass
from pathlib import Path

from edge.video.cutting import Gap, Span
from edge.video.segment_file import FileFacts
from edge.video.shown_clock import Offset
from wire.events import CameraFact, Codec


@dataclass(frozen=True, slots=True)
class SegmentEnded:
    """Camera ``camera`` has closed its file ``part``, and the file is on the disk."""

    camera: str
    part: Path
    codec: Codec
    span: Span
    facts: FileFacts


@dataclass(frozen=True, slots=True)
class GapNoted:
    """There is no footage of this time."""

    camera: str
    gap: Gap


@dataclass(frozen=True, slots=True)
class FactNoted:
    """Something about the camera at ``at_s`` of the pictures' clock, maybe begun at ``since_s``.

    ``waybill`` belongs to a sighting, ``offset`` to a measured clock, the camera's own or not.
    """

    camera: str
    fact: CameraFact
    at_s: float
    reason: str | None = None
    since_s: float | None = None
    is_over: bool = False
    picture: str | None = None
    waybill: str | None = None
    offset: Offset | None = None


@dataclass(frozen=True, slots=True)
class Learned:
    """What the camera's eye has learned, for the next start."""

    camera: str
    kept: bytes


@dataclass(frozen=True, slots=True)
class Opened:
    """The camera was opened; ``source`` is what the operating system says of its other end."""

    camera: str
    source: str


Noted = SegmentEnded | GapNoted | FactNoted | Learned | Opened
