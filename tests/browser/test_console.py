"""The console in Chromium, on a real hub: what people see, hear and decide."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from hub.clock import TEST_CLOCK_VARIABLE
from tests.browser.hub_process import HubProcess, Pen
from tests.browser.screenshots import shoot
from tests.browser.test_station_page import SPY_ON_TONES
from wire.names import Result
from wire.wanted import WantedResult

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

DESK = {"width": 1920, "height": 1080}
LIVE_MS_MAX = 2_500
"""An alert stands on the wall within about a second; the rest is a loaded test machine."""
WAIT_S = 10.0
ATTACK = "<script>document.title='x'</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    process = HubProcess(tmp_path_factory.mktemp("hub"))
    yield process
    process.stop()


@pytest.fixture(scope="module")
def pen(hub: HubProcess) -> Iterator[Pen]:
    pen = Pen(hub)
    yield pen
    pen.database.close()


@pytest.fixture(scope="module")
def person(hub: HubProcess, chromium: Browser) -> Iterator[BrowserContext]:
    """A person who has come in by the link."""
    context = chromium.new_context(viewport=DESK)  # type: ignore[arg-type]  # a plain dict
    page = context.new_page()
    page.goto(hub.link)
    page.close()
    yield context
    context.close()


@pytest.fixture
def page(person: BrowserContext) -> Iterator[Page]:
    person.clear_cookies(name="custos_language")
    page = person.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.add_init_script(SPY_ON_TONES)
    yield page
    page.close()
    assert errors == []


def card_of(waybill: str) -> str:
    return f'.card:has([aria-label="{waybill}"])'


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.mark.parametrize("path", ["/console", "/console/", "/console/parcels/103000000001"])
def test_no_page_is_open_to_a_stranger(hub: HubProcess, path: str) -> None:
    answer = httpx.get(hub.url + path)
    assert answer.status_code == 401
    assert "custos-words" not in answer.text


def test_an_empty_wall_says_what_will_appear_and_that_it_lives(hub: HubProcess, page: Page) -> None:
    page.goto(f"{hub.url}/console/")
    expect(page.locator(".lane-acts .empty-word")).to_have_text("没有要处理的报警")
    expect(page.locator(".lane-passages .empty-word")).to_have_text("还没有高价值件经过")
    expect(page.locator(".vitals .m-green")).to_have_text("墙在工作")
    expect(page.locator(".note-down").first).to_be_hidden()
    shoot(page, "console-wall-empty-zh")


def test_a_browser_that_plays_no_films_still_counts_sounds_and_takes_keys(
    hub: HubProcess, page: Page
) -> None:
    page.add_init_script("delete window.MediaSource")
    page.goto(f"{hub.url}/console/")
    expect(page.locator(".vitals .m-green")).to_be_visible()
    assert page.evaluate("typeof MediaSource") == "undefined"
    known = page.evaluate("['custos-age', 'custos-player'].map(e => !!customElements.get(e))")
    assert known == [True, True]


def test_a_scan_stands_on_the_wall_live_and_sounds_only_when_it_needs_a_person(
    hub: HubProcess, page: Page, pen: Pen
) -> None:
    page.goto(f"{hub.url}/console/")
    expect(page.locator(".vitals .m-green")).to_be_visible()
    pen.declare("103000000001", "26800")
    pen.scan("103000000001", Result.HV)
    passage = page.locator(".lane-passages").locator(card_of("103000000001"))
    expect(passage).to_be_visible(timeout=LIVE_MS_MAX)
    expect(passage).to_contain_text("模拟")
    expect(passage).to_contain_text("¥26,800.00")
    assert page.evaluate("window.tones") == []

    pen.want("103000000777", WantedResult.WANTED, "调包嫌疑")
    pen.scan("103000000777", Result.WANTED)
    act = page.locator(".lane-acts").locator(card_of("103000000777"))
    expect(act).to_be_visible(timeout=LIVE_MS_MAX)
    expect(act).to_contain_text("调包嫌疑")
    until(lambda: len(page.evaluate("window.tones")) == 2)
    expect(page.locator("#live")).to_contain_text("新报警")


def test_the_key_a_acknowledges_and_the_history_names_who(
    hub: HubProcess, page: Page, pen: Pen
) -> None:
    pen.want("103000000778", WantedResult.WANTED, "客户报失")
    pen.scan("103000000778", Result.WANTED)
    page.goto(f"{hub.url}/console/")
    act = page.locator(".lane-acts").locator(card_of("103000000778"))
    act.click()
    expect(page.locator(".detail-waybill")).to_have_text("103000000778")
    shoot(page, "console-wall-zh")
    page.keyboard.press("a")
    expect(act).to_contain_text("已知晓")
    act.click()
    expect(page.locator(".history")).to_contain_text("administrator")
    expect(page.locator(".detail-form .button-strong")).to_have_count(0)


def test_a_dismissal_needs_a_reason_and_the_reason_stays_text(
    hub: HubProcess, page: Page, pen: Pen
) -> None:
    pen.want("103000000779", WantedResult.STOP, ATTACK)
    pen.scan("103000000779", Result.STOP)
    page.goto(f"{hub.url}/console/")
    act = page.locator(".lane-acts").locator(card_of("103000000779"))
    expect(act).to_contain_text("<script>")
    act.click()
    expect(page.locator(".detail-waybill")).to_have_text("103000000779")
    page.get_by_role("button", name="不成立").click()
    expect(page.locator(".detail .problem.m-red")).to_have_text("不成立要写原因")
    page.keyboard.press("r")
    page.locator(".detail-form textarea").fill(ATTACK)
    page.get_by_role("button", name="不成立").click()
    expect(act).to_have_count(0)
    assert page.title() == "报警墙 · Custos"
    assert page.locator("main img").count() == 0

    page.goto(f"{hub.url}/console/parcels/103000000779")
    expect(page.locator(".parcel-alerts")).to_contain_text("已关闭")


def test_two_people_cannot_decide_the_same_alert_twice(
    hub: HubProcess, page: Page, pen: Pen, person: BrowserContext
) -> None:
    pen.want("103000000780", WantedResult.WANTED, "x")
    pen.scan("103000000780", Result.WANTED)
    page.goto(f"{hub.url}/console/")
    act = page.locator(".lane-acts").locator(card_of("103000000780"))
    act.click()
    expect(page.locator(".detail-waybill")).to_have_text("103000000780")
    accept = page.locator(".answers .button").first
    accept.dblclick()
    expect(act).to_have_count(0)


def test_a_burst_is_one_card_and_opens(hub: HubProcess, page: Page, pen: Pen) -> None:
    page.goto(f"{hub.url}/console/")
    expect(page.locator(".vitals .m-green")).to_be_visible()
    pen.scan_at_once([f"1030000100{i:02d}" for i in range(12)], Result.HV)
    group = page.locator(".lane-passages .card-group")
    expect(group).to_contain_text("条同时到达")
    shoot(page, "console-wall-burst-zh")
    group.click()
    expect(page.locator(".lane-passages").locator(card_of("103000010003"))).to_be_visible()


def test_counters_narrow_the_wall(hub: HubProcess, page: Page, pen: Pen) -> None:
    pen.scan("103000000001", Result.HV)
    page.goto(f"{hub.url}/console/")
    page.locator(".counter", has_text="通缉件出现").click()
    expect(page.locator(".lane-passages .empty-word")).to_have_text("筛选后没有卡片")
    expect(page.locator('.counter[aria-pressed="true"]')).to_contain_text("通缉件出现")
    page.get_by_role("button", name="全部").click()
    expect(page.locator(".lane-passages .card").first).to_be_visible()


def test_the_parcel_page_shows_what_was_recorded_with_its_gaps_and_doubts(
    hub: HubProcess, page: Page, pen: Pen
) -> None:
    number = "103000000555"
    pen.scan(number, Result.HV, ago=timedelta(hours=5))
    pen.scan(number, Result.HV, by=None, step=None, place=None, source="usb:0c2e:0b61:2")
    page.goto(f"{hub.url}/console/parcels/{number}")
    scans = page.locator(".scan")
    expect(scans).to_have_count(2)
    expect(page.locator(".scan-gap")).to_contain_text("没有扫描")
    expect(scans.nth(0)).to_contain_text("无人")
    expect(scans.nth(0)).not_to_contain_text("模拟")
    expect(scans.nth(1)).to_contain_text("模拟")
    expect(scans.nth(1)).to_contain_text("迟到 5 小时")
    for figure in ("41 µs", "9 µs", "210 µs", "1.3 ms"):
        expect(scans.nth(0)).to_contain_text(figure)
    scans.nth(0).locator("summary").click()
    expect(scans.nth(0)).to_contain_text(number.encode().hex())
    expect(scans.nth(0)).to_contain_text("]C0")
    pen.scan(number, Result.HV)
    expect(scans).to_have_count(3)
    expect(scans.nth(1).locator("details")).to_have_attribute("open", "")
    shoot(page, "console-parcel-zh")


@pytest.mark.parametrize(
    ("path", "sentence"),
    [("999999999999", "没有这张运单的记录"), ("no%20waybill", "这不是运单号")],
)
def test_an_empty_parcel_page_says_why(
    hub: HubProcess, page: Page, path: str, sentence: str
) -> None:
    page.goto(f"{hub.url}/console/parcels/{path}")
    expect(page.locator(".empty-word")).to_have_text(sentence)


def test_search_opens_a_parcel(hub: HubProcess, page: Page) -> None:
    page.goto(f"{hub.url}/console/")
    expect(page.locator(".vitals .m-green")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("1030 0000 0555\n")
    page.wait_for_url("**/console/parcels/103000000555")


def test_language_theme_and_view_are_kept_and_english_is_complete(
    hub: HubProcess, page: Page, pen: Pen
) -> None:
    pen.scan("103000000001", Result.HV)
    page.goto(f"{hub.url}/console/")
    expect(page.locator(".vitals .m-green")).to_be_visible()
    for key in "lt":
        with page.expect_navigation():
            page.keyboard.press(key)
        expect(page.locator(".vitals .m-green")).to_be_visible()
    page.reload()
    expect(page.locator(".lane-acts h2")).to_have_text("To act on")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    expect(page.locator("html")).to_have_attribute("lang", "en")
    shoot(page, "console-wall-light-en")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    shoot(page, "console-keys-en")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_hidden()
    with page.expect_navigation():
        page.keyboard.press("w")
    expect(page.locator(".lane-passages .card").first).to_be_visible()
    small = page.evaluate(
        "[...document.querySelectorAll('.lane *, .top *')].filter(e => e.innerText && "
        "parseFloat(getComputedStyle(e).fontSize) < 28 && e.offsetParent).map(e => e.className)"
    )
    assert small == []
    shoot(page, "console-wall-big-en")
    for key in "wtl":
        with page.expect_navigation():
            page.keyboard.press(key)
        expect(page.locator(".vitals .m-green")).to_be_visible()


def test_a_hub_without_ingest_says_so_in_red_and_a_test_clock_is_shown(
    tmp_path: Path, chromium: Browser
) -> None:
    clock = {TEST_CLOCK_VARIABLE: "2026-01-01T00:00:00+00:00,10"}
    process = HubProcess(tmp_path, "--roles", "web", **clock)
    try:
        page = chromium.new_page(viewport=DESK)  # type: ignore[arg-type]  # a plain dict
        page.goto(process.more_link())
        expect(page.locator(".note-down").first).to_contain_text("入库停止")
        expect(page.locator(".lane-acts .empty .icon")).to_be_hidden()
        expect(page.locator(".note.m-violet")).to_contain_text("2026-01-01T00:00:00+00:00,10")
        shoot(page, "console-ingest-down-zh")
        page.close()
    finally:
        process.stop()


def test_a_page_that_lost_the_hub_says_so(tmp_path: Path, chromium: Browser) -> None:
    process = HubProcess(tmp_path)
    try:
        page = chromium.new_page(viewport=DESK)  # type: ignore[arg-type]  # a plain dict
        page.goto(process.link)
        expect(page.locator(".vitals .m-green")).to_be_visible()
    finally:
        process.stop()
    expect(page.locator("#lost-note")).to_be_visible(timeout=15_000)
    expect(page.locator(".vitals .m-green")).to_be_hidden()
    shoot(page, "console-lost-zh")
    page.close()
