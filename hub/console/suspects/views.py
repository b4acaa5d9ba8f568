"""What the suspects' screen shows, as values. Times are aware UTC; ``None`` is a gap."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from hub.incidents.service import Deadline, State
from hub.missing.service import NextLook, ShiftAsk, Siblings, Suspect, Value


class Pace(StrEnum):
    """How a parcel moves."""

    ON_TIME = "on_time"
    LATE = "late"
    """Expected already, and not yet so late that it is suspect."""
    SUSPECT = "suspect"


@dataclass(frozen=True, slots=True)
class Dot:
    """A parcel that should move: from 0, just scanned, to 1, suspect."""

    waybill: str
    pace: Pace
    progress: float
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Column:
    """A site with the parcels that were scanned there last; ``more`` are not drawn."""

    site: str
    name: str | None
    dots: tuple[Dot, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Worth:
    """What acting now is worth, and what of: P(lost) x value x share that can still be saved.

    ``is_estimated``: the probability is an estimate, not what counts where there is none.
    """

    cny: Decimal
    p_lost: float
    is_estimated: bool
    value: Value
    saved: float


@dataclass(frozen=True, slots=True)
class SuspectLine:
    """A suspect with its search: how that stands, and what time does to it next.

    ``worth`` is as of the minute; null where the caller may not see it, or it is not known.
    """

    suspect: Suspect
    state: State
    due: Deadline | None
    worth: Worth | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a parcel is suspect, or what is expected of one that is not; as of ``now``.

    ``now`` is cut to the minute, so that a parcel about which nothing is new is not drawn again.
    """

    waybill: str
    now: datetime
    line: SuspectLine | None
    look: NextLook | None
    company: tuple[Siblings, ...]


@dataclass(frozen=True, slots=True)
class SuspectSight:
    """Suspects; ``is_cut``: there are more.

    Those whom acting now is worth most come first, for people on the floor the most pressing.
    """

    lines: tuple[SuspectLine, ...]
    next_looks: tuple[NextLook, ...]
    columns: tuple[Column, ...]
    asks: tuple[ShiftAsk, ...]
    evidence: Evidence | None
    is_cut: bool
