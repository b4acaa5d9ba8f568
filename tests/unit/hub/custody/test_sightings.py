"""A camera read the label: evidence of place only. Design section 6, last row of the table."""

import pytest

from hub.custody.findings import what_en, what_zh
from hub.custody.rules.chain import BreachKind
from hub.custody.rules.records import in_order
from tests.custody_parts import Day, bag, gaps, kinds, minute_of, only_breach, told, truck
from wire.events import ActKind


def stored() -> Day:
    day = Day()
    day.scan(0, "accept", "KIM")
    day.scan(10, "store", "KEEPER", place="cage1")
    return day


def test_at_the_holders_site_it_is_evidence_and_changes_nothing() -> None:
    day = stored()
    before = day.chain()
    seen = day.sighting(20)
    chain = day.chain()
    assert told(chain) == told(before)
    (*_, first), (*_, last) = before.spans, chain.spans
    assert (last.place, last.containers, last.opened_by) == (first.place, first.containers, "store")
    assert seen in last.evidence
    assert (kinds(chain), chain.contradictions, chain.exits) == ([], (), ())


def test_elsewhere_than_at_the_holders_site_it_is_a_contradiction_that_is_told() -> None:
    day = stored()
    seen = day.sighting(20, site="HUB", camera="overhead-2")
    chain = day.chain()
    assert told(chain)[-1] == (20, "KEEPER", "contradicted")
    assert (chain.spans[-1].site, chain.spans[-1].opened_by) == ("HUB", "sighting")
    (contradiction,) = chain.contradictions
    assert (contradiction.holder_site, contradiction.evidence) == ("BRANCH", seen)
    breach = only_breach(chain)
    assert (breach.kind, breach.rule) == (BreachKind.SEEN_ELSEWHERE, "HV-2.11.2")
    assert (what_zh(breach), what_en(breach)) == (
        "overhead-2，记录在 BRANCH",
        "overhead-2, on record at BRANCH",
    )


def test_what_stays_in_view_there_is_told_once() -> None:
    day = stored()
    for minute in (20, 21, 22):
        day.sighting(minute, site="HUB")
    assert len(day.chain().contradictions) == 1
    assert kinds(day.chain()) == [BreachKind.SEEN_ELSEWHERE]


def test_a_scan_that_comes_late_and_explains_it_takes_it_back() -> None:
    day = stored()
    day.sighting(60, site="HUB")
    day.scan(30, "depart", "DRIVER", container=truck(), edge="gate")
    chain = day.chain()
    assert (kinds(chain), chain.contradictions) == ([], ())
    assert chain.spans[-1].site == "HUB"


def test_under_way_it_shows_where_the_parcel_is_and_the_driver_goes_on_holding_it() -> None:
    day = stored()
    day.scan(30, "load", "DRIVER", container=truck())
    day.scan(31, "depart", "DRIVER", container=truck())
    day.sighting(60, site="HUB")
    chain = day.chain()
    assert told(chain)[-1] == (60, "DRIVER", "recorded")
    assert (chain.spans[-1].site, chain.spans[-1].containers) == ("HUB", (truck(),))
    assert chain.contradictions == ()


def test_it_takes_nothing_out_of_its_bag_and_shows_no_exit() -> None:
    day = Day(site="HUB")
    day.scan(0, "accept", "SORTER")
    day.scan(5, "pack", "SORTER", container=bag())
    day.sighting(10)
    chain = day.chain()
    assert chain.spans[-1].containers == (bag(),)
    assert chain.exits == ()


def test_it_begins_no_custody_and_no_gap() -> None:
    day = Day()
    day.sighting(0)
    assert (day.chain().spans, day.chain().gaps) == ((), ())
    day.scan(1, "accept", "KIM")
    assert told(day.chain()) == [(1, "KIM", "recorded")]
    assert gaps(day.chain()) == []


def test_after_the_delivery_it_is_a_contradiction_and_the_parcel_stays_delivered() -> None:
    day = stored()
    day.scan(30, "out_for_delivery", "LIN")
    day.scan(40, "deliver", "LIN")
    day.act(41, ActKind.DELIVER, by="LIN", signed=True)
    day.sighting(90)
    chain = day.chain()
    assert chain.delivered
    assert chain.span_at(minute_of(95)) is None
    assert kinds(chain) == [BreachKind.SEEN_ELSEWHERE]


def test_its_old_label_is_noted_and_is_no_move() -> None:
    day = stored()
    day.scan(30, "accept", "KIM", waybill="103000000002")
    day.sighting(40, site="HUB")
    chain = day.chain(replaced_by="103000000002")
    assert (kinds(chain), chain.contradictions) == ([], ())


@pytest.mark.parametrize("camera", ["belt", None])
def test_a_sighting_that_waited_for_the_spool_stands_at_its_own_time(camera: str | None) -> None:
    day = Day()
    first, second = day.scan(10, "accept", "KIM"), day.scan(50, "sort", "KIM")
    waited = day.sighting(30) if camera else day.scan(30, "count", "KIM")
    ordered = [first, waited, second] if camera else [first, second, waited]
    assert [each.seq for each in in_order(day.records)] == [each.seq for each in ordered]
