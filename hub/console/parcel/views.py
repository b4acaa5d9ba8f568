"""What the parcel page shows, as values. Times are aware UTC; ``None`` is a gap."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from hub.access.service import Look
from hub.alerts.service import HistoryEntry
from hub.console.cameras.player import Watched
from hub.console.views import Card, ScanLine, Seen
from hub.custody.service import Container, FoundBreach, GapKind, Record, Standing
from hub.incidents.service import Deadline, HistoryLine, Incident
from hub.parcels.service import (
    Aboard,
    Attempt,
    Declaration,
    Link,
    Manifest,
    SaidOnce,
    SignedCopy,
    Track,
)
from hub.video.service import Certificate, FootageLook, Issue, TakenClip

Line = tuple[str, str, str, int]
"""Where a record stands: site, edge, spool and its number there."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of a site: ``name`` as this caller may read it, None where nobody knows it."""

    site: str
    by: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the ruler, each end from 0 to 1."""

    start: float
    end: float


class Shape(StrEnum):
    """What a block on a lane is."""

    HELD = "held"
    NOBODY = "nobody"
    """Nobody answers: hatched."""
    DOUBT = "doubt"
    """Somebody is asked who cannot be sure; it lies over the holder's own block."""


@dataclass(frozen=True, slots=True)
class Block:
    """A span or a gap on its lane; ``site`` None: under way, ``until`` None: it lasts.

    ``length`` is that of now where it lasts, to the minute.
    """

    key: str
    shape: Shape
    stretch: Stretch
    site: str | None
    holder: Person | None
    standing: Standing
    gap: GapKind | None
    since: datetime
    until: datetime | None
    length: timedelta
    place: str | None
    containers: tuple[Container, ...]
    opened_by: str
    closed_by: str | None
    evidence: tuple[Record, ...]


class Half(StrEnum):
    """One side of a handover."""

    DONE = "done"
    OPEN = "open"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Joint:
    """Custody passing between two people, or failing to."""

    key: str
    place: float
    site: str | None
    at: datetime
    giver: Person | None
    receiver: Person | None
    given: Half
    taken: Half
    evidence: tuple[Record, ...]


class TickKind(StrEnum):
    """What happened at an instant."""

    SCAN = "scan"
    ALERT = "alert"
    SIGHTING = "sighting"
    """A camera read its label."""


@dataclass(frozen=True, slots=True)
class Tick:
    """An instant on a lane; ``what`` is a scan's result, an alert's kind, or a camera."""

    kind: TickKind
    place: float
    what: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Lane:
    """What a site has had of the parcel; ``site`` None: under way."""

    site: str | None
    name: str | None
    blocks: tuple[Block, ...]
    joints: tuple[Joint, ...]
    ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment written on a ruler."""

    place: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Learned:
    """When the hub got to know more; ``late``: something was believed otherwise until then."""

    place: float
    at: datetime
    late: bool


@dataclass(frozen=True, slots=True)
class Film:
    """Footage around events of one place; ``at`` the first one, ``position`` on the ruler.

    ``cameras``: those that see the place, as many as are played beside each other. ``earlier``:
    what its certificates said before, by their ids, the oldest first.
    """

    key: str
    site: str
    place: str | None
    at: datetime
    since: datetime
    until: datetime
    certificates: tuple[Certificate, ...]
    cameras: tuple[Watched, ...]
    earlier: Mapping[int, tuple[Issue, ...]] = field(default_factory=dict)
    position: float = 0.0


@dataclass(frozen=True, slots=True)
class Replay:
    """A parcel's custody across its life; ``complete`` False: its oldest scans were left out.

    ``films`` None: footage is not this caller's business.
    """

    lanes: tuple[Lane, ...]
    marks: tuple[Mark, ...]
    learned: tuple[Learned, ...]
    is_over: bool
    complete: bool
    films: tuple[Film, ...] | None = None

    def film(self, key: str) -> Film | None:
        """The film with this key."""
        return next((film for film in self.films or () if film.key == key), None)

    def block(self, key: str) -> Block | None:
        """The block with this key."""
        found = (block for lane in self.lanes for block in lane.blocks if block.key == key)
        return next(found, None)

    def joint(self, key: str) -> Joint | None:
        """The joint with this key."""
        found = (joint for lane in self.lanes for joint in lane.joints if joint.key == key)
        return next(found, None)


# ---------------------------------------------------------------- the whole page


@dataclass(frozen=True, slots=True)
class Searched:
    """A search for the parcel with all that was done in it."""

    incident: Incident
    due: Deadline | None
    history: tuple[HistoryLine, ...]


@dataclass(frozen=True, slots=True)
class ParcelSight:
    """One parcel: declared, scanned, or neither.

    ``scans`` are the newest, oldest first; ``said`` are its declarations, newest first, and
    ``declared`` the one that counts. ``as_of``: as it was believed then, without what only
    the present tells (``track``, ``first``, ``last``, ``containers``, ``manifest``, ``replaces``,
    ``replaced_by``, ``attempts``, ``copies``); None: now.
    ``loads`` are those into vehicles and flights (HV-X8).
    ``answers`` are what people gave as reasons when they answered a card's alert, by its id.
    ``cards`` and ``looks`` None: this caller is not told of alerts, nor who looked.
    ``film_looks``, ``film_clips``: who looked at footage for it, and took some of it away, where
    ``looks`` are told.
    ``recipient``: masked (CS-P1).
    """

    waybill: str
    as_of: datetime | None = None
    is_high_value: bool = False
    declared: Declaration | None = None
    said: tuple[SaidOnce, ...] = ()
    track: Track | None = None
    first: Seen | None = None
    last: Seen | None = None
    count: int = 0
    scans: tuple[ScanLine, ...] = ()
    cards: tuple[Card, ...] | None = ()
    answers: Mapping[int, tuple[HistoryEntry, ...]] = field(default_factory=dict)
    replay: Replay | None = None
    breaches: tuple[FoundBreach, ...] = ()
    loads: tuple[Record, ...] = ()
    containers: tuple[Aboard, ...] = ()
    manifest: Manifest | None = None
    attempts: tuple[Attempt, ...] = ()
    copies: tuple[SignedCopy, ...] = ()
    searches: tuple[Searched, ...] = ()
    looks: tuple[Look, ...] | None = None
    film_looks: tuple[FootageLook, ...] = ()
    film_clips: tuple[TakenClip, ...] = ()
    recipient: Mapping[str, str] | str | None = None
    replaces: Link | None = None
    replaced_by: Link | None = None

    @property
    def hidden(self) -> int:
        """How many older scans are not among ``scans``."""
        return max(0, self.count - len(self.scans))

    @property
    def is_unknown(self) -> bool:
        """Whether nothing at all is recorded."""
        return not self.said and not self.scans and not self.cards and self.replay is None
