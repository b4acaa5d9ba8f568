"""What the site screens show, as values. Times are aware UTC; ``None`` is a gap."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hub.ingest.service import SpoolView


class Link(StrEnum):
    """Whether a station is heard."""

    ONLINE = "online"
    SILENT = "silent"
    NEVER = "never"
    REVOKED = "revoked"
    """Its key counts no more: nothing of it is taken."""


@dataclass(frozen=True, slots=True)
class Scanner:
    """One scanner as its station last saw it; a silent station's says nothing of now."""

    id: str
    protocol: str
    source: str | None
    is_connected: bool


@dataclass(frozen=True, slots=True)
class DepthPoint:
    """How many events a station had to send at a moment."""

    at: datetime
    depth: int


@dataclass(frozen=True, slots=True)
class Station:
    """One edge as the hub last heard of it.

    ``depths`` are the last values that this hub has heard, oldest first. ``offset_ms`` None: the
    station's clock was never compared. ``pack_version`` 0: it holds none.
    """

    site: str
    edge: str
    link: Link
    heard_at: datetime | None
    enrolled_at: datetime
    program: str | None
    depth: int | None
    oldest_at: datetime | None
    depths: tuple[DepthPoint, ...]
    offset_ms: int | None
    error_ms: int | None
    last_scan_at: datetime | None
    list_version: int | None
    pack_version: int
    scanners: tuple[Scanner, ...]

    @property
    def name(self) -> str:
        """Its site and its own name."""
        return f"{self.site}/{self.edge}"

    @property
    def has_trouble(self) -> bool:
        """Say whether somebody should look at it."""
        is_broken = any(not scanner.is_connected for scanner in self.scanners)
        return self.link is not Link.ONLINE or is_broken or self.offset_ms is None


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site and its stations; ``name`` and ``kind`` None: the network file does not name it."""

    code: str
    name: str | None
    kind: str | None
    stations: tuple[Station, ...]
    pack_version: int
    """The newest pack that the hub has for it; 0: none."""

    @property
    def has_trouble(self) -> bool:
        """Say whether any of its stations needs a look."""
        return any(station.has_trouble for station in self.stations)


@dataclass(frozen=True, slots=True)
class SiteList:
    """Sites with stations, those with trouble first, and the codes of those without any."""

    rows: tuple[SiteRow, ...]
    bare: tuple[str, ...]
    list_version: int


class Told(StrEnum):
    """What a line of a station's story tells."""

    PROGRAM_STARTED = "program_started"
    ENROLLED = "enrolled"
    CLOCK_STEP = "clock_step"
    DEVICE_LOST = "device_lost"
    DEVICE_BACK = "device_back"
    SCANNER_REPROGRAMMED = "scanner_reprogrammed"
    SPOOL_START = "spool_start"
    SPOOL_END = "spool_end"
    ROTATED = "rotated"
    REVOKED = "revoked"
    REPLACEMENT_ALLOWED = "replacement_allowed"
    REPLACED = "replaced"
    SPOOL_CLOSED = "spool_closed"
    ALERT = "alert"


@dataclass(frozen=True, slots=True)
class StoryLine:
    """One thing that happened to a station or one of its devices.

    ``until`` ends it: a device that came back, an alert that closed. ``text_zh`` and ``text_en``
    are an alert's own sentences, ``kind`` its kind.
    """

    at: datetime
    told: Told
    device: str | None
    until: datetime | None = None
    detail: str | None = None
    kind: str | None = None
    text_zh: str = ""
    text_en: str = ""


@dataclass(frozen=True, slots=True)
class StationSight:
    """One station with its story, newest first."""

    site_name: str | None
    station: Station
    list_version: int
    pack_version: int
    story: tuple[StoryLine, ...]
    spools: tuple[SpoolView, ...] = ()
    """The newest first; more than one only after a long time without the hub, or a new disk."""
