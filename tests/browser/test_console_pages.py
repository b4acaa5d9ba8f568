"""Every screen of the console on a hub with a day behind it: readable, reachable, and of use."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import check_access
from tests.browser.console_day import BAG, LivingHub
from tests.browser.console_looks import look_at
from tests.browser.day_parcels import (
    CARRIED,
    ENDED,
    FORWARDED,
    FOUND,
    PASSING,
    STOPPED,
    SUSPECT,
)
from tests.browser.screenshots import shoot
from wire.names import format_at

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PAGES = {
    "wall": "/console/",
    "parcel": f"/console/parcels/{SUSPECT}",
    "parcel-ended": f"/console/parcels/{ENDED}",
    "parcel-forwarded": f"/console/parcels/{FORWARDED}",
    "parcel-none": "/console/parcels/999999999999",
    "incidents": "/console/incidents",
    "incident-none": "/console/incidents/404",
    "sites": "/console/sites",
    "station": "/console/sites/755W/gate",
    "station-none": "/console/sites/755W/nobody",
    "wanted": "/console/wanted",
    "import": "/console/wanted/import",
    "quarantine": "/console/quarantine",
    "policy": "/console/policy",
}


INCIDENTS = {"incident": SUSPECT, "anomaly": CARRIED}
TOO_SMALL_AT_THREE_METRES = (
    "[...document.querySelectorAll('.lane *, .top *')].filter(e => e.innerText && "
    "parseFloat(getComputedStyle(e).fontSize) < 28 && e.offsetParent).map(e => e.className)"
)


def incident(day: LivingHub, subject: str) -> str:
    """The page of the incident about a parcel or bag."""
    return f"/console/incidents/{day.incidents[subject]}"


@pytest.fixture
def page(day_page: Page) -> Page:
    return day_page


@pytest.mark.parametrize("name", [*PAGES, *INCIDENTS])
def test_no_screen_has_a_serious_accessibility_fault(day: LivingHub, page: Page, name: str) -> None:
    path = incident(day, INCIDENTS[name]) if name in INCIDENTS else PAGES[name]
    look_at(page, day, name, path)


def test_the_rail_leads_to_every_screen_by_its_number(day: LivingHub, page: Page) -> None:
    page.goto(f"{day.process.url}/console/")
    expect(page.locator('.rail [aria-current="page"]')).to_have_text("报警墙")
    page.keyboard.press("2")
    page.wait_for_url("**/console/incidents")
    expect(page.locator('.rail [aria-current="page"]')).to_have_text("事件")
    expect(page.locator(".person")).to_contain_text("administrator")


def test_beside_a_suspects_card_stands_where_it_was_scanned_last(
    day: LivingHub, page: Page
) -> None:
    page.goto(f"{day.process.url}/console/")
    card = page.locator(f'.lane-acts .card:has([aria-label="{SUSPECT}"])', has_text="疑似遗失")
    card.first.click()
    last = page.locator(".detail-facts .fact", has_text="最近一次扫描")
    expect(last).to_contain_text("755W")


def test_searches_stand_by_their_deadline_and_a_state_narrows_them(
    day: LivingHub, page: Page
) -> None:
    page.goto(f"{day.process.url}/console/incidents")
    rows = page.locator(".part").first.locator(".row")
    expect(rows).to_have_count(4)
    expect(rows.nth(0)).to_contain_text(BAG)
    expect(rows.nth(0).locator("custos-countdown")).to_contain_text("还剩")
    expect(page.locator(f'.rows [aria-label="{FOUND}"]')).to_be_visible()
    page.locator(".chip-button", has_text="禁止流转").click()
    expect(page.locator(".rows .row")).to_have_count(2)
    for number in (STOPPED, CARRIED):
        expect(page.locator(f'.rows [aria-label="{number}"]')).to_be_visible()
    page.locator(".chip-button", has_text="禁止流转").click()
    expect(rows).to_have_count(4)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{incident(day, SUSPECT)}")


def test_a_search_shows_its_steps_its_tasks_and_the_mail_servers_answer(
    day: LivingHub, page: Page
) -> None:
    page.goto(day.process.url + incident(day, SUSPECT))
    expect(page.locator(".step-now")).to_contain_text("网点自查")
    tasks = page.locator(".tasks").first.locator(".task")
    expect(tasks).to_have_count(3)
    expect(tasks.nth(0)).to_contain_text("chen.jing")
    expect(tasks.nth(1).locator("custos-countdown")).to_contain_text("还剩")
    expect(page.locator(".why-line")).to_have_count(3)
    expect(page.get_by_text("2.0.0 Ok").first).to_be_visible(timeout=30_000)


def test_an_act_needs_its_reason_and_is_recorded_with_it(day: LivingHub, page: Page) -> None:
    page.goto(day.process.url + incident(day, BAG))
    expect(page.locator(".vitals .m-green")).to_be_visible()
    page.keyboard.press("s")
    form = page.locator(".act-form")
    record = form.get_by_role("button", name="记录")
    record.click()
    expect(page.locator(".acts .problem")).to_have_text("要写明原因")
    # The page is redrawn while somebody writes; what they wrote stays.
    form.locator("textarea").fill("<b>等公安</b>")
    page.wait_for_timeout(1500)
    record.click()
    expect(page.locator(".incident-head")).to_contain_text("禁止流转")
    expect(page.locator(".history").first).to_contain_text("<b>等公安</b>")
    expect(form).to_be_empty()


def test_a_document_is_filed_and_can_be_saved(day: LivingHub, page: Page, tmp_path: Path) -> None:
    receipt = tmp_path / "回执.txt"
    receipt.write_text("已受理")
    page.goto(day.process.url + incident(day, STOPPED))
    expect(page.locator(".vitals .m-green")).to_be_visible()
    page.keyboard.press("d")
    form = page.locator(".act-form")
    form.locator("input[type=file]").set_input_files(receipt)
    form.locator("textarea").fill("派出所回执")
    form.get_by_role("button", name="记录").click()
    filed = page.locator(".incident-side li", has_text="回执.txt")
    filed.get_by_label("查看理由").fill("保险公司来函")
    with page.expect_download() as saved:
        filed.get_by_role("button", name="保存").click()
    assert saved.value.path().read_text() == "已受理"


def test_each_site_is_a_row_with_its_stations_and_what_is_wrong_with_them(
    day: LivingHub, page: Page
) -> None:
    page.goto(f"{day.process.url}/console/sites")
    rows = page.locator(".site")
    expect(rows).to_have_count(3)
    gate = page.locator(".site", has_text="755W")
    expect(gate).to_contain_text("要看一下")
    expect(gate).to_contain_text("时钟未核对")
    expect(gate).to_contain_text("58 条")
    expect(gate.locator("custos-spark")).to_have_attribute("aria-label", re.compile("最多 77 条"))
    dock = page.locator(".site", has_text="755A")
    expect(dock).to_contain_text("深圳一部")
    expect(dock).to_contain_text("最新第")
    page.keyboard.press("r")
    page.keyboard.type("上海")
    expect(rows).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/sites/021W/belt")


def test_a_row_that_is_drawn_anew_keeps_the_focus_unless_somebody_let_go_of_it(
    day: LivingHub, page: Page
) -> None:
    page.goto(f"{day.process.url}/console/sites")
    gate = page.locator('a[href$="/755W/gate"]')
    expect(gate).to_contain_text("条")
    gate.focus()
    day.gate.tell_state(depth=91, oldest_at=format_at(datetime.now(UTC)))
    expect(gate).to_contain_text("91 条")
    expect(gate).to_be_focused()
    page.locator("h1").click()
    day.gate.tell_state(depth=92, oldest_at=format_at(datetime.now(UTC)))
    expect(gate).to_contain_text("92 条")
    expect(gate).not_to_be_focused()
    day.gate.tell_state(depth=58, oldest_at=format_at(datetime.now(UTC)))


def test_a_stations_story_tells_outages_with_their_length_and_narrows_to_a_device(
    day: LivingHub, page: Page
) -> None:
    page.goto(f"{day.process.url}/console/sites/755W/gate")
    # The station has been silent for as long as the screens before this one took.
    lines = page.locator(".story-line").filter(has_not_text="无音信")
    expect(lines.nth(0)).to_contain_text("程序启动")
    expect(page.locator(".story-line", has_text="持续 6 分钟")).to_contain_text("扫描枪断开")
    expect(page.locator(".story-line", has_text="-1840 ms")).to_contain_text("时钟跳变")
    page.locator(".chip-button", has_text="gate-1").click()
    expect(page.locator(".story-line", has_text="程序启动")).to_have_count(0)
    expect(page.locator(".story-line", has_text="扫描枪被改设置")).to_be_visible()


def test_an_entry_is_put_changed_and_taken_off_by_its_form(day: LivingHub, page: Page) -> None:
    page.goto(f"{day.process.url}/console/wanted")
    expect(page.locator(".vitals .m-green")).to_be_visible()
    page.keyboard.press("n")
    form = page.locator(".side-form")
    put = form.get_by_role("button", name="列入名单")
    form.get_by_label("运单号").fill("12345")
    put.click()
    expect(page.locator(".side .problem.m-red")).to_contain_text("扫描枪不会认这个运单号")
    expect(page.locator(".side .problem.m-red")).to_contain_text("没有写原因")
    form.get_by_label("运单号").fill("1030 0000 9001")
    form.get_by_label("原因").fill("<i>调包</i>")
    put.click()
    row = page.locator('.row-wanted:has([aria-label="103000009001"])')
    expect(row).to_contain_text("<i>调包</i>")
    row.click()
    expect(form.locator(".detail-waybill")).to_have_text("103000009001")
    expect(form.locator("textarea")).to_have_value("<i>调包</i>")
    form.get_by_label("扫描枪怎样做").select_option("stop")
    put.click()
    expect(row).to_contain_text("禁止流转")
    form.get_by_role("button", name="移出名单").click()
    expect(row).to_be_visible()
    form.locator(".removal").get_by_role("button", name="移出名单").click()
    expect(row).to_have_count(0)


def test_many_entries_are_looked_at_line_by_line_and_put_at_once(
    day: LivingHub, page: Page, tmp_path: Path
) -> None:
    table = tmp_path / "名单.csv"
    table.write_text(
        "运单号,处理,原因\n103000009101,禁止流转,报案\n1.03E+11,,x\n103000009102,,调包\n",
        encoding="gb18030",
    )
    page.goto(f"{day.process.url}/console/wanted")
    expect(page.locator(".vitals .m-green")).to_be_visible()
    page.keyboard.press("i")
    page.wait_for_url("**/console/wanted/import")
    expect(page.locator(".vitals .m-green")).to_be_visible()
    page.locator("input[type=file]").set_input_files(table)
    rows = page.locator(".row-import")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text("表格软件把单号变成了科学计数")
    shoot(page, "console-import-preview-zh")
    page.get_by_role("button", name="把 2 行列入名单，1 行有错不列入").click()
    expect(page.get_by_text("2 行已列入")).to_be_visible()
    page.goto(f"{day.process.url}/console/wanted")
    expect(page.locator(".vitals .m-green")).to_be_visible()
    page.keyboard.press("r")
    page.keyboard.type("10300000910")
    expect(page.locator(".row-wanted")).to_have_count(2)


def test_quarantined_bytes_are_shown_as_hex_and_saved_as_received(
    day: LivingHub, page: Page
) -> None:
    page.goto(f"{day.process.url}/console/quarantine")
    page.locator(".row-quarantine").first.click()
    expect(page.locator(".hex")).to_contain_text("7b 22 76 22 3a 31")
    shoot(page, "console-quarantine-chosen-zh")
    with page.expect_download() as saved:
        page.keyboard.press("d")
    assert saved.value.path().read_bytes() == b'{"v":1,"site":"021W","seq":"\xff\xfe broken'


def test_a_quarantined_item_is_read_again_in_vain_and_then_worked_off_with_words(
    day: LivingHub, page: Page
) -> None:
    page.goto(f"{day.process.url}/console/quarantine")
    row = page.locator(".row-quarantine").first
    row.click()
    page.get_by_role("button", name="重新读取").click()
    expect(page.locator(".side")).to_contain_text("重读仍失败")
    shoot(page, "console-quarantine-read-again-zh")
    expect(row).to_contain_text("未处理")
    page.get_by_role("button", name="标为已处理").click()
    expect(page.locator(".side")).to_contain_text("至少三个字")
    row.click()
    page.get_by_label("查明的情况").fill("电缆接触不良")
    page.get_by_role("button", name="标为已处理").click()
    expect(row).to_contain_text("已处理")
    row.click()
    expect(page.locator(".side")).to_contain_text("电缆接触不良")
    shoot(page, "console-quarantine-done-zh")


def test_the_values_that_the_carrier_has_to_confirm_are_counted_and_narrowed_to(
    day: LivingHub, page: Page
) -> None:
    page.goto(f"{day.process.url}/console/policy")
    rows = page.locator(".row-policy:not(.row-head)")
    open_rows = rows.filter(has_text="待确认")
    count, of_all = open_rows.count(), rows.count()
    expect(page.locator(".chip-button")).to_contain_text(f"{count} / {of_all}")
    page.keyboard.press("u")
    expect(rows).to_have_count(count)
    expect(page.locator(".chip-button")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("u")
    expect(rows).to_have_count(of_all)


def test_a_search_is_begun_from_a_card_with_its_reason_and_leads_to_its_page(
    day: LivingHub, page: Page
) -> None:
    page.goto(f"{day.process.url}/console/")
    card = page.locator(f'.lane-passages .card:has([aria-label="{PASSING}"])')
    card.click()
    expect(page.locator(".detail-waybill")).to_have_text(PASSING)
    expect(page.locator(".detail")).to_contain_text("最后保管")
    page.keyboard.press("i")
    expect(page.locator(".detail .problem.m-red")).to_contain_text("发起查找要写原因")
    page.keyboard.press("r")
    page.keyboard.type("箱重不对")
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    expect(page.locator(".detail .problem.m-green")).to_contain_text("已发起事件")
    expect(page.locator(".lane-acts", has_text="箱重不对")).to_be_visible()
    page.keyboard.press("e")
    page.wait_for_url("**/console/incidents/*")
    expect(page.locator(".evidence")).to_contain_text("箱重不对")
    expect(page.locator(".history").first).to_contain_text("administrator")


def test_the_bar_tells_which_sites_are_online_and_which_shift_ends_next(
    day: LivingHub, page: Page
) -> None:
    page.goto(f"{day.process.url}/console/")
    sites = page.locator(".vital", has_text="在线网点")
    expect(sites).to_contain_text("/ 3")
    expect(sites).to_have_attribute("title", re.compile("021W/belt: 从未收到"))
    for view in ("desk", "wall"):
        expect(page.locator("html")).to_have_attribute("data-view", view)
        is_wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not is_wide
        if view == "desk":
            with page.expect_navigation():
                page.keyboard.press("w")
    expect(page.locator(".lane-acts .card").first).to_be_visible()
    shoot(page, "console-wall-view-zh")
    assert page.evaluate(TOO_SMALL_AT_THREE_METRES) == []
    check_access(page)
    page.keyboard.press("/")
    expect(page.locator(".search .field")).to_be_focused()
    page.keyboard.press("Escape")
    with page.expect_navigation():
        page.keyboard.press("w")
