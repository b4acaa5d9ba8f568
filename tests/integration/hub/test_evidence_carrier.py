"""Every number in the evidence of every suspect, counted again from what the hub had heard.

Simulated carriers whose seeds are drawn when the tests run, and printed. Must show 4 of the issue.
"""

import random
from bisect import bisect_right
from datetime import timedelta

import pytest

from hub.calendar import Holidays
from hub.config import load_policy
from hub.evidence import LineKind, Verdict
from hub.fact import Fact
from hub.missing.duties import LookDuty, SuspectDuty
from hub.missing.judge import make_judge
from hub.missing.project import MissingProjection
from hub.missing.second_look import SecondLooks
from hub.missing.watchman import make_watchman
from simulators.carrier.day import CarrierDays, simulate
from simulators.carrier.noise import Noise
from tests.carrier_bridge import inputs, network_of
from tests.evidence_check import Checker
from tests.evidence_recount import Heard
from tests.memory_missing import MemoryTables

CARRIERS = 2
PARCELS = 500
NOISE = Noise(stolen_pct=(4, 6), lost_pct=(4, 6))
TICK = timedelta(hours=2)
AFTERWARDS = timedelta(hours=200)
BATCH = 200
SUSPECTS_MIN = 30
"""Fewer of a carrier would not be worth the name of a check."""


def play(days: CarrierDays) -> Checker:
    """Let the room work through a carrier's days, and count again at each suspicion."""
    network, policy = network_of(days), load_policy(None)
    tables = MemoryTables(network)
    heard = Heard(network, policy, frozenset(days.world.holidays))
    judge = make_judge(network, policy, Holidays(policy.holiday).is_holiday)
    checker = Checker(tables, heard, judge)
    tables.on_raise = checker
    tables.on_look = checker.look
    given = inputs(days)
    times = [each.received_at if isinstance(each, Fact) else each.at for each in given]
    with pytest.MonkeyPatch.context() as patch:
        tables.stand_in(patch)
        projection = MissingProjection(judge, None, policy)  # type: ignore[arg-type]  # told to the tables
        watchman = make_watchman(judge, None, policy)  # type: ignore[arg-type]  # the same
        duties = (SuspectDuty(watchman), LookDuty(SecondLooks(watchman)))
        now, place = times[0], 0
        while now < times[-1] + AFTERWARDS:
            now += TICK
            upto = bisect_right(times, now)
            for call in (each for each in given[place:upto] if not isinstance(each, Fact)):
                if call.method == "PUT" and call.path.startswith("parcels/") and call.body:
                    waybill = call.path.removeprefix("parcels/")
                    ends = str(call.body["origin"]), str(call.body["destination"])
                    tables.declare(waybill, *ends, call.at)
                    heard.routes[waybill] = tables.routes[waybill]
            facts = [each for each in given[place:upto] if isinstance(each, Fact)]
            for part in (facts[begin : begin + BATCH] for begin in range(0, len(facts), BATCH)):
                tables.see(part)
                heard.hear(part)
                projection.apply(None, part, now)  # type: ignore[arg-type]  # no database
            place = upto
            for duty in duties:
                duty.run(None, now)  # type: ignore[arg-type]  # no database
            heard.turn()
    return checker


@pytest.mark.timeout(300)
@pytest.mark.parametrize("nth", range(CARRIERS))
def test_every_number_of_every_suspect_is_what_the_raw_facts_give(nth: int) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"carrier {nth + 1} of {CARRIERS}: seed {seed}")
    checker = play(simulate(seed, PARCELS, NOISE, days=2))
    print(f"lines by kind: {dict(checker.checked)}; mutants caught: {checker.caught['mutants']}")
    assert checker.checked[LineKind.SILENCE] >= SUSPECTS_MIN
    assert checker.checked[LineKind.COMPANY] > 0
    assert checker.checked[Verdict.DOUBTFUL] + checker.checked[Verdict.SURER] >= SUSPECTS_MIN
    assert checker.caught["mutants"] >= 20 * SUSPECTS_MIN
