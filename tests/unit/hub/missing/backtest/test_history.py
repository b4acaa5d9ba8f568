"""Scans become silences: what ends them, what is left out, and what a trial may see of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from hub.missing.backtest import history
from hub.missing.backtest.history import GONE_H, STEPS, Gatherer, TooManyRowsError, past_of
from hub.missing.backtest.judging import (
    JUDGE_MIN,
    LEARN_MIN,
    Reason,
    Split,
    Thin,
    Verdict,
    _by_time,
    cut_of,
    judge,
)
from hub.missing.backtest.rows import Doubt, Fault, Outcome, Scan
from tests.backtest_parts import ZONE
from wire.names import Step

BEGIN = datetime(2026, 11, 1, tzinfo=ZONE)


def scan(row: int, waybill: str, hour: float, step: Step = Step.ARRIVE, **told: object) -> Scan:
    at = BEGIN + timedelta(hours=hour)
    plain = Scan(
        row, waybill, "755A", step, at.timestamp(), 8 * 3600, "755W", None, Outcome.NONE, "", ""
    )
    return replace(plain, **told)  # type: ignore[arg-type]


def gathered(*scans: Scan) -> Gatherer:
    found = Gatherer()
    for each in scans:
        found.add(each)
    return found


def test_the_next_scan_ends_a_silence_and_delivery_begins_none() -> None:
    planned_s = (BEGIN + timedelta(hours=3)).timestamp()
    past = past_of(
        gathered(
            scan(2, "A", 0, planned_s=planned_s),
            scan(3, "A", 5, Step.DEPART),
            scan(4, "A", 6, Step.DELIVER),
            scan(5, "B", 2),
        ).done()
    )
    silences = past.silences
    assert silences.hours.tolist() == [5, 1, 4]
    assert silences.is_open.tolist() == [False, False, True]
    assert silences.plan_h.tolist() == [3, 0, 0]
    assert silences.figures["late_h"].tolist() == [0, 2, 0]
    assert silences.figures["before_h"].tolist() == [0, 5, 0]
    assert silences.figures["hour"].tolist() == [0, 5, 2]
    assert silences.figures["weekday"].tolist() == [6, 6, 6]  # a Sunday
    assert silences.figures["number"].tolist() == [0, 1, 0]
    assert [STEPS[each // 2] for each in silences.kind] == [Step.ARRIVE, Step.DEPART, Step.ARRIVE]
    assert (silences.kind % 2).tolist() == [1, 0, 0]
    assert (past.open, past.gone, len(past.lost)) == (1, 0, 0)


def test_what_ended_in_nothing_is_neither_good_nor_lost_and_what_was_lost_is_no_good_parcel() -> (
    None
):
    past = past_of(
        gathered(
            scan(2, "gone", 0),
            scan(3, "lost", 0),
            scan(4, "lost", 9, outcome=Outcome.LOST),
            scan(5, "done", 3, outcome=Outcome.DELIVERED),
            scan(6, "new", GONE_H + 1),
        ).done()
    )
    assert past.gone == 1
    assert past.silences.hours.tolist() == [9, 0]
    assert past.lost.hours.tolist() == [GONE_H + 1 - 9]


def test_a_scan_told_twice_counts_once_and_order_is_mended_and_both_are_told() -> None:
    found = gathered(
        scan(2, "A", 5), scan(3, "A", 0), scan(4, "A", 5), scan(5, "A", 5, Step.SORT)
    ).done()
    assert found.row.tolist() == [3, 2, 5]
    told = [(each.row, each.what, each.more) for each in found.findings()]
    assert told == [(4, Fault.DUPLICATE, "2"), (2, Doubt.UNSORTED, "3")]


def test_a_parcel_both_delivered_and_lost_is_lost_and_it_is_told() -> None:
    found = Gatherer()
    assert found.add(scan(2, "A", 0, outcome=Outcome.DELIVERED)) is None
    odd = found.add(scan(3, "A", 1, outcome=Outcome.LOST))
    assert odd
    assert (odd.row, odd.what, odd.value) == (3, Doubt.TWO_OUTCOMES, "A")
    assert len(past_of(found.done()).lost) == 1


def test_there_is_a_most_of_rows_and_of_sites(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "ROWS_MAX", 2)
    full = gathered(*(scan(row, "A", row) for row in range(2)))
    with pytest.raises(TooManyRowsError):
        full.add(scan(2, "A", 2))
    monkeypatch.setattr(history, "ROWS_MAX", 10)
    monkeypatch.setattr(history, "SITES_MAX", 3)
    full = gathered(*(scan(row, "A", row, site=f"S{row}", next_site="S2") for row in range(2)))
    with pytest.raises(TooManyRowsError):
        full.add(scan(2, "A", 2, site="S3", next_site="S2"))


def many(parcels: int, hours: Callable[[int], float] = float) -> Gatherer:
    rng = np.random.default_rng(1)
    scans = []
    for number in range(parcels):
        at = hours(number)
        for place, step in enumerate((Step.ACCEPT, Step.DEPART, Step.ARRIVE, Step.DELIVER)):
            scans.append(scan(4 * number + place + 2, f"W{number}", at, step))
            at += 2 + float(rng.exponential(2))
    return gathered(*scans)


def test_of_too_many_silences_whole_parcels_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "SILENCES_MAX", 300)
    past = past_of(many(1_000).done())
    assert past.of_all == 3_000
    assert 200 < len(past.silences) < 400
    assert (np.unique(past.silences.parcel, return_counts=True)[1] == 3).all()


def test_what_comes_after_the_cut_is_not_learned_from() -> None:
    past = past_of(many(400).done())
    cut = cut_of(past)
    part = _by_time(past, cut)
    assert len(np.unique(part.test.parcel)) == 100
    assert not set(part.train.parcel) & set(part.test.parcel)
    assert not part.test.is_open.any()
    learned = np.isin(past.silences.parcel, part.train.parcel) & (past.begin_s < cut)
    assert (past.begin_s[learned] + part.train.hours * 3600 <= cut + 1e-3).all()
    assert part.train.is_open.sum() > 0


def test_a_history_too_thin_is_refused_with_what_is_missing() -> None:
    few = judge(past_of(many(100).done()), Split.TIME, lambda *_: None)
    assert few == Reason(Thin.LEARN, 75, LEARN_MIN)
    # Those who came last were seen once: nothing of them is over.
    gatherer = many(700)
    for number in range(250):
        gatherer.add(scan(9_000 + number, f"late{number}", 800 + number / 100))
    late = judge(past_of(gatherer.done()), Split.TIME, lambda *_: None)
    assert late == Reason(Thin.JUDGE, 0, JUDGE_MIN)
    none = judge(past_of(gathered(scan(2, "A", 0)).done()), Split.PARCELS, lambda *_: None)
    assert none == Reason(Thin.LEARN, 1, LEARN_MIN)
    assert JUDGE_MIN < LEARN_MIN


def test_a_budget_that_would_allow_too_few_false_alarms_is_left_out_and_told() -> None:
    found = judge(past_of(many(800).done()), Split.TIME, lambda *_: None)
    assert isinstance(found, Verdict)
    assert [(each.budget, each.needed) for each in found.skipped] == [(1, 2_000)]
    assert {row.budget for row in found.contest.rows} == {5, 10}
    assert found.kinds == ("accept", "arrive", "depart")
    assert "late against schedule" not in {row.method for row in found.contest.rows}
