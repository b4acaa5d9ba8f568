"""Which budget a parcel's false alarms count against: its kind of waybill, and its value class."""

import re

from wire.policy import Policy

OTHER = "other"


class Products:
    """Names products ``kind/hv`` and ``kind/plain``; kinds are those of the policy's waybills."""

    def __init__(self, policy: Policy) -> None:
        self._kinds = [(kind.name, re.compile(kind.pattern)) for kind in policy.waybill]

    def of(self, waybill: str, *, high_value: bool) -> str:
        """The product of a parcel."""
        kind = next((name for name, shape in self._kinds if shape.fullmatch(waybill)), OTHER)
        return f"{kind}/{'hv' if high_value else 'plain'}"
