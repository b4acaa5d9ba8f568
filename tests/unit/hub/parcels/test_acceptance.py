"""Which declared value may travel on which waybill: HV-1.2.1, HV-1.2.2, HV-2.2.2.2."""

from decimal import Decimal

import pytest

from hub.parcels.rules.acceptance import (
    DeclarationRefusedError,
    check_declaration,
    is_high_value,
    is_series_misused,
)
from tests.samples import POLICY

HV, PLAIN = "103000000001", "755123456789"


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
    check_declaration(waybill, None if value is None else Decimal(value), reason, POLICY)


@pytest.mark.parametrize(
    ("waybill", "value", "reason", "rule"),
    [
        (HV, "50000.01", None, "HV-1.2.2"),
        (PLAIN, "50000.01", "a reason does not widen the band", "HV-1.2.2"),
        (HV, "20000", None, "HV-2.2.2.2"),
        (HV, "0", "a reason does not help", "HV-2.2.2.2"),
        (PLAIN, "20000.01", None, "HV-2.2.2.2"),
        (PLAIN, "20000.01", "  ", "HV-2.2.2.2"),
    ],
)
def test_a_value_that_does_not_is_refused_and_the_rule_named(
    waybill: str, value: str, reason: str | None, rule: str
) -> None:
    with pytest.raises(DeclarationRefusedError, match=rule) as refused:
        check_declaration(waybill, Decimal(value), reason, POLICY)
    assert refused.value.rule == rule


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
