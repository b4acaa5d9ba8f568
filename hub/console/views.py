"""What the console's pages show, as values. They come from the rooms and go to the screen.

Times are aware UTC. ``None`` is a gap and is shown as one.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Level(StrEnum):
    """What a card asks of people; the values are those of ``hub.alerts``."""

    PASSAGE = "passage"
    WARN = "warn"
    ACT = "act"


class State(StrEnum):
    """Whether a card waits for a person; the values are those of ``hub.alerts``."""

    OPEN = "open"
    ACKED = "acked"
    CLOSED = "closed"


class Decision(StrEnum):
    """What a person can answer; the values are those of ``hub.alerts``."""

    ACK = "ack"
    ACCEPT = "accept"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Moment:
    """The scan that a card is about: where, who, on which device, against which list.

    ``by`` is a pseudonym, ``person`` the name behind it where the network file has one.
    """

    site: str
    edge: str
    place: str | None
    step: str | None
    by: str | None
    person: str | None
    device: str | None
    source: str | None
    list_version: int


@dataclass(frozen=True, slots=True)
class Still:
    """What ``camera``, which sees the place, showed near the moment of an alert.

    ``is_simulated``: it is no real camera (P6).
    """

    sha256: str
    site: str
    camera: str
    at: datetime
    is_simulated: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One alert on the wall. ``raised_at`` is hub time, ``last_at`` event time.

    ``still`` belongs to wanted and stopped parcels.
    """

    id: int
    kind: str
    level: Level
    state: State
    subject: str
    waybill: str | None
    site: str | None
    site_name: str | None
    raised_at: datetime
    last_at: datetime
    late: bool
    count: int
    text_zh: str
    text_en: str
    value_cny: Decimal | None
    is_high_value: bool
    moment: Moment | None
    still: Still | None = None


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """What was done to an alert, by whom, and why."""

    at: datetime
    act: str
    who: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Holding:
    """Who is the last that is known to have held a parcel, and how well that is proven."""

    by: str | None
    person: str | None
    site: str | None
    place: str | None
    since: datetime
    standing: str


@dataclass(frozen=True, slots=True)
class Seen:
    """Where and when a parcel was scanned, event time."""

    site: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Brief:
    """What stands beside the chosen card: what was done, who holds it, where it should go next.

    ``incident_id``: the search that is about it. ``still``: the nearest picture that is here now;
    ``has_cameras``: its site has any that could have taken one.
    """

    history: tuple[HistoryLine, ...]
    holding: Holding | None
    seen: Seen | None
    next_site: str | None
    next_name: str | None
    incident_id: int | None
    still: Still | None
    has_cameras: bool


class Ingest(StrEnum):
    """Whether new events can reach the wall at all."""

    LISTENING = "listening"
    DEAF = "deaf"
    """It runs, but the broker does not answer."""
    DOWN = "down"
    FULL = "full"
    """The disk of the records takes nothing more."""


@dataclass(frozen=True, slots=True)
class EdgeSight:
    """One edge as the hub last heard of it; ``heard_at`` None: enrolled, never heard."""

    site: str
    edge: str
    heard_at: datetime | None
    is_online: bool
    depth: int


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a quiet wall is a quiet floor."""

    now: datetime
    ingest: Ingest
    last_event_at: datetime | None
    edges: tuple[EdgeSight, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """Cards that are new or changed since a news id; closed ones are among them."""

    news_id: int
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class ScanTimes:
    """Microseconds of one scan; None: its feedback line is not here (yet)."""

    decode_us: int
    verdict_us: int
    commit_us: int | None
    feedback_us: int | None


@dataclass(frozen=True, slots=True)
class ScanLine:
    """One scan of a parcel as it was recorded; ``at`` is the time that counts.

    ``doubted``: the edge's own time was not to be believed, so ``at`` is when it was received.
    """

    site: str
    edge: str
    spool: str
    seq: int
    at: datetime
    received_at: datetime
    late: bool
    doubted: bool
    place: str | None
    step: str | None
    by: str | None
    container: str | None
    device: str | None
    source: str | None
    result: str
    signal: str | None
    repeats: int
    maybe_repeat_of: int | None
    list_version: int
    list_age_s: int | None
    symbology: str | None
    aim: str | None
    code_hex: str | None
    clock_error_ms: int | None
    times: ScanTimes

    @property
    def key(self) -> str:
        """Its place in its edge's chain, which no other scan has."""
        return f"{self.site}/{self.edge}/{self.spool}/{self.seq}"
