"""What the camera screens show, as values. Times are aware UTC; ``None`` is a gap."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from hub.video.service import CameraView, FootageHold, FootageLook, FoundPicture, TakenClip


@dataclass(frozen=True, slots=True)
class CameraCard:
    """A camera with what it shows; ``picture`` None: none has come.

    ``is_silent``: its edge has told nothing of it for a while, so what was well may not be.
    """

    view: CameraView
    site_name: str | None
    picture: FoundPicture | None
    is_silent: bool

    @property
    def name(self) -> str:
        """As the carrier calls it, else as its station does."""
        return self.view.name or f"{self.view.site} / {self.view.camera}"

    @property
    def has_trouble(self) -> bool:
        """Whether somebody should look after it."""
        is_wrong = bool(self.view.troubles) or self.view.is_own_clock_wrong
        return is_wrong or self.view.edge is None or self.is_silent


class BarKind(StrEnum):
    """What a stretch of a day's ruler is."""

    FOOTAGE = "footage"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of a day; ``start`` and ``end`` from 0 to 1, ``reason`` of a gap."""

    kind: BarKind
    start: float
    end: float
    since: datetime
    until: datetime
    reason: str | None = None

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.until - self.since


@dataclass(frozen=True, slots=True)
class Scanned:
    """A parcel's event at the camera's site; ``place`` from 0 to 1, ``what`` its step or act.

    ``is_seen``: the camera sees where it was.
    """

    waybill: str
    what: str
    at: datetime
    place: float
    is_seen: bool


@dataclass(frozen=True, slots=True)
class CameraDay:
    """One camera's day from ``since`` to ``until``."""

    card: CameraCard
    since: datetime
    until: datetime
    bars: tuple[Bar, ...]
    scans: tuple[Scanned, ...]
    holds: tuple[FootageHold, ...]
    looks: tuple[FootageLook, ...]
    clips: tuple[TakenClip, ...]

    def total(self, kind: BarKind) -> timedelta:
        """How much of the day is that."""
        return sum((bar.length for bar in self.bars if bar.kind is kind), timedelta())
