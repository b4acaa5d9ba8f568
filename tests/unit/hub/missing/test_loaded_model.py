"""A learned model that is asked by columns says what its tables say one by one."""

import random
from datetime import datetime, timedelta

import numpy as np
import pytest

from hub.missing.rules import loaded_model
from hub.missing.rules.figures import AHEAD_MAX
from hub.missing.rules.loaded_model import AFTER_S, KIND, RISK, SHARE, Ahead, LoadedModel
from hub.missing.rules.plan import Phase
from hub.missing.rules.scoring import ALONE, LEAD_H_MAX, Company, Silence
from hub.missing.rules.tables import FROM_H, POINTS, RISK_STEP, SLOT_H, Kind, Tables, curves_of
from hub.missing.rules.watch import LATE_H
from tests.missing_parts import HOUR, ROUTE, local, planner, seen
from tests.small_models import POOLS, calendar, kind, tables, underneath

T0 = underneath()


def rich() -> Tables:
    """Every effect and rate makes a difference."""
    rng = random.Random(7)

    def effect(size: int) -> tuple[float, ...]:
        return tuple(rng.uniform(-0.1, 0.1) for _ in range(size))

    kinds = {
        pool: kind(
            risks=5,
            mean_h=1.0 + number,
            steadiness=0.6,
            risk_mean=0.05,
            lead=effect(LEAD_H_MAX + 1),
            late=effect(2 * LATE_H + 1),
            ahead=effect(AHEAD_MAX + 1),
        )
        for number, pool in enumerate(POOLS)
    }
    return tables(
        kinds=kinds,
        usual={"out:755A": 0.0, "in-4h:755A>755W": 0.1},
        newcomers={pool: kind(mean_h=9.0) for pool in POOLS[:2]},
        read=dict.fromkeys(POOLS, 0.8),
        missed=dict.fromkeys(POOLS, 0.03),
    )


def silences() -> list[Silence]:
    plan = planner()
    ways = [
        ("755A", Phase.OUT, local(14, "19:30")),
        ("755A", Phase.IN, local(14, "15:00")),
        ("755W", Phase.IN, local(14, "22:30")),
        ("020B", Phase.IN, local(15, "08:00")),
    ]
    companies = [ALONE, Company(has_come=True), Company(is_opened=True), Company(is_left=True)]
    found = []
    for nth, (site, phase, at) in enumerate(ways):
        stops = plan.stops_ahead(seen(site, phase, at), ROUTE[ROUTE.index(site) :], ())
        for lead_h, late_h in ((0, 0), (LEAD_H_MAX, -LATE_H), (3, LATE_H)):
            company = companies[(nth + lead_h) % len(companies)]
            found.append(Silence(stops, 4, False, bool(nth % 2), company, lead_h, late_h))
    return found


def known(model: LoadedModel) -> list[tuple[Silence, Ahead]]:
    found = [(each, model.ahead(each, T0)) for each in silences()]
    return [(each, ahead) for each, ahead in found if ahead is not None]


def one_by_one(
    model: Tables, silence: Silence, ahead: Ahead, late: timedelta, *, steady: bool
) -> float:
    kinds: list[Kind] = [*model.kinds.values(), *model.newcomers.values()]
    elsewhere = np.frombuffer(model.elsewhere_curve, "<f4")
    total = 0.0
    for end in ahead:
        curve, number = elsewhere, int(end[KIND])
        if number < len(kinds):
            own = kinds[number]
            risk = end[RISK] + own.lead[silence.lead_h] + own.late[silence.late_h + LATE_H]
            if steady:
                risk = own.risk_mean + own.steadiness * (risk - own.risk_mean)
            rows = curves_of(own)
            row = round((risk - own.risk_from) / RISK_STEP)
            curve = rows[min(max(row, 0), len(rows) - 1)]
        hours = (late.total_seconds() - end[AFTER_S]) / 3600
        point = int((hours - FROM_H) // SLOT_H)
        total += end[SHARE] * (1.0 if point < 0 else float(curve[min(point, POINTS - 1)]))
    return total


@pytest.mark.parametrize("steady", [True, False])
@pytest.mark.parametrize("late_h", [-60.0, -24.1, -0.4, 0.0, 7.3, 95.9, 400.0])
def test_s_is_summed_over_every_way_in_which_a_silence_may_end(late_h: float, steady: bool) -> None:
    told, model = rich(), LoadedModel(rich(), calendar())
    asked, slots = known(model), 7
    assert len(asked) == len(silences())
    assert len({int(row[KIND]) for _, ahead in asked for row in ahead}) > len(POOLS)
    found = model.survival(asked, late_h * HOUR, slots, steady=steady)
    for row, (silence, ahead) in enumerate(asked):
        for nth in range(slots):
            late = (late_h + nth * SLOT_H) * HOUR
            right = one_by_one(told, silence, ahead, late, steady=steady)
            assert found[row, nth] == pytest.approx(right, abs=1e-6)


def test_shares_of_all_ends_are_one() -> None:
    """But for what came with its company, or was left in its bag: most of that is ruled out."""
    for silence, ahead in known(LoadedModel(rich(), calendar())):
        whole = ahead[:, SHARE].sum()
        if silence.company.has_come or silence.company.is_opened:
            assert 0 < whole < 0.3
        else:
            assert whole == pytest.approx(1.0)


def test_a_full_memory_begins_anew_and_answers_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = known(LoadedModel(rich(), calendar()))
    monkeypatch.setattr(loaded_model, "STOPS_KEPT_MAX", 2)
    monkeypatch.setattr(loaded_model, "WAYS_KEPT_MAX", 1)
    small = LoadedModel(rich(), calendar())
    for _ in range(2):
        again = known(small)
        assert all(np.array_equal(a, b) for (_, a), (_, b) in zip(whole, again, strict=True))


def test_what_is_left_with_others_ends_with_the_next_departure_alone() -> None:
    model = LoadedModel(rich(), calendar())
    waits = silences()[3]
    alone, left = (
        model.ahead(Silence(waits.stops, 4, False, company=company), T0)
        for company in (ALONE, Company(is_left=True))
    )
    assert alone is not None
    assert left is not None
    first: datetime = waits.stops[0].by
    on_time, later = (0.0, (waits.stops[0].again - first).total_seconds())
    assert later > 0
    expected = left[left[:, KIND] < len(POOLS) + 2]
    assert expected[expected[:, AFTER_S] == on_time][:, SHARE].sum() == 0
    assert expected[expected[:, AFTER_S] == later][:, SHARE].sum() > 0.5
    assert alone[alone[:, AFTER_S] == on_time][:, SHARE].sum() > 0.5
