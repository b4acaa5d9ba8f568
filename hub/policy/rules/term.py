"""What is known of one key of the policy. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What a number counts."""

    MS = "ms"
    S = "s"
    MIN = "min"
    H = "h"
    DAYS = "days"
    CLOCK = "clock"
    """A time of day, local to the site."""
    DATES = "dates"
    CNY = "cny"
    KG = "kg"
    MM = "mm"
    PCT = "pct"
    PIECES = "pieces"
    PARCELS = "parcels"
    SCANS = "scans"
    KBIT_S = "kbit_s"
    MONTH_DAY = "month_day"
    PER_1000 = "per_1000"
    PER_10000 = "per_10000"
    ONE_IN = "one_in"


@dataclass(frozen=True, slots=True)
class Term:
    """One key; those of ``waybill`` count for each kind of waybill.

    ``rule`` is what the value serves, whether or not the rule names it. ``unit`` null: a text.
    """

    key: str
    rule: str
    unit: Unit | None
    is_open: bool
    zh: str
    en: str

    @property
    def place(self) -> tuple[str, str]:
        """Its section of the policy and its name there."""
        section, _, name = self.key.partition(".")
        return section, name
