"""The rule that stands, played on a week as the hub would have let it judge."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from hub.config import load_policy
from hub.missing.learning.backtesting import _suspected_by_rule
from hub.missing.rules.company_past import PastCompany
from hub.missing.rules.past import Ending, PastSilence
from hub.missing.rules.plan import Phase
from hub.missing.rules.scoring import Deadline, Silence
from hub.missing.rules.watch import Ride
from tests.missing_parts import HOUR, ROUTE, local, planner, seen

LEFT = local(14, "19:30")
RIDE = Ride("vehicle:V-1", "755A", LEFT)
STOPS = planner().stops_ahead(seen("755A", Phase.OUT, LEFT), ROUTE, ())
PLAN = STOPS[0].by


@dataclass
class CompanyTells:
    """Waits ten hours beyond the plan, and an hour and a half once others have come."""

    def deadlines(self, silences: Sequence[Silence]) -> list[Deadline]:
        waits = (1.5 if each.company.has_come else 10 for each in silences)
        return [Deadline(PLAN + hours * HOUR, 0.0) for hours in waits]


def silent(waybill: str, late_h: float) -> PastSilence:
    silence, until = Silence(STOPS, 4, rests_on_holidays=False), PLAN + late_h * HOUR
    return PastSilence(
        waybill, silence, LEFT, until, Ending.EXPECTED, 0, ride=RIDE, seen_site="755W"
    )


@pytest.mark.parametrize(("late_h", "suspected"), [(1.4, 0), (1.6, 1), (2.9, 1)])
def test_what_rides_along_is_looked_at_each_hour_as_the_hub_does(
    late_h: float, suspected: int
) -> None:
    """Its vehicle came on time, and an hour later that tells: at the next look it is suspect."""
    week = [silent("W1", late_h), *(silent(f"W{n}", 0.0) for n in range(2, 9))]
    company = PastCompany(week, load_policy(None).missing)
    setting = SimpleNamespace(is_hidden=lambda _silence: False)
    found = _suspected_by_rule(CompanyTells(), week, company, setting)  # type: ignore[arg-type]  # all that it asks
    assert found == suspected
