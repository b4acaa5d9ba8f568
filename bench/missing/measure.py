"""``python -m bench missing``: how early each method tells of a lost parcel, and how often wrongly.

Two tracks: the milestones that a carrier answers for, and all of them. Aims (carrier's, at 1 and 10
false alarms per 1,000 good legs): mean delay 40 and 16 h, three quarters within 48 h at 1.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from bench.missing.cargo import Silences, load
from bench.missing.methods import BASELINES, Method
from bench.missing.million import measure_hub
from bench.missing.resampling import compare
from bench.missing.trial import BUDGETS, Outcome, figures_of, play, split

SEEDS = (1, 2, 3, 4, 5)
METHODS: tuple[Method, ...] = BASELINES
OURS = METHODS[-1]


def measure() -> dict[str, object]:
    """Play every method on every seed of both tracks; then load the hub with a million parcels."""
    return {"cargo2000": _cargo(), "hub": measure_hub()}


def _cargo() -> dict[str, object] | None:
    reference = os.environ.get("CUSTOS_REFERENCE_DATA")
    if reference is None:
        print("Cargo 2000: CUSTOS_REFERENCE_DATA is not set, not measured")
        return None
    silences = load(Path(reference))
    tracks = {
        "carrier-controlled steps": silences.where(silences.is_carriers),
        "all steps": silences,
    }
    return {name: _track(name, track) for name, track in tracks.items()}


def _track(name: str, silences: Silences) -> dict[str, object]:
    legs = len(set(silences.leg.tolist()))
    print(f"\n{name}: {len(silences):,} silences of {legs:,} legs, a quarter held out")
    print("  b  method                  mean   median  p90    24 h  48 h  72 h   false/1,000")
    parts = [split(silences, seed) for seed in SEEDS]
    played = {method.name: [play(method, part) for part in parts] for method in METHODS}
    rows: list[dict[str, object]] = []
    for budget in BUDGETS:
        for method in METHODS:
            figures = figures_of([each[budget] for each in played[method.name]], budget)
            rows.append({"budget": budget, "method": method.name, **figures})
            _print(budget, method.name, figures)
    return {"rows": rows, "against": _against(played)}


def _print(budget: float, name: str, figures: dict[str, float]) -> None:
    print(
        f"  {budget:>2} {name:<22} {figures['mean_h']:6.1f} {figures['median_h']:6.1f} "
        f"{figures['p90_h']:6.1f} h  {figures['within_24_h']:.2f}  {figures['within_48_h']:.2f}  "
        f"{figures['within_72_h']:.2f}   {figures['false_per_1000']:5.2f} "
        f"({figures['realised_over_nominal']:.2f} of {budget})"
    )


def _against(played: Mapping[str, Sequence[dict[float, Outcome]]]) -> list[dict[str, object]]:
    """Our method against each other one, on the same draws."""
    rows: list[dict[str, object]] = []
    for other in (each for each in METHODS if each is not OURS):
        for budget in BUDGETS:
            ours = [each[budget] for each in played[OURS.name]]
            its = [each[budget] for each in played[other.name]]
            found = compare(ours, its, seed=int(budget))
            rows.append({"budget": budget, "against": other.name, **asdict(found)})
            word = "better" if found.is_better else "not worse" if found.is_not_worse else "WORSE"
            print(
                f"  {OURS.name} is {word} than {other.name} at {budget}: mean delay "
                f"{found.gain_h:+.1f} h less (95 %: {found.low_h:+.1f} to {found.high_h:+.1f})"
            )
    return rows
