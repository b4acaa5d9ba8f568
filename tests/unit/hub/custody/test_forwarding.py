"""Custody of a parcel that goes on under a new waybill: HV-2.9."""

import pytest

from hub.custody.rules.chain import BreachKind
from tests.custody_parts import Day, kinds, minute_of, only_breach, told
from wire.events import ActKind

NEW = "103000000002"


def relabelled() -> Day:
    """Accepted at 0; at 60 Kim accepts it again under the new waybill."""
    day = Day()
    day.scan(0, "accept", "KIM")
    day.scan(60, "accept", "KIM", waybill=NEW)
    return day


def test_the_first_scan_of_the_new_waybill_closes_the_old_ones_custody() -> None:
    chain = relabelled().chain(replaced_by=NEW)
    assert told(chain) == [(0, "KIM", "recorded")]
    last = chain.spans[-1]
    assert (last.to_at, last.closed_by) == (minute_of(60), "replaced")
    assert last.evidence[-1].waybill == NEW
    assert (chain.replaced_by, chain.is_over, chain.delivered) == (NEW, True, False)
    assert (kinds(chain), chain.gaps, chain.due_at) == ([], (), None)


def test_until_the_new_waybill_is_scanned_the_old_one_counts() -> None:
    day = Day()
    day.scan(0, "accept", "KIM")
    day.scan(90, "depart", "DRIVER")
    chain = day.chain(replaced_by=NEW)
    assert (chain.replaced_by, chain.is_over, kinds(chain)) == (None, False, [])


@pytest.mark.parametrize("step", ["load", "depart", "arrive", "out_for_delivery", "deliver"])
def test_moving_under_the_old_waybill_is_a_breach_and_gives_nobody_custody(step: str) -> None:
    day = relabelled()
    day.scan(120, step, "LIN", site="HUB")
    chain = day.chain(replaced_by=NEW)
    breach = only_breach(chain)
    assert (breach.kind, breach.rule, breach.words) == (BreachKind.OLD_WAYBILL, "HV-2.9", (NEW,))
    assert told(chain) == [(0, "KIM", "recorded")]
    assert not chain.delivered


def test_the_steps_of_one_site_are_one_breach() -> None:
    day = relabelled()
    for minute, step, site in (
        (70, "load", "BRANCH"),
        (80, "depart", "BRANCH"),
        (99, "arrive", "HUB"),
    ):
        day.scan(minute, step, "DRIVER", site=site)
    assert kinds(day.chain(replaced_by=NEW)) == [BreachKind.OLD_WAYBILL] * 2


def test_looking_at_the_old_label_is_none() -> None:
    day = relabelled()
    day.scan(70, "inspect", "KIM")
    day.scan(71, "count", "KIM")
    chain = day.chain(replaced_by=NEW)
    assert (kinds(chain), chain.contradictions) == ([], ())
    assert len(chain.spans[-1].evidence) == 4


def test_an_open_handover_and_a_tour_end_with_it() -> None:
    day = Day()
    day.scan(0, "out_for_delivery", "LIN")
    day.scan(10, "handover", "LIN")
    day.scan(20, "accept", "KIM", waybill=NEW)
    chain = day.chain(replaced_by=NEW)
    assert kinds(chain) == []
    assert chain.spans[-1].to_at == minute_of(20)


def test_a_delivered_parcel_goes_on_under_no_other_number() -> None:
    day = Day()
    day.scan(0, "accept", "KIM")
    day.act(30, ActKind.DELIVER, by="KIM", signed=True)
    day.scan(60, "accept", "KIM", waybill=NEW)
    chain = day.chain(replaced_by=NEW)
    assert (chain.delivered, chain.replaced_by) == (True, None)
    assert chain.spans[-1].to_at == minute_of(30)


def test_where_only_the_new_number_was_ever_scanned_nobody_held_the_old_one() -> None:
    day = Day()
    day.scan(60, "accept", "KIM", waybill=NEW)
    chain = day.chain(replaced_by=NEW)
    assert (chain.spans, chain.gaps) == ((), ())
