"""Cargo 2000 as silences: from each milestone of a leg to the next one.

3,942 real transport processes of a freight forwarder, each of up to three inbound legs and an
outbound one: check-in (RCS), departures (DEP) and arrivals (RCF) of up to three flights, delivery
(DLV). Data: UCI Machine Learning Repository, dataset 382 (CC BY 4.0); A. Metzger et al., IEEE
Trans. SMC: Systems 45(2):276-290, 2015. The parcel of all figures is a leg: it is what would be
searched for. The plan of a leg is absolute from its begin, as a flight does not wait: what is late
at one milestone has less time until the next.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hub.missing.learning.silences import Bools, Floats, Ints

FILE = Path("cargo2000") / "c2k_data_comma.csv"
LEGS = ("i1", "i2", "i3", "o")
FLIGHTS_MAX = 3
PLACES_MAX = 1_000
"""More than there are airports in the data."""
MINUTES_PER_HOUR = 60

_Told = tuple["Milestone", int, int, int, int]
"""Milestone, flight, place, planned and true minutes since the one before."""


class Milestone(IntEnum):
    """A leg's milestones; the carrier answers for departures and arrivals."""

    RCS = 0
    DEP = 1
    RCF = 2
    DLV = 3


_NO_MORE: _Told = (Milestone.DLV, 0, 0, 0, 0)


@dataclass(frozen=True)
class Silences:
    """One row a silence, one array a column; times are hours.

    ``true_h``: until the next milestone was told; what a scorer must never see of what it judges.
    ``plan_h``: until the plan has it, negative if that was over when the silence began. The rest
    is known when the silence begins: ``late_h`` is how late the last milestone was, places are
    numbers of airports (0: none), ``before_*`` are of the silence before (0: none), ``next_*`` are
    of the plan for the milestone after the one that ends the silence (0: there is none).
    """

    process: Ints
    leg: Ints
    true_h: Floats
    plan_h: Floats
    milestone: Ints
    flight: Ints
    role: Ints
    place: Ints
    origin: Ints
    destination: Ints
    step: Ints
    steps: Ints
    duration_h: Floats
    late_h: Floats
    since_begin_h: Floats
    left_h: Floats
    before_h: Floats
    before_plan_h: Floats
    next_place: Ints
    next_plan_h: Floats

    def __len__(self) -> int:
        return len(self.leg)

    def where(self, chosen: Bools) -> "Silences":
        """The rows for which ``chosen`` holds."""
        return Silences(**{each.name: getattr(self, each.name)[chosen] for each in fields(self)})

    @property
    def is_carriers(self) -> Bools:
        """Whether the next milestone is the carrier's: a departure or an arrival."""
        return np.isin(self.milestone, (Milestone.DEP, Milestone.RCF))

    @property
    def lane(self) -> Ints:
        """One number for milestone, where from and where to."""
        return (self.milestone * PLACES_MAX + self.origin) * PLACES_MAX + self.place


def load(reference: Path) -> Silences:
    """Read the published file below ``reference``.

    Raises:
        OSError, KeyError, ValueError: it is not there, or not that file.
    """
    with (reference / FILE).open(newline="") as file:
        rows = list(csv.DictReader(file))
    found: dict[str, list[float]] = {each.name: [] for each in fields(Silences)}
    leg = 0
    for process, row in enumerate(rows):
        for role, prefix in enumerate(LEGS):
            if int(row[f"{prefix}_legid"]) == 0:
                continue
            for silence in _silences(row, prefix):
                whose = {"process": process, "leg": leg, "role": role}
                for name, value in (silence | whose).items():
                    found[name].append(value)
            leg += 1
    columns = {each.name: _column(each.type, found[each.name]) for each in fields(Silences)}
    return Silences(**columns)


def _column(kind: object, values: list[float]) -> NDArray[Any]:
    return np.array(values, np.int64 if kind is Ints else np.float64)


def _silences(row: Mapping[str, str], prefix: str) -> Iterator[dict[str, float]]:
    told = list(_milestones(row, prefix))
    places = [place for _, _, place, _, _ in told if place]
    whole_plan = sum(plan for _, _, _, plan, _ in told)
    planned = taken = origin = 0
    before = before_plan = 0
    for step, (milestone, flight, place, plan, true) in enumerate(told):
        _, _, next_place, next_plan, _ = told[step + 1] if step + 1 < len(told) else _NO_MORE
        yield {
            "true_h": true / MINUTES_PER_HOUR,
            "plan_h": (planned + plan - taken) / MINUTES_PER_HOUR,
            "milestone": milestone,
            "flight": flight,
            "place": place,
            "origin": origin,
            "destination": places[-1] if places else 0,
            "step": step,
            "steps": len(told),
            "duration_h": plan / MINUTES_PER_HOUR,
            "late_h": (taken - planned) / MINUTES_PER_HOUR,
            "since_begin_h": taken / MINUTES_PER_HOUR,
            "left_h": (whole_plan - planned) / MINUTES_PER_HOUR,
            "before_h": before / MINUTES_PER_HOUR,
            "before_plan_h": before_plan / MINUTES_PER_HOUR,
            "next_place": next_place,
            "next_plan_h": next_plan / MINUTES_PER_HOUR,
        }
        planned, taken = planned + plan, taken + true
        before, before_plan = true, plan
        origin = place or origin


def _milestones(row: Mapping[str, str], prefix: str) -> Iterator[_Told]:
    def told(milestone: Milestone, name: str, flight: int = 0) -> _Told:
        place = int(row[f"{prefix}_{name}_place"]) if flight else 0
        plan, true = int(row[f"{prefix}_{name}_p"]), int(row[f"{prefix}_{name}_e"])
        return milestone, flight, place, plan, true

    yield told(Milestone.RCS, "rcs")
    for flight in range(1, FLIGHTS_MAX + 1):
        if int(row[f"{prefix}_dep_{flight}_place"]):
            yield told(Milestone.DEP, f"dep_{flight}", flight)
            yield told(Milestone.RCF, f"rcf_{flight}", flight)
    yield told(Milestone.DLV, "dlv")
