"""What may be declared of a parcel on which waybill. Pure.

Source: HV-1.2.1, HV-1.2.2, HV-2.2.2.2.

DeclarationRefusedError   the rules do not allow it; the sentence says which and why
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from hub.parcels.rules.parcel import Declaration, Size
from wire.policy import AcceptancePolicy, Policy

_MM = Decimal("0.001")


class Refusal(StrEnum):
    """What a declaration is refused for; a scan of the parcel all the same is a breach of it."""

    SERIES_MISUSED = "series_misused"
    """An HV waybill for an ordinary value."""
    SERIES_MISSING = "series_missing"
    """A high value on an ordinary waybill, without a reason."""
    ABOVE_BAND = "above_band"
    OVERSIZE = "oversize"
    """Too heavy or too large for a piece."""
    SEVERAL_PIECES = "several_pieces"


RULE_OF = {
    Refusal.SERIES_MISUSED: "HV-2.2.2.2",
    Refusal.SERIES_MISSING: "HV-2.2.2.2",
    Refusal.ABOVE_BAND: "HV-1.2.2",
    Refusal.OVERSIZE: "HV-1.2.1",
    Refusal.SEVERAL_PIECES: "HV-1.2.2",
}


@dataclass(frozen=True, slots=True)
class SaidOnce:
    """One declaration of a parcel, by whom and when; ``refusal`` null: it was accepted."""

    declaration: Declaration
    by: str
    at: datetime
    refusal: Refusal | None


class DeclarationRefusedError(Exception):
    """A declaration that the rules do not allow; ``refusal`` says what for."""

    def __init__(self, refusal: Refusal, why: str) -> None:
        super().__init__(f"{why} ({RULE_OF[refusal]})")
        self.refusal = refusal


def is_in_series(waybill: str, policy: Policy) -> bool:
    """Say whether a waybill is of a high-value series (HV-2.11.1)."""
    return any(kind.series_hv and waybill.startswith(kind.series_hv) for kind in policy.waybill)


def is_above_threshold(value_cny: Decimal | None, policy: Policy) -> bool:
    """Say whether a declared value makes a parcel a high-value one (HV-1.2.1)."""
    return value_cny is not None and value_cny > policy.acceptance.hv_above_cny


def is_high_value(waybill: str, value_cny: Decimal | None, policy: Policy) -> bool:
    """Say whether a parcel is high value: by its series, or by its declared value in CNY."""
    return is_in_series(waybill, policy) or is_above_threshold(value_cny, policy)


def is_series_misused(waybill: str, value_cny: Decimal | None, policy: Policy) -> bool:
    """Say whether a waybill of an HV series carries a value that it must not (HV-2.2.2.2)."""
    if value_cny is None or not is_in_series(waybill, policy):
        return False
    return value_cny <= policy.acceptance.hv_above_cny


def is_oversize(weight_kg: Decimal | None, size_m: Size | None, band: AcceptancePolicy) -> bool:
    """Say whether a piece is heavier, or in every orientation larger, than may be (HV-1.2.1)."""
    if weight_kg is not None and weight_kg > band.weight_kg_max:
        return True
    if size_m is None:
        return False
    # The longest edge beside the longest allowed, and so on: no other way round fits better.
    limits = sorted(band.size_mm_max)
    return any(edge > limit * _MM for edge, limit in zip(sorted(size_m), limits, strict=True))


def check_declaration(waybill: str, said: Declaration, policy: Policy) -> None:
    """Refuse what is outside the band, on the wrong waybill, or no high-value piece.

    Raises:
        DeclarationRefusedError: above the band's upper bound; an HV waybill for an ordinary value;
            a high value on an ordinary waybill without a reason; or a high-value parcel that is
            too heavy, too large, or of several pieces.
    """
    _check_value(waybill, said.declared_value_cny, said.reason, policy)
    if is_high_value(waybill, said.declared_value_cny, policy):
        _check_piece(said, policy.acceptance)


def _check_value(
    waybill: str, value_cny: Decimal | None, reason: str | None, policy: Policy
) -> None:
    band = policy.acceptance
    if value_cny is None:
        return
    if value_cny > band.value_cny_max:
        why = f"a declared value above {band.value_cny_max} CNY is not accepted in this period"
        raise DeclarationRefusedError(Refusal.ABOVE_BAND, why)
    if is_series_misused(waybill, value_cny, policy):
        why = f"a high-value waybill must not be used for {band.hv_above_cny} CNY or less"
        raise DeclarationRefusedError(Refusal.SERIES_MISUSED, why)
    is_unreasoned = reason is None or not reason.strip()
    if (
        is_unreasoned
        and is_above_threshold(value_cny, policy)
        and not is_in_series(waybill, policy)
    ):
        why = f"above {band.hv_above_cny} CNY use a high-value waybill, or give a reason"
        raise DeclarationRefusedError(Refusal.SERIES_MISSING, why)


def _check_piece(said: Declaration, band: AcceptancePolicy) -> None:
    if said.pieces is not None and said.pieces > band.pieces_max:
        why = f"at most {band.pieces_max} piece on a high-value waybill"
        raise DeclarationRefusedError(Refusal.SEVERAL_PIECES, why)
    if is_oversize(said.weight_kg, said.size_m, band):
        edges = " x ".join(f"{edge * _MM:.2f}" for edge in band.size_mm_max)
        why = f"a high-value piece is at most {band.weight_kg_max} kg and {edges} m"
        raise DeclarationRefusedError(Refusal.OVERSIZE, why)
