"""What people did beyond scanning, on its way to a line.

Pure. Source: design section 3 ("act"), section 6.
"""

from dataclasses import dataclass
from enum import StrEnum

from wire.events import ActKind


class ActHint(StrEnum):
    """Why a label changed nothing, or less than whoever scanned it may think."""

    NO_HANDOVER = "no_handover"
    """A seal or a refusal belongs into a handover."""
    NO_PARCEL = "no_parcel"
    """No parcel was scanned that the seal or the refusal could mean."""
    SAME_PERSON = "same_person"
    """Nobody hands over to oneself."""
    HANDOVER_FULL = "handover_full"
    """The receiver's badge is due before the next parcel."""
    NO_RECEIVER = "no_receiver"
    """The handover ended with one side only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActDraft:
    """An act before it has its stamp and its place; ``scans`` are this spool's sequence numbers.

    The fields are those of ``wire.events.Act``.
    """

    act: ActKind
    by: str | None
    scans: tuple[int, ...] = ()
    waybill: str | None = None
    giver: str | None = None
    receiver: str | None = None
    seal: str | None = None
    reason: str | None = None
    incident: int | None = None
    found: bool | None = None
    checks: tuple[str, ...] = ()
