"""The station page in Chromium, fed by a fake edge: what a person sees and hears in each state."""

import json
import re
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import station_states as states
from tests.browser.accessibility import check_access
from tests.browser.screenshots import shoot
from tests.browser.station_fake import FakeEdge

pytestmark = pytest.mark.browser

VERDICT_PX_MIN = 72
WAIT_S = 10.0
TENINCH = {"width": 1280, "height": 800}
HANDHELD = {"width": 360, "height": 720}
GREEN = "rgb(10, 106, 60)"
RED = "rgb(180, 18, 27)"

# Records what reaches the audio hardware; the page itself has no hook for tests.
SPY_ON_TONES = """
window.tones = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) {
  window.tones.push(this.frequency.value);
  return start.call(this, at);
};
"""

# screen, state, Chinese verdict, English verdict
WALK = [
    ("ready", states.base(), "可以扫描", "Ready to scan"),
    ("first_start", states.first_start(), "可以扫描", "Ready to scan"),
    ("recorded", states.recorded(), "已记录", "Recorded"),
    ("command", states.command(), "作业步骤", "Step"),
    ("wanted", states.wanted(), "特殊安全产品(高价值)快件", "HIGH VALUE"),
    ("stop", states.stop(), "禁止流转", "DO NOT MOVE"),
    ("warn", states.warn(), "不是运单", "Not a parcel"),
    ("no_effect", states.no_effect(), "未生效", "No effect"),
    ("reject", states.reject(), "标签有问题", "Bad label"),
    ("not_recorded", states.not_recorded(), "未记录", "NOT RECORDED"),
    ("handover", states.handover(), "交接中", "Handover"),
    ("handover_recorded", states.handover({}), "已记录", "Recorded"),
    ("handover_done", states.handed_over(), "交接完成", "Handed over"),
    ("handover_one_sided", states.one_sided(), "交接未完成", "Not handed over"),
]


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    yield from _page(chromium)


@pytest.fixture
def shy_page(shy_chromium: Browser) -> Iterator[Page]:
    yield from _page(shy_chromium)


def _page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport=TENINCH)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.add_init_script(SPY_ON_TONES)
    yield page
    page.close()
    assert errors == []


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def _tones(page: Page) -> list[float]:
    tones: list[float] = page.evaluate("window.tones")
    return tones


def _stage_colour(page: Page) -> str:
    colour: str = page.evaluate(
        "getComputedStyle(document.getElementById('stage')).backgroundColor"
    )
    return colour


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("name", "state", "zh", "en"), WALK, ids=[row[0] for row in WALK])
def test_each_state_says_its_verdict_large_in_both_languages(
    edge: FakeEdge,
    page: Page,
    name: str,
    state: states.State,
    zh: str,
    en: str,
    language: str,
) -> None:
    edge.show(state)
    page.goto(f"{edge.url}?lang={language}")
    first, second = (zh, en) if language == "zh" else (en, zh)
    expect(page.locator(".word")).to_have_text(first)
    expect(page.locator(".second")).to_have_text(second)
    for viewport in (TENINCH, HANDHELD):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]  # a plain dict is what it takes
        size_px = page.evaluate(
            "parseFloat(getComputedStyle(document.querySelector('.word')).fontSize)"
        )
        assert size_px >= VERDICT_PX_MIN
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        shoot(page, f"station-{name}-{language}-{viewport['width']}")
    if language == "zh":
        check_access(page)
        page.evaluate("document.documentElement.dataset.theme = 'light'")
        check_access(page)


def test_a_recorded_scan_is_green_and_shows_waybill_and_step(edge: FakeEdge, page: Page) -> None:
    edge.show(states.recorded())
    page.goto(edge.url)
    expect(page.locator(".code")).to_have_text("755000123456")
    expect(page.locator(".code .group")).to_have_text(["7550", "0012", "3456"])
    expect(page.locator(".code .series")).to_have_text("755")
    expect(page.locator(".do")).to_have_text("到件")
    assert _stage_colour(page) == GREEN


def test_a_wanted_parcel_sounds_until_it_is_touched(edge: FakeEdge, page: Page) -> None:
    page.goto(edge.url)
    expect(page.locator(".word")).to_have_text("可以扫描")
    edge.show(states.wanted())
    expect(page.locator(".checks li b")).to_have_text(["点数", "封签", "外观"])
    assert _stage_colour(page) == RED
    _until(lambda: len(_tones(page)) >= 6)  # the pattern of three, more than once
    assert set(_tones(page)) == {2400}

    page.locator(".checks").click()  # anywhere on the stage: nobody aims in gloves
    _until(lambda: edge.heard == [{"type": "ack", "seq": 12}])
    edge.show(states.wanted(ack_needed=False))
    expect(page.locator(".acked")).to_have_text("报警已确认")
    sounded = len(_tones(page))
    page.wait_for_timeout(1200)
    assert len(_tones(page)) == sounded
    shoot(page, "station-wanted-acknowledged-zh")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_alarm_and_its_button_fit_a_ten_inch_screen(
    edge: FakeEdge, page: Page, language: str
) -> None:
    for state in (states.wanted(), states.wanted_entry(), states.stop()):
        edge.show(state)
        page.goto(f"{edge.url}?lang={language}")
        expect(page.locator(".ack")).to_be_visible()
        hidden_px = page.evaluate(
            "(s => s.scrollHeight - s.clientHeight)(document.getElementById('stage'))"
        )
        assert hidden_px == 0


def test_the_button_stays_in_reach_however_long_the_reason_is(edge: FakeEdge, page: Page) -> None:
    edge.show(states.wanted_entry(reason="包装破损待查，" * 28))
    for viewport in (TENINCH, HANDHELD):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]  # a plain dict is what it takes
        page.goto(edge.url)
        expect(page.locator(".ack")).to_be_in_viewport(ratio=1)


def test_the_alarm_is_acknowledged_by_keyboard_too(edge: FakeEdge, page: Page) -> None:
    edge.show(states.stop())
    page.goto(edge.url)
    page.locator(".ack").focus()
    page.keyboard.press("Enter")
    _until(lambda: edge.heard == [{"type": "ack", "seq": 12}])


def test_an_alarm_that_came_while_the_finger_was_down_is_not_acknowledged(
    edge: FakeEdge, page: Page
) -> None:
    edge.show(states.wanted())
    page.goto(edge.url)
    page.locator(".ack").hover()
    page.mouse.down()
    newer = states.stop()
    edge.show({**newer, "alarm": {**newer["alarm"], "seq": 13}})
    expect(page.locator(".facts")).to_be_visible()
    page.mouse.up()
    page.locator(".ack").click()
    _until(lambda: edge.heard == [{"type": "ack", "seq": 13}])


def test_a_touch_sends_nothing_when_there_is_no_alarm(edge: FakeEdge, page: Page) -> None:
    edge.show(states.recorded())
    page.goto(edge.url)
    expect(page.locator(".word")).to_have_text("已记录")
    page.locator("#stage").click()
    page.wait_for_timeout(300)
    assert edge.heard == []


def test_a_tone_that_does_not_repeat_sounds_once_a_scan(edge: FakeEdge, page: Page) -> None:
    page.goto(edge.url)
    expect(page.locator(".word")).to_have_text("可以扫描")
    edge.show(states.recorded())
    _until(lambda: _tones(page) == [1800])
    page.wait_for_timeout(1000)
    assert _tones(page) == [1800]


def test_a_page_opened_later_does_not_sound_what_was_heard(edge: FakeEdge, page: Page) -> None:
    edge.show(states.recorded())
    page.goto(edge.url)
    expect(page.locator(".word")).to_have_text("已记录")
    page.wait_for_timeout(500)
    assert _tones(page) == []


def test_a_blocked_sound_is_said_and_one_tap_frees_it(edge: FakeEdge, shy_page: Page) -> None:
    edge.show(states.wanted())
    shy_page.goto(edge.url)
    # Whatever Playwright asks a page counts as a touch: not before the page has asked for sound.
    _until(lambda: edge.is_followed)
    expect(shy_page.locator("#sound")).to_have_text("声音被浏览器拦住。点这里打开报警声")
    shoot(shy_page, "station-sound-blocked-zh")
    assert _tones(shy_page) == []
    shy_page.locator("#sound").click()
    expect(shy_page.locator("#sound")).to_be_hidden()
    _until(lambda: len(_tones(shy_page)) >= 3)
    assert edge.heard == []  # freeing the sound is no acknowledgement


def test_a_stop_says_why_and_whom_to_call(edge: FakeEdge, page: Page) -> None:
    edge.show(states.stop())
    page.goto(edge.url)
    expect(page.locator(".facts dd")).to_have_text(
        ["寄件人报案:调包嫌疑", "华南区运营 0755-1234567"]
    )


@pytest.mark.parametrize("how", ["silent", "hung up"])
def test_a_screen_that_is_not_fed_is_never_green(edge: FakeEdge, page: Page, how: str) -> None:
    edge.show(states.recorded())
    page.goto(edge.url)
    expect(page.locator(".word")).to_have_text("已记录")
    if how == "silent":
        edge.is_silent = True
    else:
        edge.refuses = True
    expect(page.locator(".word")).to_have_text("与扫描站失去连接")
    assert _stage_colour(page) not in (GREEN, RED)
    expect(page.locator("#footer")).to_be_empty()
    shoot(page, f"station-lost-{how.replace(' ', '-')}-zh")

    edge.is_silent = edge.refuses = False
    expect(page.locator(".word")).to_have_text("已记录", timeout=10_000)


def test_an_alarm_that_was_open_when_the_link_broke_is_named(edge: FakeEdge, page: Page) -> None:
    edge.show(states.wanted())
    page.goto(edge.url)
    expect(page.locator(".ack")).to_be_visible()
    edge.refuses = True
    expect(page.locator(".pending")).to_contain_text("103000000001")
    shoot(page, "station-lost-alarm-open-zh")


def test_a_refused_station_says_so_over_everything_and_still_shows_scans(
    edge: FakeEdge, page: Page
) -> None:
    state = states.recorded()
    state["link"]["problem"] = "broken_chain"
    edge.show(state)
    page.goto(edge.url)
    expect(page.locator("#problem")).to_contain_text("记录链断裂")
    expect(page.locator(".word")).to_have_text("已记录")
    shoot(page, "station-problem-zh")


def test_a_test_clock_is_said(edge: FakeEdge, page: Page) -> None:
    edge.show(states.base(test_clock="2026-01-01T00:00:00Z,60"))
    page.goto(edge.url)
    expect(page.locator("#test-clock")).to_contain_text("2026-01-01T00:00:00Z,60")


def test_gaps_in_the_footer_are_named(edge: FakeEdge, page: Page) -> None:
    edge.show(states.first_start())
    page.goto(edge.url)
    footer = page.locator("#footer")
    for words in ("无人", "无步骤", "无位置", "尚未登记", "出厂规则", "未核对"):
        expect(footer).to_contain_text(words)


def test_an_unplugged_scanner_is_not_called_ready(edge: FakeEdge, page: Page) -> None:
    state = states.base()
    state["devices"][0]["connected"] = False
    edge.show(state)
    page.goto(edge.url)
    expect(page.locator(".word")).to_have_text("没有扫描枪连接")
    expect(page.locator("#devices")).to_contain_text("未连接")
    shoot(page, "station-unplugged-zh")


def test_a_code_of_unknown_symbology_is_marked(edge: FakeEdge, page: Page) -> None:
    edge.show(states.scanned("recorded", {"symbology_unknown": True}))
    page.goto(edge.url)
    expect(page.locator("#stage .tag")).to_have_text("条码制式未知")


def test_what_a_hostile_label_says_is_text_and_nothing_hidden(edge: FakeEdge, page: Page) -> None:
    edge.show(states.reject("\u202e75<img src=x onerror=alert(1)>\x1b"))
    page.goto(edge.url)
    expect(page.locator(".code")).to_have_text("‹202E›75<img src=x onerror=alert(1)>‹1B›")
    assert page.locator("#stage img").count() == 0


def test_a_hostile_reason_and_banner_stay_text(edge: FakeEdge, page: Page) -> None:
    state = states.wanted()
    state["scan"]["banner_zh"] = state["scan"]["reason"] = "<script>document.title='x'</script>"
    edge.show(state)
    page.goto(edge.url)
    expect(page.locator(".word")).to_have_text("<script>document.title='x'</script>")
    assert page.title() == "Custos 扫描站"


def test_language_and_theme_are_kept(edge: FakeEdge, page: Page) -> None:
    page.goto(edge.url)
    page.locator("#language").click()
    page.locator("#theme").click()
    expect(page.locator(".word")).to_have_text("Ready to scan")
    page.reload()
    expect(page.locator(".word")).to_have_text("Ready to scan")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    shoot(page, "station-ready-light-en")


def test_only_a_call_for_action_moves_and_not_for_those_who_asked_for_stillness(
    edge: FakeEdge, chromium: Browser
) -> None:
    moving = "getComputedStyle(document.querySelector('.body'), '::after').animationName"
    edge.show(states.wanted())
    for wish, expected in (("no-preference", "call"), ("reduce", "none")):
        page = chromium.new_page(reduced_motion=wish)  # type: ignore[arg-type]  # a literal
        page.goto(edge.url)
        expect(page.locator(".ack")).to_be_visible()
        assert page.evaluate(moving) == expected
        page.close()


def test_the_page_needs_nothing_from_elsewhere(edge: FakeEdge, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(edge.url)
    expect(page.locator(".word")).to_have_text("可以扫描")
    assert asked
    assert [url for url in asked if not re.match(re.escape(edge.url), url)] == []
    assert json.dumps(asked).count("/static/") >= 8
