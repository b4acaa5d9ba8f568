"""Models that were made night by night, with reports as a week's test leaves them."""

from datetime import datetime, timedelta

from msgspec.structs import replace
from sqlalchemy import Connection

from hub.missing import model_store
from hub.missing.model_store import ModelState
from hub.missing.rules.backtest import Bin, Delays, Drift, Report, out_of_band
from hub.missing.rules.tables import EVERY, pack
from hub.missing.service.models import last_night
from tests import small_models

DRIFTED, STEADY = (75, 300), (14, 300)
"""Scans of a site that were too late, of how many."""
TABLES = pack(small_models.tables(kinds={}))
"""Of a model that knows no scan: tier T0 judges all of them in its place."""
TESTED = Report(
    false_per_1000=10,
    parcels=8_412,
    silences=61_730,
    judged=2_951,
    suspected=23,
    before_suspected=31,
    delays=Delays(mean_h=18.4, median_h=15.2, p90_h=34.9, within_24=0.734, within_48=0.968),
    before=Delays(mean_h=26.3, median_h=23.8, p90_h=47.5, within_24=0.508, within_48=0.905),
    wait_h=6.1,
    before_wait_h=14.04,
    bins=(
        Bin(said=0.0004, was=0.0, count=4_210),
        Bin(said=0.0019, was=0.0023, count=9_870),
        Bin(said=0.0058, was=0.0066, count=12_400),
        Bin(said=0.018, was=0.021, count=16_020),
        Bin(said=0.055, was=0.049, count=17_930),
        Bin(said=0.17, was=0.15, count=18_300),
        Bin(said=0.58, was=0.61, count=22_470),
    ),
    drifts=(Drift("020W", *STEADY), Drift("755A", *STEADY), Drift("755W", *STEADY)),
    prices_h={EVERY: 4_430.0, "domestic/hv": 6_120.0, "domestic/plain": 4_080.0},
    lost={EVERY: 0.00021, "domestic/hv": 0.0002},
    unknown=0.042,
    from_day="2026-10-02",
    until_day="2026-11-16",
)
TOO_MANY = replace(TESTED, suspected=88)
UNTESTED = Report(10, parcels=740)
TOO_THIN = (
    "历史太少：9 天共 740 件",
    "too little history: parcels: 740, at least 1000 are needed; days: 9, at least 14",
)


def with_drifts(report: Report, **sites: tuple[int, int]) -> Report:
    """The same with these sites; a name is written with a ``_`` before it."""
    found = [Drift(site.removeprefix("_"), *counts) for site, counts in sites.items()]
    return replace(report, drifts=tuple(found))


def make_model(
    tx: Connection,
    state: ModelState,
    at: datetime,
    report: Report = TESTED,
    *,
    tables: bytes | None = TABLES,
    reason: tuple[str, str] | None = None,
) -> int:
    """A model that was made then; what is live ends the one before it."""
    before = model_store.live_id(tx)
    if state is ModelState.LIVE and before is not None:
        model_store.end(tx, before, ModelState.REPLACED, at)
    return model_store.add(tx, state, report, report.parcels, at, tables, reason)


def refuse_model(tx: Connection, at: datetime, report: Report = TOO_MANY) -> int:
    """A model that was refused for its report."""
    reason = out_of_band(report)
    assert reason is not None
    return make_model(tx, ModelState.REFUSED, at, report, tables=None, reason=reason)


def learn_for_weeks(tx: Connection, now: datetime, drifted: str) -> None:
    """Two thin nights, models that replaced each other, one that was taken back, one refused."""
    first = last_night(now) + timedelta(minutes=4)
    for ago in range(11, 9, -1):
        at = first - timedelta(days=ago)
        make_model(tx, ModelState.REFUSED, at, UNTESTED, tables=None, reason=TOO_THIN)
    bad = 0
    for ago in range(9, -1, -1):
        at = first - timedelta(days=ago)
        if ago == 4:
            model_store.end(tx, bad, ModelState.ROLLED_BACK, at, out_of_band(TOO_MANY))
        if ago == 2:
            refuse_model(tx, at)
            continue
        report = with_drifts(
            TESTED, _020W=STEADY, _021W=STEADY, _755A=STEADY, **{f"_{drifted}": DRIFTED}
        )
        made = make_model(tx, ModelState.LIVE, at, report)
        bad = made if ago == 5 else bad
