"""A parcel: what was declared of it, and what its scans tell. Pure."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from hub.parcels.rules.traces import OVER, ParcelState, Standing


@dataclass(frozen=True, slots=True)
class Declaration:
    """What was said of a parcel at acceptance; ``people`` is encrypted.

    ``reason`` is why a value above the threshold travels outside the HV series (HV-2.2.2.2).
    """

    declared_value_cny: Decimal | None
    origin: str | None
    destination: str | None
    route: tuple[str, ...] | None
    accepted_at: datetime | None
    people: bytes | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """One waybill: declared, recorded, or both; ``lost_at`` is when a person declared it lost."""

    waybill: str
    declaration: Declaration | None
    declared_by: str | None
    declared_at: datetime | None
    lost_at: datetime | None
    seen: Standing | None

    @property
    def state(self) -> ParcelState:
        """Where the parcel stands by its own traces; see ``track`` for what its bag adds."""
        if self.seen is None:
            return ParcelState.DECLARED if self.lost_at is None else ParcelState.LOST
        if self.lost_at is None or self.seen.state in OVER:
            return self.seen.state
        return ParcelState.FOUND if self.seen.last.at > self.lost_at else ParcelState.LOST
