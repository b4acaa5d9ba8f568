"""Which value may travel on which waybill. Pure. Source: HV-1.2.1, HV-1.2.2, HV-2.2.2.2.

DeclarationRefusedError   the rules do not allow it; the sentence says which and why
"""

from decimal import Decimal

from wire.policy import Policy

SERIES_RULE = "HV-2.2.2.2"
BAND_RULE = "HV-1.2.2"


class DeclarationRefusedError(Exception):
    """A declaration that the rules do not allow; ``rule`` is the rule's id."""

    def __init__(self, rule: str, why: str) -> None:
        super().__init__(f"{why} ({rule})")
        self.rule = rule


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


def check_declaration(
    waybill: str, value_cny: Decimal | None, reason: str | None, policy: Policy
) -> None:
    """Refuse a declared value outside the band or on the wrong waybill.

    Raises:
        DeclarationRefusedError: above the band's upper bound; an HV waybill for an ordinary value;
            or a high value on an ordinary waybill without a reason.
    """
    band = policy.acceptance
    if value_cny is None:
        return
    if value_cny > band.value_cny_max:
        why = f"a declared value above {band.value_cny_max} CNY is not accepted in this period"
        raise DeclarationRefusedError(BAND_RULE, why)
    if is_series_misused(waybill, value_cny, policy):
        why = f"a high-value waybill must not be used for {band.hv_above_cny} CNY or less"
        raise DeclarationRefusedError(SERIES_RULE, why)
    is_unreasoned = reason is None or not reason.strip()
    if (
        is_unreasoned
        and is_above_threshold(value_cny, policy)
        and not is_in_series(waybill, policy)
    ):
        why = f"above {band.hv_above_cny} CNY use a high-value waybill, or give a reason"
        raise DeclarationRefusedError(SERIES_RULE, why)
