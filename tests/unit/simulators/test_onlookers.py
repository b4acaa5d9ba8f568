"""Who looks on while the demo's day passes: the teller, the watcher, the clerk."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.incidents.rules import State
from simulators.captions import MARK, Chapter, caption, programme
from simulators.carrier.pulls import Pull
from simulators.clerk import Clerk
from simulators.demo_day import (
    DAYS,
    EDGE_SITES,
    HUB,
    PARCELS_PER_DAY_MIN,
    POLICY,
    THIRD,
    DemoDays,
    Theft,
    make_days,
    make_world,
    opens_at,
    starts_at,
)
from simulators.demo_site import plan_edges
from simulators.post_office import TakenMail
from simulators.teller import Teller
from simulators.watcher import Pages, Watcher
from tests.unit.simulators.stage_fakes import START, FakeHub, FakePeople
from wire.limits import DEVICES_PER_EDGE_MAX
from wire.names import Signal, Step, format_at

WAYBILL = "103000000001"
THEFT = Theft(WAYBILL, "755X1", "755A", "755C", START, START + timedelta(hours=3))
MINUTE = timedelta(minutes=1)
OPENING = opens_at(starts_at(make_world(3)))
CONSOLE = "http://127.0.0.1:8000/console"
STATION = "http://127.0.0.1:8082/"
INCIDENTS = "incidents?limit=100"


@pytest.fixture(scope="module")
def days() -> DemoDays:
    return make_days(3, OPENING)


def pulls(*codes: str) -> list[Pull]:
    return [Pull(START, "755A", "dock", "dock-1", code) for code in codes]


def tell(*codes: str) -> str | None:
    teller = Teller({"755A-03": "王芳", "755A-04": "李强"})
    return [teller.hear(pull) for pull in pulls(*codes)][-1]


def test_a_handover_is_told_with_both_people() -> None:
    line = tell(
        "CX:BY:755A-03", "CX:STEP:handover", WAYBILL, "755000000001", "CX:BY:755A-04", "CX:END"
    )
    assert line == "王芳 交接 → 李强 hands over to 李强: 2 件 parcels (1 高价值 HV)"


def test_bags_that_move_whole_are_counted_apart() -> None:
    line = tell("CX:BY:x", "CX:STEP:load", "CX:VEH:V1", "CX:BAG:B1", "CX:BAG:B2", "CX:END")
    assert line == "x 装车 loads: 0 件 parcels (0 高价值 HV) + 2 包 bags"
    assert tell("CX:STEP:pack", "CX:BAG:B1", WAYBILL, "CX:END") is not None


def test_an_end_without_a_step_says_nothing() -> None:
    assert tell("CX:END") is None


@pytest.mark.parametrize("step", Step)
def test_every_step_has_words_in_both_languages(step: Step) -> None:
    line = tell("CX:BY:755A-03", f"CX:STEP:{step}", "CX:END")
    assert line is not None
    assert not line.isascii()


def test_a_half_handover_is_expected_to_be_warned_of() -> None:
    teller = Teller({})
    for pull in pulls("CX:BY:a", "CX:STEP:handover", WAYBILL):
        teller.hear(pull)
    (half,) = pulls("CX:END")
    assert teller.expects(half) == (Signal.WARN,)
    (badge,) = pulls("CX:BY:b")
    teller.hear(badge)
    assert teller.expects(half) == (Signal.OK,)
    parcel, ordinary = pulls(WAYBILL, "755000000001")
    assert teller.expects(parcel) == (Signal.WANTED,)
    assert teller.expects(ordinary) == (Signal.OK, Signal.WANTED), "it may have been missed"


def incident(state: str) -> dict[str, Any]:
    return {
        "id": 7,
        "subject": WAYBILL,
        "state": state,
        "site": "755X1",
        "previous_site": "755A",
    }


def watch(hub: FakeHub, people: FakePeople, mails: list[TakenMail] | None = None) -> Watcher:
    waiting = [mails or []]
    pages = Pages(CONSOLE, {"755X1": STATION})
    return Watcher([THEFT], hub, people, lambda: waiting.pop() if waiting else [], pages)


def test_a_theft_is_announced_when_it_happens_and_each_state_of_its_search_once() -> None:
    hub, people = FakeHub(), FakePeople()
    watcher = watch(hub, people)
    hub.answers[INCIDENTS] = {"items": []}
    watcher.look(START - MINUTE)
    assert people.announced == []
    watcher.look(START)
    (stolen,) = people.announced
    assert stolen.where == f"{CONSOLE}/parcels/{WAYBILL}"
    hub.answers[INCIDENTS] = {"items": [incident("self_check")]}
    for minute in range(1, 6):
        watcher.look(START + minute * MINUTE)
    assert len(people.announced) == 2
    assert people.announced[-1].where == f"{CONSOLE}/incidents/7  {STATION}"
    hub.answers[INCIDENTS] = {"items": [incident("found")]}
    watcher.look(START + 10 * MINUTE)
    assert people.announced[-1].en.startswith("[5/5] Found")
    assert people.announced[-1].where == f"{CONSOLE}/incidents/7"


def test_the_site_and_the_one_before_answer_their_search_after_a_while() -> None:
    hub, people = FakeHub(), FakePeople()
    watcher = watch(hub, people)
    hub.answers[INCIDENTS] = {"items": [incident("self_check")]}
    watcher.look(START)
    assert people.searched == []
    watcher.look(START + 30 * MINUTE)
    watcher.look(START + 50 * MINUTE)
    assert people.searched == [("755A", 7), ("755X1", 7)]
    assert [words.zh for words in people.announced if words.en.startswith("[3/5]")] == [
        f"[3/5] 自查：{site} 的保管员在网点页面上答复：未找到" for site in ("755A", "755X1")
    ]


def test_incidents_of_others_are_no_business_of_the_watchers() -> None:
    hub, people = FakeHub(), FakePeople()
    hub.answers[INCIDENTS] = {"items": [incident("self_check") | {"subject": "103999999999"}]}
    watch(hub, people).look(START - MINUTE)
    assert people.announced == []


def test_mails_are_told_with_their_subjects() -> None:
    hub, people = FakeHub(), FakePeople()
    hub.answers[INCIDENTS] = {"items": []}
    watcher = watch(hub, people, [TakenMail(("a@755a.example",), "疑似遗失 suspected")])
    watcher.look(START)
    watcher.look(START)
    assert people.told == [("mail", "邮件 to a@755a.example: 疑似遗失 suspected")]


def test_a_hub_that_does_not_answer_is_a_surprise_to_the_watcher() -> None:
    people = FakePeople()
    watch(FakeHub("the hub did not answer"), people).look(START)
    assert people.surprises == [("hub", "the hub did not answer")]


@pytest.mark.parametrize("state", State)
def test_every_state_of_an_incident_is_a_chapter_in_both_languages(state: State) -> None:
    places = {"console": CONSOLE, "station": STATION, "site": "755X1"}
    words = caption(Chapter(state), waybill=WAYBILL, incident=7, **places)
    assert words.en.isascii()
    assert not words.zh.isascii()
    assert "{" not in "".join(words)


def test_the_programme_tells_minutes_of_the_onlookers_watch() -> None:
    lines = programme(THEFT, START - 90 * MINUTE, 60.0, CONSOLE)
    assert any("in about 2 min: a theft at 755X1" in line for line in lines)
    assert any("in about 4 min: found by a scan at 755C" in line for line in lines)
    assert all(line.startswith(MARK) for line in lines)
    assert CONSOLE in lines[0]


def lists(**fields: object) -> dict[str, Any]:
    return {"items": [{"id": 4, "list_due_at": format_at(START), "receipts": [], **fields}]}


def test_a_dispatch_list_is_sent_forwarded_and_received() -> None:
    hub, people = FakeHub(), FakePeople()
    clerk = Clerk(hub, hub, (), people)
    receipt = {"centre": "755R", "received_at": None}
    for minute, found in enumerate(
        (
            lists(state="draft"),
            lists(state="sent"),
            lists(state="forwarded", receipts=[receipt]),
            lists(state="received"),
        )
    ):
        hub.answers["dispatch?limit=100"] = found
        clerk.look(START + 10 * minute * MINUTE)
    assert [(path, body) for _, path, body in hub.sent] == [
        ("dispatch/4/send", {}),
        ("dispatch/4/forward", {}),
        ("dispatch/4/receive", {"centre": "755R"}),
    ]


def test_a_list_that_is_still_growing_is_not_sent() -> None:
    hub = FakeHub()
    hub.answers["dispatch?limit=100"] = lists(
        state="draft", list_due_at=format_at(START + timedelta(hours=1))
    )
    Clerk(hub, hub, (), FakePeople()).look(START)
    assert hub.sent == []


def test_each_site_asks_for_its_suspects_once_an_hour() -> None:
    hub = FakeHub()
    hub.answers = {"dispatch?limit=100": {"items": []}}
    person = FakeHub()
    person.answers = {"suspects?site=755A": {"items": []}}
    clerk = Clerk(hub, person, ("755A",), FakePeople())
    for minute in range(0, 61, 5):
        clerk.look(START + minute * MINUTE)
    assert person.asked == ["suspects?site=755A"] * 2
    assert hub.asked.count("dispatch?limit=100") == 7


def test_a_hub_that_refuses_the_clerk_is_a_surprise() -> None:
    people = FakePeople()
    hub = FakeHub("the hub answered 409")
    Clerk(hub, hub, (), people).look(START)
    assert people.surprises == [("hub", "the hub answered 409")]


def test_every_day_of_the_demo_has_a_theft_that_is_found_at_a_third_site(days: DemoDays) -> None:
    assert len(days.thefts) == DAYS
    for theft in days.thefts:
        assert (theft.site, theft.third_site) == (HUB, THIRD)
        assert theft.found_at > theft.stolen_at + timedelta(hours=2)
    assert days.thefts[0].stolen_at - OPENING < timedelta(hours=2)
    assert days.doings[0].at >= OPENING
    assert make_days(3, OPENING).doings == days.doings


@pytest.mark.parametrize("seed", range(5))
def test_a_demo_with_few_parcels_has_its_theft_too(seed: int) -> None:
    few = make_days(seed, opens_at(starts_at(make_world(seed))), PARCELS_PER_DAY_MIN)
    assert len(few.thefts) == DAYS


@pytest.mark.parametrize(
    ("ready", "opens"), [("08:12:00", "08:00"), ("08:19:59", "08:00"), ("08:20:00", "09:00")]
)
def test_the_day_opens_with_the_full_hour_unless_that_is_long_past(ready: str, opens: str) -> None:
    ready_at = datetime.fromisoformat(f"2026-11-23T{ready}+00:00")
    assert f"{opens_at(ready_at):%H:%M}" == opens


def test_the_demos_edges_have_every_scanner_that_its_days_need(days: DemoDays) -> None:
    edges = plan_edges(make_world(3))
    assert tuple(plan.site for plan in edges) == EDGE_SITES
    known = {(plan.site, scanner.id) for plan in edges for scanner in plan.scanners}
    used = {(each.site, each.device) for each in days.doings if isinstance(each, Pull)}
    assert used <= known
    assert all(len(plan.scanners) <= DEVICES_PER_EDGE_MAX for plan in edges)


def test_the_demos_policy_is_one_that_a_hub_takes() -> None:
    from importlib.resources import files

    from wire.policy import parse_policy

    shipped = (files("wire") / "policy.toml").read_bytes()
    assert parse_policy(shipped, POLICY.encode()).missing.late_min == 10
