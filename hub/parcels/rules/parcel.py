"""A parcel: what was declared of it, and what its scans tell. Pure."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from hub.parcels.rules.traces import OVER, ParcelState, Sighting, Standing
from wire.policy import GoodsClass

Size = tuple[Decimal, Decimal, Decimal]
"""Three edges in m, in any order."""


class ReplaceReason(StrEnum):
    """Why a parcel goes on under a new waybill (HV-2.9)."""

    FORWARD = "forward"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class Link:
    """A parcel goes on under a new waybill (HV-2.9): from ``first`` on, the new one's first sign.

    Null: the new one was never recorded, so the parcel still goes under its old number.
    """

    old: str
    new: str
    reason: ReplaceReason
    first: Sighting | None


@dataclass(frozen=True, slots=True)
class Declaration:
    """What was said of a parcel at acceptance; ``people`` is encrypted.

    ``reason`` is why a value above the threshold travels outside the HV series (HV-2.2.2.2).
    ``weight_kg`` to a gram and ``size_m`` to a millimetre are those of the piece (HV-1.2.1).
    ``goods_class`` is what HV-X8 asks of the vehicle for; null: nobody said.
    ``replaces`` is the waybill that the parcel had until now, null: it is its first (HV-2.9).
    ``signed_return``: the added service that brings the signed paper back (HV-1.2.8).
    """

    declared_value_cny: Decimal | None
    origin: str | None
    destination: str | None
    route: tuple[str, ...] | None
    accepted_at: datetime | None
    people: bytes | None
    reason: str | None = None
    weight_kg: Decimal | None = None
    size_m: Size | None = None
    pieces: int | None = None
    goods_class: GoodsClass | None = None
    replaces: str | None = None
    replaces_reason: ReplaceReason | None = None
    signed_return: bool = False


@dataclass(frozen=True, slots=True)
class Parcel:
    """One waybill: declared, recorded, or both.

    ``lost_at`` is when it was counted as lost, ``silent_since`` its newest sign by then.
    ``replaces`` tells of the waybill that it had before, ``replaced_by`` of the one after it.
    """

    waybill: str
    declaration: Declaration | None = None
    declared_by: str | None = None
    declared_at: datetime | None = None
    lost_at: datetime | None = None
    silent_since: datetime | None = None
    seen: Standing | None = None
    replaces: Link | None = None
    replaced_by: Link | None = None

    @property
    def state(self) -> ParcelState:
        """Where the parcel stands by its own traces; see ``track`` for what its bag adds."""
        goes_on = self.replaced_by is not None and self.replaced_by.first is not None
        if goes_on and (self.seen is None or not self.seen.is_over):
            return ParcelState.REPLACED
        if self.seen is None:
            return ParcelState.DECLARED if self.lost_at is None else ParcelState.LOST
        if self.lost_at is None or self.seen.state in OVER:
            return self.seen.state
        # A sign from before the silence shows nothing new, however late it comes.
        is_new = self.silent_since is None or self.seen.last.at > self.silent_since
        return ParcelState.FOUND if is_new else ParcelState.LOST
