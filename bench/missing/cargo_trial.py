"""How early each method tells of a lost parcel on Cargo 2000, and how often wrongly: printed.

Two tracks: the milestones that a carrier answers for, and all of them. Aims (the carrier's): mean
delay 40 h at 1 and 16 h at 10 false alarms per 1,000 good legs, three quarters within 48 h at 1,
and what is told as more than 0.2 true within 0.03.
"""

import os
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np

from bench.missing.cargo import Silences as Cargo
from bench.missing.cargo import load
from bench.missing.learned import kinds_of, recipe_of, told
from hub.missing.learning.contest import Contest, Sureness, hold
from hub.missing.learning.rivals import FIXED_HOURS, LATE, Alarms, Method, lane_quantile
from hub.missing.learning.silences import Silences
from hub.missing.learning.trial import BUDGETS, Part, model_method, split

SEEDS = (0, 1, 2, 3, 4)
Aims = Mapping[tuple[str, float], float]
AIMS: Aims = {("mean_h", 1): 40.0, ("mean_h", 10): 16.0, ("within_48_h", 1): 0.75}
ERROR_AIM = 0.03
PER_BATCH, BATCHES = 50, 100
US_PER_S = 1e6


def measure_cargo() -> dict[str, object] | None:
    """Play every method on every seed of both tracks; nothing if the data are not there."""
    reference = os.environ.get("CUSTOS_REFERENCE_DATA")
    if reference is None:
        print("Cargo 2000: CUSTOS_REFERENCE_DATA is not set, not measured")
        return None
    cargo = load(Path(reference))
    carriers = cargo.where(cargo.is_carriers)
    return {
        "carrier-controlled steps": _track("carrier-controlled steps", carriers, AIMS),
        "all steps": _track("all steps", cargo, {}),
    }


def _track(name: str, cargo: Cargo, aims: Aims) -> dict[str, object]:
    kinds = kinds_of(cargo)
    silences = told(cargo, kinds)
    ours = model_method(recipe_of(kinds), len(kinds))
    legs = len(np.unique(silences.parcel))
    print(f"\n{name}: {len(silences):,} silences of {legs:,} legs, a quarter held out", flush=True)
    costs: dict[str, list[float]] = defaultdict(list)

    def learned(method: Method, alarms: Alarms, part: Part) -> None:
        costs[method.name].append(_us_per_event(alarms, part.test))

    methods = (FIXED_HOURS, lane_quantile("lane"), LATE, ours)
    contest = hold(methods, (split(silences, seed) for seed in SEEDS), BUDGETS, learned)
    us_per_event = {each: float(np.median(found)) for each, found in costs.items()}
    _print(contest, us_per_event)
    _print_aims(contest, ours.name, aims)
    return asdict(contest) | {"us_per_event": us_per_event}


def _us_per_event(alarms: Alarms, test: Silences) -> float:
    """In batches of 50, from arrays as they stand: to read an event into them comes on top."""
    number = np.arange(len(test)) // PER_BATCH
    batches = [test.where(number == each) for each in range(BATCHES)]
    alarms.deadlines(batches[0], BUDGETS[0])
    begin = time.perf_counter()
    for batch in batches:
        alarms.deadlines(batch, BUDGETS[0])
    return US_PER_S * (time.perf_counter() - begin) / (PER_BATCH * BATCHES)


def _print(contest: Contest, us_per_event: Mapping[str, float]) -> None:
    print("  b  method                  mean   median  p90    24 h  48 h  72 h   false/1,000")
    for row in contest.rows:
        of = row.figures
        print(
            f"  {row.budget:>2} {row.method:<22} {of['mean_h']:6.1f} {of['median_h']:6.1f} "
            f"{of['p90_h']:6.1f} h  {of['within_24_h']:.2f}  {of['within_48_h']:.2f}  "
            f"{of['within_72_h']:.2f}   {of['false_per_1000']:5.2f} "
            f"({of['realised_over_nominal']:.2f} of {row.budget})"
        )
    for each in contest.sureness:
        cost = f"{us_per_event[each.method]:.1f} us an event (batches of 50, from arrays)"
        print(f"  {each.method:<22} PR-AUC {each.pr_auc:.3f}, {_errors(each)}, {cost}")
    for found in contest.against:
        gain = found.difference
        print(
            f"  ours is {found.verdict} than {found.other} at {found.budget}: mean delay "
            f"{gain.gain_h:+.1f} h less (95 %: {gain.low_h:+.1f} to {gain.high_h:+.1f})"
        )


def _errors(sure: Sureness) -> str:
    if sure.error is None or sure.alarm_error is None or sure.pooled_alarm_error is None:
        return "tells no probability"
    return (
        f"ECE {sure.error:.4f} of all, {sure.alarm_error:.3f} above 0.2 "
        f"({sure.pooled_alarm_error:.3f} with the seeds pooled)"
    )


def _print_aims(contest: Contest, ours: str, aims: Aims) -> None:
    for (name, budget), aim in aims.items():
        figure = contest.figure(ours, budget, name)
        is_reached = figure >= aim if name.startswith("within") else figure <= aim
        _print_aim(f"{name} at {budget}", figure, aim, is_reached)
    error = next(each.alarm_error for each in contest.sureness if each.method == ours)
    if aims and error is not None:
        _print_aim("ECE above 0.2", error, ERROR_AIM, error <= ERROR_AIM)


def _print_aim(name: str, figure: float, aim: float, is_reached: bool) -> None:
    word = "reached" if is_reached else "not reached"
    print(f"  aim: {name} {aim:g}, found {figure:.3g}: {word}")
