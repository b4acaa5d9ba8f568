"""The rules that people use, on the same scans: fixed hours, lane quantile, late against schedule.

Each is set on the warm-up alone: with its one number, so many of 1,000 new good parcels would alarm
(``rivals.patience_for``). Parcels whose loss was confirmed by then teach nothing, one that is still
silent when the warm-up ends has been silent at least so long.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from bench.missing.carrier.days import Carrier
from bench.missing.carrier.hub import Judged
from hub.missing.learning.rivals import LANE_QUANTILE, LANE_SAMPLES_MIN, patience_for
from hub.missing.rules.watch import Watch

FOREVER = datetime.max.replace(tzinfo=UTC)
HOUR = timedelta(hours=1)
HOURS_MAX = 24 * 365.0
"""A patience that no parcel of the warm-up allowed is a year: no alarm within any bench."""

LaneKey = tuple[str, ...]


@dataclass(frozen=True)
class Gap:
    """A parcel's silence from one scan to the next, as the hub heard of them.

    ``planned_at``: when the next one was due, by the same plan as the hub's.
    """

    waybill: str
    start: datetime
    end: datetime
    planned_at: datetime
    lane: LaneKey
    kind: LaneKey

    @property
    def hours(self) -> float:
        return (self.end - self.start) / HOUR

    @property
    def planned_h(self) -> float:
        return max(0.0, (self.planned_at - self.start) / HOUR)


Rule = Callable[[Gap], tuple[float, float]]
"""Of a gap: the hours that are waited at least, and by what the patience is multiplied."""
Alarms = Mapping[str, Sequence[datetime]]


def gaps_of(judged: Judged) -> list[Gap]:
    """All silences of all parcels; the last one of a parcel that is done is none."""
    found = []
    for waybill, records in judged.records.items():
        for this, after in zip(records, [*records[1:], None], strict=True):
            fold = this.watched.fold
            if after is None and fold.done:
                continue
            end = FOREVER if after is None else after.heard_at
            found.append(_gap(waybill, fold, this.heard_at, end))
    return found


def _gap(waybill: str, fold: Watch, start: datetime, end: datetime) -> Gap:
    stop = fold.stops[0] if fold.stops else None
    kind = (fold.last.phase, "" if stop is None else stop.phase)
    ends = (fold.last.site, "" if stop is None else stop.site)
    return Gap(waybill, start, end, start if stop is None else stop.by, (*kind, *ends), kind)


def fixed_hours(_gaps: Sequence[Gap]) -> Rule:
    return lambda _gap: (0.0, 1.0)


def late_against_schedule(_gaps: Sequence[Gap]) -> Rule:
    return lambda gap: (gap.planned_h, 1.0)


def lane_quantile(gaps: Sequence[Gap]) -> Rule:
    lanes: dict[LaneKey, list[float]] = defaultdict(list)
    for gap in gaps:
        lanes[gap.lane].append(gap.hours)
        lanes[gap.kind].append(gap.hours)
    usual = {
        key: max(float(np.quantile(hours, LANE_QUANTILE)), 0.25) for key, hours in lanes.items()
    }
    thin = {key for key, hours in lanes.items() if len(hours) < LANE_SAMPLES_MIN}
    longest = max(usual.values())

    def rule(gap: Gap) -> tuple[float, float]:
        key = gap.kind if gap.lane in thin or gap.lane not in usual else gap.lane
        return 0.0, usual.get(key, longest)

    return rule


RULES: Mapping[str, Callable[[Sequence[Gap]], Rule]] = {
    "fixed hours": fixed_hours,
    "lane 95 % quantile": lane_quantile,
    "late against schedule": late_against_schedule,
}


def alarms_of(
    learn: Callable[[Sequence[Gap]], Rule], gaps: Sequence[Gap], carrier: Carrier, budget: float
) -> Alarms:
    """When a rule alarms, by waybill; its number comes from before ``judged_from``."""
    past = list(past_of(gaps, carrier))
    rule = learn(past)
    patience = min(HOURS_MAX, patience_for(*_needed(past, rule), budget))
    found: dict[str, list[datetime]] = defaultdict(list)
    for gap in gaps:
        least, times = rule(gap)
        at = gap.start + timedelta(hours=min(HOURS_MAX, max(0.0, least + patience * times)))
        if at < gap.end:
            found[gap.waybill].append(at)
    return found


def past_of(gaps: Iterable[Gap], carrier: Carrier) -> Iterable[Gap]:
    """Silences of good parcels as they stood when the warm-up ended."""
    known = {
        fate.waybill for fate in carrier.days.truth.vanished() if fate.at < carrier.judged_from
    }
    known |= {each.waybill for each in carrier.days.truth.fates.values() if not each.told}
    for gap in gaps:
        if gap.start < carrier.judged_from and gap.waybill not in known:
            end = min(gap.end, carrier.judged_from)
            yield Gap(gap.waybill, gap.start, end, gap.planned_at, gap.lane, gap.kind)


def _needed(past: Sequence[Gap], rule: Rule) -> tuple[np.ndarray, np.ndarray]:
    numbers: dict[str, int] = {}
    parcels = np.array([numbers.setdefault(gap.waybill, len(numbers)) for gap in past])
    waits = [(gap.hours, *rule(gap)) for gap in past]
    return np.array([(hours - least) / times for hours, least, times in waits]), parcels
