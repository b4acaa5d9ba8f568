"""Small learned models for tests, written down instead of learned."""

from datetime import date, timedelta

import numpy as np

from hub.missing.learning.fitting import curve_bytes
from hub.missing.rules.figures import AHEAD_MAX, Calendar
from hub.missing.rules.learned_scorer import LearnedScorer
from hub.missing.rules.loaded_model import LoadedModel
from hub.missing.rules.plan import Planner, Stop
from hub.missing.rules.scoring import LEAD_H_MAX, ScheduleScorer
from hub.missing.rules.tables import (
    EVERY,
    FORMAT,
    FROM_H,
    POINTS,
    RISK_STEP,
    SLOT_H,
    Kind,
    Tables,
)
from hub.missing.rules.watch import LATE_H
from tests.missing_parts import HOUR, learned, network, planner

HOURS = FROM_H + SLOT_H * np.arange(POINTS)
POOLS = ("out:*", "in-4h:*", "in-16h:*", "in-1h:*", "out-last:*", "delivered:*")
SILENT_MAX = 45 * HOUR
LOST = 10


def falling(mean_h: float) -> bytes:
    """S of what comes after its plan, exponentially with this mean."""
    return curve_bytes(np.exp(-np.maximum(HOURS, 0) / mean_h))


def kind(risks: int = 3, mean_h: float = 2.0, **fields: object) -> Kind:
    """Scans whose mean lateness doubles with each step of the risk; the middle risk is 0."""
    rows = [falling(mean_h * 2 ** (nth - risks // 2)) for nth in range(risks)]
    plain: dict[str, object] = {
        "intercept": 0.0,
        "slope": 0.0,
        "hour": (0.0,) * 24,
        "weekday": (0.0,) * 7,
        "rests": (0.0,) * 2,
        "lead": (0.0,) * (LEAD_H_MAX + 1),
        "late": (0.0,) * (2 * LATE_H + 1),
        "ahead": (0.0,) * (AHEAD_MAX + 1),
        "risk_from": -RISK_STEP * (risks // 2),
        "risk_mean": 0.0,
        "steadiness": 1.0,
        "curves": b"".join(rows),
    }
    return Kind(**{**plain, **fields})  # type: ignore[arg-type]  # a test's


def tables(**fields: object) -> Tables:
    """A model of all pools of the small carrier."""
    plain: dict[str, object] = {
        "format": FORMAT,
        "kinds": {pool: kind() for pool in POOLS},
        "usual": {},
        "read": {},
        "missed": {},
        "elsewhere": {EVERY: 0.01},
        "left_in_bag": 0.02,
        "elsewhere_curve": falling(10.0),
        "prices_h": {EVERY: 1_000.0},
        "lost": {EVERY: 0.001},
    }
    return Tables(**{**plain, **fields})  # type: ignore[arg-type]  # a test's


def underneath(
    cut_off: tuple[str, ...] = (),
    plan: Planner | None = None,
    silent_max: timedelta = SILENT_MAX,
) -> ScheduleScorer:
    """Tier T0 without anything learned."""

    def is_unreadable(stop: Stop) -> bool:
        return stop.site in cut_off

    schedule = (plan or planner()).schedule
    return ScheduleScorer(learned(), schedule, 5, LOST, silent_max, is_unreadable)


def calendar(*holidays: date) -> Calendar:
    """Of the small carrier."""
    return Calendar(network().zone_of, frozenset(holidays).__contains__)


def scorer(
    model: Tables | None = None, t0: ScheduleScorer | None = None, *holidays: date
) -> LearnedScorer:
    """Asks a model of the small carrier."""
    loaded = LoadedModel(model or tables(), calendar(*holidays))
    return LearnedScorer(loaded, t0 or underneath())
