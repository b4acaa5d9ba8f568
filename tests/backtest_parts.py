"""A small carrier's scan history as CSV: three sites a parcel, lanes that are late unlike often."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np

BEGIN = datetime(2026, 9, 1, tzinfo=UTC)
ZONE = timezone(timedelta(hours=8))
HEADER = "waybill,site,step,at,next_site,planned_at,outcome,product,value_class"


def write_history(path: Path, parcels: int, seed: int = 1, lost: int = 0) -> None:
    """So many parcels over sixty days, from 755A or 755B over 755W to 010A or 010B."""
    rng = np.random.default_rng(seed)
    lines = [HEADER]
    for number in range(parcels):
        way = ("755A" if rng.random() < 0.5 else "755B", "755W", "010A" if number % 2 else "010B")
        lines += _parcel(rng, number, way, is_lost=number % 7 == 3 and number // 7 < lost)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _parcel(
    rng: np.random.Generator, number: int, way: tuple[str, ...], *, is_lost: bool
) -> list[str]:
    at = BEGIN + timedelta(days=60) * float(rng.random())
    product = "STD" if number % 3 else "HV"
    rows = []
    steps = [("accept", 0, 1, 3.0), ("depart", 0, 1, 10.0), ("arrive", 1, 1, 4.0)]
    steps += [("depart", 1, 2, 20.0), ("arrive", 2, 2, 12.0), ("deliver", 2, 2, 0.0)]
    for place, (step, here, there, plan_h) in enumerate(steps):
        planned = at + timedelta(hours=plan_h)
        ends = step == "deliver" or (is_lost and place == 3)
        outcome = ("delivered" if step == "deliver" else "lost") if ends else ""
        plan = "" if step == "deliver" else _iso(planned)
        rows.append(
            f"W{number:07d},{way[here]},{step},{_iso(at)},{way[there]},{plan},{outcome},{product},"
        )
        if ends:
            break
        late_h = rng.exponential(0.3) - 0.2
        if rng.random() < (0.2 if way[0] == "755B" else 0.02):
            late_h += rng.exponential(15)
        at = max(planned + timedelta(hours=late_h), at + timedelta(minutes=1))
    return rows


def _iso(at: datetime) -> str:
    return at.astimezone(ZONE).isoformat(timespec="seconds")
