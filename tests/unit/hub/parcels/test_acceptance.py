"""What may be declared of a parcel on which waybill: HV-1.2.1, HV-1.2.2, HV-2.2.2.2."""

from decimal import Decimal
from typing import Any

import pytest

from hub.parcels.rules.acceptance import (
    DeclarationRefusedError,
    Refusal,
    check_declaration,
    is_high_value,
    is_series_misused,
)
from hub.parcels.rules.parcel import Declaration
from tests.samples import POLICY

HV, PLAIN = "103000000001", "755123456789"


def said(
    value: str | None,
    reason: str | None,
    weight_kg: str | None = None,
    size_m: tuple[str, str, str] | None = None,
    pieces: int | None = None,
) -> Declaration:
    return Declaration(
        declared_value_cny=None if value is None else Decimal(value),
        origin=None,
        destination=None,
        route=None,
        accepted_at=None,
        people=None,
        reason=reason,
        weight_kg=None if weight_kg is None else Decimal(weight_kg),
        size_m=None if size_m is None else tuple(map(Decimal, size_m)),  # type: ignore[arg-type]  # three
        pieces=pieces,
    )


@pytest.mark.parametrize(
    ("waybill", "value", "reason"),
    [
        (HV, "20000.01", None),
        (HV, "50000", None),
        (HV, None, None),
        (PLAIN, "20000", None),
        (PLAIN, "0", None),
        (PLAIN, None, None),
        (PLAIN, "20000.01", "no HV material at this branch"),
    ],
)
def test_a_value_that_fits_its_waybill_is_accepted(
    waybill: str, value: str | None, reason: str | None
) -> None:
    check_declaration(waybill, said(value, reason), POLICY)


@pytest.mark.parametrize(
    ("waybill", "value", "reason", "refusal", "rule"),
    [
        (HV, "50000.01", None, Refusal.ABOVE_BAND, "HV-1.2.2"),
        (PLAIN, "50000.01", "no reason widens the band", Refusal.ABOVE_BAND, "HV-1.2.2"),
        (HV, "20000", None, Refusal.SERIES_MISUSED, "HV-2.2.2.2"),
        (HV, "0", "a reason does not help", Refusal.SERIES_MISUSED, "HV-2.2.2.2"),
        (PLAIN, "20000.01", None, Refusal.SERIES_MISSING, "HV-2.2.2.2"),
        (PLAIN, "20000.01", "  ", Refusal.SERIES_MISSING, "HV-2.2.2.2"),
    ],
)
def test_a_value_that_does_not_is_refused_and_the_rule_named(
    waybill: str, value: str, reason: str | None, refusal: Refusal, rule: str
) -> None:
    with pytest.raises(DeclarationRefusedError, match=rule) as refused:
        check_declaration(waybill, said(value, reason), POLICY)
    assert refused.value.refusal is refusal


PIECES = [
    ({"weight_kg": "80"}, None),
    ({"weight_kg": "80.001"}, Refusal.OVERSIZE),
    ({"size_m": ("2.5", "1.5", "0.8")}, None),
    ({"size_m": ("0.8", "2.5", "1.5")}, None),
    ({"size_m": ("2.501", "1.5", "0.8")}, Refusal.OVERSIZE),
    ({"size_m": ("1.501", "1.501", "0.1")}, Refusal.OVERSIZE),
    ({"size_m": ("0.801", "0.801", "0.801")}, Refusal.OVERSIZE),
    ({"pieces": 1}, None),
    ({"pieces": 2}, Refusal.SEVERAL_PIECES),
]


@pytest.mark.parametrize(("fields", "refusal"), PIECES)
@pytest.mark.parametrize(("waybill", "value"), [(HV, None), (HV, "30000"), (PLAIN, "30000")])
def test_a_high_value_parcel_is_one_piece_of_bounded_weight_and_size(
    waybill: str, value: str | None, fields: dict[str, Any], refusal: Refusal | None
) -> None:
    order = said(value, "no HV material left", **fields)
    if refusal is None:
        check_declaration(waybill, order, POLICY)
        return
    with pytest.raises(DeclarationRefusedError) as refused:
        check_declaration(waybill, order, POLICY)
    assert refused.value.refusal is refusal


@pytest.mark.parametrize("fields", [fields for fields, _ in PIECES])
def test_an_ordinary_parcel_may_be_of_any_weight_size_and_count(fields: dict[str, Any]) -> None:
    check_declaration(PLAIN, said("20000", None, **fields), POLICY)


@pytest.mark.parametrize(
    ("waybill", "value", "high", "misused"),
    [
        (HV, None, True, False),
        (HV, "20000", True, True),
        (HV, "20000.01", True, False),
        (PLAIN, None, False, False),
        (PLAIN, "20000", False, False),
        (PLAIN, "20000.01", True, False),
    ],
)
def test_series_or_value_makes_a_parcel_high_value(
    waybill: str, value: str | None, high: bool, misused: bool
) -> None:
    declared = None if value is None else Decimal(value)
    assert is_high_value(waybill, declared, POLICY) is high
    assert is_series_misused(waybill, declared, POLICY) is misused
