"""Learn a new model from the hub's own past, test it on a week that it has not seen, and decide.

What counts is exactly what was tested. A model that is refused changes nothing: the one before it,
or tier T0, goes on. One that counts and has left its band in the newest week is taken back first.
Source: design section 7, docs/adr/0043.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.db.engine import Database
from hub.missing import model_store
from hub.missing.history import Tell, of_time, read_history
from hub.missing.judge import SilenceJudge
from hub.missing.learning.assembling import History, Setting, TooThinError, learn_tables
from hub.missing.learning.backtesting import backtest, extent_of
from hub.missing.model_store import ModelState
from hub.missing.rules.backtest import (
    SHADOW_DAYS,
    Reason,
    Report,
    Trained,
    out_of_band,
    too_odd,
    too_thin,
)
from hub.missing.rules.figures import Calendar
from hub.missing.rules.loaded_model import STOPS_HIDDEN
from hub.missing.rules.past import PastSilence
from hub.missing.rules.scoring import Silence
from hub.missing.rules.suspicion import Outage
from hub.missing.rules.tables import Tables, pack, unpack
from wire.policy import Policy


def train(
    database: Database, judge: SilenceJudge, policy: Policy, now: datetime, tell: Tell
) -> Trained:
    """Read, learn, test, decide; the hub may run meanwhile.

    Args:
        database: read in pages; written once, at the end.
        judge: with the carrier's plan.
        policy: with the budget.
        now: aware UTC; what comes later is not looked at.
        tell: hears how far reading is.
    """
    recorded = read_history(database, judge, policy, now, tell)
    shadow_from = now - timedelta(days=SHADOW_DAYS)
    past, lessons = of_time(recorded, shadow_from)
    week = [each for each in recorded.past if each.since > shadow_from]
    history = History(past, lessons, dict(recorded.parcels), dict(recorded.lost))
    setting = setting_of(judge, policy, recorded.outages)
    tables, report, reason = _make(history, week, setting)
    # All that takes long is done before the one transaction in which nobody else can write.
    verdicts = _judge_stored(database, history, week, setting)
    with database.writing() as tx:
        taken_back = _look_back(tx, verdicts, now)
        parcels = len({each.waybill for each in recorded.past})
        if reason is None and tables is not None:
            _end_live(tx, ModelState.REPLACED, now, None)
            model_store.add(tx, ModelState.LIVE, report, parcels, now, pack(tables))
        else:
            model_store.add(tx, ModelState.REFUSED, report, parcels, now, None, reason)
        live = model_store.live_id(tx)
    return Trained(report, reason, taken_back, has_model=live is not None)


def _make(
    history: History, week: Sequence[PastSilence], setting: Setting
) -> tuple[Tables | None, Report, Reason | None]:
    """A model with its backtest, and why it may not count."""
    extent = extent_of([*history.past, *week])
    empty = Report(setting.false_per_1000, extent.parcels, len(history.past))
    reason = too_thin(extent) or too_odd(extent)
    if reason is not None:
        return None, empty, reason
    try:
        tables = learn_tables(history, setting)
    except TooThinError:
        return None, empty, too_thin(extent) or ("没有可学习的扫描", "no scan to learn from")
    report = backtest(tables, history, week, setting)
    return tables, report, out_of_band(report)


def _judge_stored(
    database: Database, history: History, week: Sequence[PastSilence], setting: Setting
) -> dict[int, Reason | None]:
    """Why the model that counts, and the one before it, may not count in the newest week."""
    with database.reading() as tx:
        live = model_store.live_id(tx)
        earlier = None if live is None else model_store.before(tx, live)
        asked = [each for each in (live, earlier) if each is not None]
        stored = {each: model_store.tables_of(tx, each) for each in asked}
    found: dict[int, Reason | None] = {}
    for model_id, packed in stored.items():
        if model_id == live or found.get(live or 0) is not None:
            found[model_id] = _judge(packed or b"", history, week, setting)
    return found


def _judge(
    packed: bytes, history: History, week: Sequence[PastSilence], setting: Setting
) -> Reason | None:
    try:
        tables = unpack(packed)
    except ValueError as error:
        return f"模型无法读取：{error}", f"it cannot be read: {error}"
    return out_of_band(backtest(tables, history, week, setting))


def _look_back(
    tx: Connection, verdicts: Mapping[int, Reason | None], now: datetime
) -> Reason | None:
    """Take back the model that counts if the newest week left its band; then one before it may.

    One that another training has put meanwhile was judged by that one.
    """
    live = model_store.live_id(tx)
    reason = None if live is None else verdicts.get(live)
    if live is None or reason is None:
        return None
    model_store.end(tx, live, ModelState.ROLLED_BACK, now, reason)
    earlier = model_store.before(tx, live)
    if earlier is not None and verdicts.get(earlier, reason) is None:
        model_store.bring_back(tx, earlier)
    return reason


def _end_live(tx: Connection, state: ModelState, now: datetime, reason: Reason | None) -> None:
    live = model_store.live_id(tx)
    if live is not None:
        model_store.end(tx, live, state, now, reason)


def setting_of(judge: SilenceJudge, policy: Policy, outages: Iterable[Outage]) -> Setting:
    """What a model is learned for by a carrier's plan and policy; ``outages`` hid scans."""
    known = tuple(outages)

    def is_hidden(silence: Silence) -> bool:
        return any(each.hides(stop) for each in known for stop in silence.stops[:STOPS_HIDDEN])

    schedule = judge.planner.schedule
    return Setting(
        Calendar(judge.network.zone_of, schedule.is_holiday),
        judge.schedule_scorer({}, lambda _stop: False),
        policy.missing.false_per_1000,
        policy.missing.lost_per_10000,
        policy.missing,
        is_hidden,
    )
