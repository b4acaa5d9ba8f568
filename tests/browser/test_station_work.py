"""The forms of the station page: searches, who signed, exceptions, in Chromium."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import station_states as states
from tests.browser.screenshots import shoot
from tests.browser.station_fake import FakeEdge

pytestmark = pytest.mark.browser

WAIT_S = 10.0
TOUCH_PX_MIN = 72
VERDICT_PX_MIN = 72
TENINCH = {"width": 1280, "height": 800}
HANDHELD = {"width": 360, "height": 720}
ID = "440301199001011234"


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def said(edge: FakeEdge) -> list[dict[str, Any]]:
    """What the page sent, without the keys that it drew."""
    return [
        {name: value for name, value in form.items() if name != "key"}
        for form in edge.heard
        if isinstance(form, dict)
    ]


def keys(edge: FakeEdge) -> list[str]:
    return [form["key"] for form in edge.heard if isinstance(form, dict)]


# ---------------------------------------------------------------- a search (HV-2.11.2)


def test_a_search_asks_for_every_place_before_not_found_can_be_said(
    edge: FakeEdge, page: Page
) -> None:
    edge.show(states.with_search())
    page.goto(edge.url)
    expect(page.locator(".dock-searches")).to_have_text("自查1 · 剩 42:11")
    page.locator(".dock-searches").click()
    expect(page.locator("h1")).to_contain_text("在不在这里")
    found, missed = page.locator(".send").nth(0), page.locator(".send").nth(1)
    expect(found).to_be_enabled()
    expect(missed).to_be_disabled()
    for box in page.locator(".check").all():
        box.click()
    expect(missed).to_be_enabled()
    shoot(page, "station-search-zh")
    missed.click()
    expect(page.locator(".done .word")).to_have_text("已记录")
    assert said(edge) == [
        {
            "type": "self_check",
            "device": "dock-1",
            "incident": 7,
            "found": False,
            "checks": ["cage", "belt", "vehicle", "counter"],
        }
    ]
    shoot(page, "station-search-recorded-zh")


def test_a_found_parcel_needs_no_more_ticks(edge: FakeEdge, page: Page) -> None:
    edge.show(states.with_search())
    page.goto(edge.url)
    page.locator(".dock-searches").click()
    page.locator(".check").nth(1).click()
    page.locator(".send").nth(0).click()
    until(lambda: len(edge.heard) == 1)
    assert (said(edge)[0]["found"], said(edge)[0]["checks"]) == (True, ["belt"])


def test_ticks_outlive_the_countdown_and_other_scans(edge: FakeEdge, page: Page) -> None:
    edge.show(states.with_search())
    page.goto(edge.url)
    page.locator(".dock-searches").click()
    page.locator(".check").nth(0).click()
    later = states.scanned("recorded", {}, tasks=[states.task(7, "103000000001", 60)], task_count=1)
    edge.show(later)
    expect(page.locator(".countdown")).to_have_text("剩 1:00")
    expect(page.locator(".check").nth(0)).to_have_attribute("aria-checked", "true")
    expect(page.locator("#stage .word")).to_have_text("已记录")


def test_nobody_on_duty_cannot_answer_a_search(edge: FakeEdge, page: Page) -> None:
    state = states.with_search()
    state["session"] = [{**states.SESSION, "who": None}]
    edge.show(state)
    page.goto(edge.url)
    page.locator(".dock-searches").click()
    expect(page.locator(".form-who")).to_contain_text("请先扫工牌")
    for button in page.locator(".send").all():
        expect(button).to_be_disabled()
    edge.show(states.with_search())
    expect(page.locator(".form-who")).to_have_text("由 李强 记录")
    expect(page.locator(".send").nth(0)).to_be_enabled()


def test_several_searches_are_a_list_with_the_most_urgent_on_top(
    edge: FakeEdge, page: Page
) -> None:
    edge.show(states.with_searches())
    for language in ("zh", "en"):
        page.goto(f"{edge.url}?lang={language}")
        expect(page.locator(".dock-searches")).to_have_class("dock-button dock-searches dock-late")
        page.locator(".dock-searches").click()
        expect(page.locator(".row-button .waybill").first).to_have_text("103000000044")
        shoot(page, f"station-searches-{language}")
    page.locator(".row-button").nth(1).click()
    expect(page.locator(".subject .code")).to_have_text("103000000001")
    shoot(page, "station-search-en")


def test_a_search_that_is_called_off_closes_its_form(edge: FakeEdge, page: Page) -> None:
    edge.show(states.with_search())
    page.goto(edge.url)
    page.locator(".dock-searches").click()
    expect(page.locator(".check").first).to_be_visible()
    edge.show(states.base())
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.locator(".dock-searches")).to_be_hidden()


# ---------------------------------------------------------------- who signed (HV-2.6)


def test_a_signers_id_is_sent_once_and_leaves_the_screen(edge: FakeEdge, page: Page) -> None:
    edge.show(states.with_signers())
    page.goto(edge.url)
    page.locator(".dock-signers").click()
    page.get_by_label("证件号码").fill(ID)
    page.get_by_label("签收人姓名").fill("张三")
    shoot(page, "station-signer-zh")
    page.keyboard.press("Enter")
    expect(page.locator(".done .word")).to_have_text("已记录")
    assert said(edge) == [
        {"type": "deliver", "waybill": "103000000001", "signer_name": "张三", "signer_id": ID}
    ]
    assert ID not in page.content()
    edge.show(states.base())
    expect(page.locator("#panel")).to_be_hidden(timeout=8000)
    page.locator(".dock-exception").click()
    assert ID not in page.content()


def test_what_is_not_recorded_says_so_keeps_what_was_typed_and_goes_again_under_its_key(
    edge: FakeEdge, page: Page
) -> None:
    edge.show(states.with_signers())
    edge.answers = {"recorded": False, "reason": "disk"}
    for language in ("zh", "en"):
        page.goto(f"{edge.url}?lang={language}")
        page.locator(".dock-signers").click()
        page.locator(".field-large").fill(ID)
        page.keyboard.press("Enter")
        expect(page.locator(".form-failed")).to_be_visible()
        shoot(page, f"station-signer-failed-{language}")
    edge.heard.clear()
    page.locator(".send").click()
    until(lambda: len(edge.heard) == 1)
    expect(page.locator(".form-failed")).to_be_visible()
    edge.answers = {"recorded": True, "reason": None}
    page.locator(".send").click()
    expect(page.locator(".done .word")).to_have_text("Recorded")
    assert len(set(keys(edge))) == 1
    assert said(edge)[-1]["signer_id"] == ID


def test_a_link_that_breaks_under_a_form_sends_it_again_under_the_same_key(
    edge: FakeEdge, page: Page
) -> None:
    edge.show(states.with_signers())
    edge.answers = None
    page.goto(edge.url)
    page.locator(".dock-signers").click()
    page.locator(".field-large").fill(ID)
    page.keyboard.press("Enter")
    expect(page.locator(".form-said")).to_have_text("正在记录……")
    expect(page.locator(".send")).to_be_disabled()
    edge.refuses = True
    expect(page.locator("#stage .word")).to_have_text("与扫描站失去连接")
    expect(page.locator("#panel")).to_be_hidden()
    edge.answers = {"recorded": True, "reason": None}
    edge.refuses = False
    expect(page.locator(".done .word")).to_have_text("已记录", timeout=10_000)
    assert len(keys(edge)) >= 2
    assert len(set(keys(edge))) == 1


def test_an_alarm_takes_the_screen_and_the_form_comes_back_as_it_was(
    edge: FakeEdge, page: Page
) -> None:
    edge.show(states.with_signers())
    page.goto(edge.url)
    page.locator(".dock-signers").click()
    page.locator(".field-large").fill(ID[:6])
    edge.show(states.wanted())
    expect(page.locator(".ack")).to_be_in_viewport(ratio=1)
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.locator("#dock")).to_be_hidden()
    edge.show(states.with_signers())
    expect(page.locator(".field-large")).to_have_value(ID[:6])


def test_under_an_open_form_each_verdict_keeps_its_size(edge: FakeEdge, page: Page) -> None:
    edge.show(states.with_signers())
    page.goto(edge.url)
    page.locator(".dock-signers").click()
    work = states.with_signers()
    for scanned in (states.recorded(), states.warn(), states.command(), states.handover({})):
        edge.show({**scanned, **{k: work[k] for k in ("deliveries", "delivery_count")}})
        expect(page.locator(f"body[data-screen={scanned['screen']}]")).to_be_visible()
        size_px = page.evaluate(
            "parseFloat(getComputedStyle(document.querySelector('#stage .word')).fontSize)"
        )
        assert size_px >= VERDICT_PX_MIN
        expect(page.locator(".field-large")).to_be_in_viewport(ratio=1)
        shoot(page, f"station-form-under-{scanned['screen']}-zh")


def test_several_deliveries_are_a_list(edge: FakeEdge, page: Page) -> None:
    edge.show(states.with_signers(3))
    page.goto(edge.url)
    page.locator(".dock-signers").click()
    page.locator(".row-button").nth(2).click()
    expect(page.locator(".subject .code")).to_have_text("103000000003")


# ---------------------------------------------------------------- exceptions (HV-3)


def test_a_scan_fills_the_waybill_in_until_somebody_types_one(edge: FakeEdge, page: Page) -> None:
    edge.show(states.recorded())
    page.goto(edge.url)
    page.locator(".dock-exception").click()
    number = page.locator("#exception-waybill")
    expect(number).to_have_value("755000123456")
    edge.show(states.scanned("recorded", {"waybill": "755000000009"}))
    expect(number).to_have_value("755000000009")
    number.fill("103000000001")
    edge.show(states.recorded())
    expect(page.locator("#stage .code")).to_have_text("755000123456")
    expect(number).to_have_value("103000000001")
    page.get_by_label("可疑").check()
    page.get_by_label("说明").fill("包装与登记不符")
    shoot(page, "station-exception-zh")
    page.locator(".send").click()
    expect(page.locator(".done")).to_be_visible()
    assert said(edge) == [
        {
            "type": "exception",
            "device": "dock-1",
            "waybill": "103000000001",
            "reason": "suspicious",
            "note": "包装与登记不符",
        }
    ]


def test_an_exception_without_a_reason_is_not_sent(edge: FakeEdge, page: Page) -> None:
    edge.show(states.recorded())
    page.goto(edge.url)
    page.locator(".dock-exception").click()
    page.locator(".send").click()
    page.wait_for_timeout(300)
    assert edge.heard == []


# ---------------------------------------------------------------- all of them

FORMS = [
    ("searches", states.with_search()),
    ("searches", states.with_searches()),
    ("signers", states.with_signers()),
    ("signers", states.with_signers(3)),
    ("exception", states.base()),
]


@pytest.mark.parametrize(("name", "state"), FORMS)
def test_gloves_hit_everything_and_nothing_overflows(
    edge: FakeEdge, page: Page, name: str, state: states.State
) -> None:
    edge.show(state)
    for language, viewport in (("zh", TENINCH), ("en", HANDHELD)):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]  # a plain dict is what it takes
        page.goto(f"{edge.url}?lang={language}")
        page.locator(f".dock-{name}").click()
        heights = page.evaluate(
            "[...document.querySelectorAll('#panel :is(button, input[type=text], .tile)')]"
            ".map(e => e.getBoundingClientRect().height)"
        )
        assert heights
        assert min(heights) >= TOUCH_PX_MIN
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        assert (
            page.evaluate("(p => p.scrollWidth - p.clientWidth)(document.querySelector('#panel'))")
            == 0
        )
        shoot(page, f"station-form-{name}-{len(state['tasks'])}-{language}-{viewport['width']}")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("searches", states.with_search()),
        ("signers", states.with_signers()),
        ("exception", states.base()),
    ],
)
def test_a_form_fits_a_ten_inch_screen_under_a_verdict(
    edge: FakeEdge, page: Page, name: str, state: states.State, language: str
) -> None:
    edge.show(
        {
            **states.recorded(),
            "tasks": state["tasks"],
            "deliveries": state["deliveries"],
            "delivery_count": state["delivery_count"],
            "task_count": state["task_count"],
        }
    )
    page.goto(f"{edge.url}?lang={language}")
    page.locator(f".dock-{name}").click()
    expect(page.locator(".send").first).to_be_visible()
    hidden_px = page.evaluate(
        "(p => p.scrollHeight - p.clientHeight)(document.querySelector('#panel'))"
    )
    shoot(page, f"station-form-fits-{name}-{language}")
    assert hidden_px == 0


@pytest.mark.parametrize(("name", "state"), FORMS)
def test_a_form_is_opened_filled_and_left_by_keyboard(
    edge: FakeEdge, page: Page, name: str, state: states.State
) -> None:
    edge.show(state)
    page.goto(edge.url)
    expect(page.locator(f".dock-{name}")).to_be_visible()
    page.locator(f".dock-{name}").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_be_visible()
    assert page.evaluate("document.activeElement.closest('#panel') !== null")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    assert page.evaluate("document.activeElement.closest('#dock') !== null")


def test_texts_of_the_site_pack_stay_text(edge: FakeEdge, page: Page) -> None:
    hostile = "<img src=x onerror=alert(1)>\u202e"
    state = states.with_search()
    state["tasks"][0].update(last_seen_zh=hostile, contact=hostile)
    state["tasks"][0]["checks"] = [{"id": "a", "zh": hostile, "en": hostile}]
    state["session"] = [{**states.SESSION, "who": {**states.WHO, "name": hostile}}]
    edge.show(state)
    page.goto(edge.url)
    page.locator(".dock-searches").click()
    expect(page.locator(".check")).to_contain_text("<img src=x")
    assert page.locator("#panel img, #footer img").count() == 0
