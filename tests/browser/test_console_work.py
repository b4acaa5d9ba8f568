"""The screens of a shift's work in a real browser: suspects, lanes, shift board, lists, staff."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.console_day import SUSPECT, LivingHub
from tests.browser.console_looks import look_at
from tests.browser.screenshots import shoot

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_suspects_are_readable_for_everybody(day: LivingHub, day_page: Page) -> None:
    look_at(day_page, day, "suspects", "/console/suspects")


def test_a_suspects_evidence_stands_beside_it_and_on_the_lanes_too(
    day: LivingHub, day_page: Page
) -> None:
    page = day_page
    page.goto(f"{day.process.url}/console/suspects")
    expect(page.locator(".side .detail-waybill")).to_have_attribute("aria-label", SUSPECT)
    expect(page.locator(".side .bar-line")).to_have_count(3)
    expect(page.locator(".side")).to_contain_text("5 件中 4 件此后已扫描")
    page.locator(".row-suspect").nth(1).click()
    expect(page.locator(".side .bar-line", has_text="没有估计")).to_be_visible()
    page.keyboard.press("v")
    page.locator(f'.dot[aria-label^="{SUSPECT}"]').click()
    expect(page.locator(".side")).to_contain_text("37%")
    expect(page.locator('.dot[aria-pressed="true"]')).to_have_count(1)
    shoot(page, "console-lanes-zh-dark")


def test_a_query_is_recorded_under_the_persons_name_for_the_shift(
    day: LivingHub, day_page: Page
) -> None:
    page = day_page
    page.goto(f"{day.process.url}/console/suspects")
    # What is done before the page is joined to the hub is sent afterwards, in no certain order.
    page.wait_for_function("window.did_handshake")
    page.locator(".ask select").first.select_option("021W")
    page.keyboard.press("q")
    expect(page.locator(".ask-answer")).to_contain_text("已记录：administrator 查询 021W，1 件")
    expect(page.locator(".row-suspect")).to_have_count(1)


@pytest.mark.parametrize("name", ["shift", "dispatch"])
def test_the_shifts_work_is_readable_for_everybody(
    day: LivingHub, day_page: Page, name: str
) -> None:
    look_at(day_page, day, name, f"/console/{name}")


def test_a_card_of_the_board_leads_to_its_list_which_is_sent_forwarded_and_received(
    day: LivingHub, day_page: Page
) -> None:
    page = day_page
    page.goto(f"{day.process.url}/console/shift")
    expect(page.locator(".due-card", has_text="在库")).to_contain_text("755A")
    expect(page.locator(".due-card", has_text="派送中 2 件")).to_contain_text("021W")
    page.locator(".due-card", has_text="发送高价值清单").first.click()
    page.wait_for_url("**/console/dispatch/*")
    for key, done in (("s", "已发送，未转发"), ("f", "已转发，未确认"), ("r", "目的中心已收到")):
        expect(page.locator(".dispatch-acts .button").first).to_be_visible()
        page.keyboard.press(key)
        expect(page.locator(".dispatch .page-head")).to_contain_text(done)
    expect(page.locator(".row-parcel")).to_contain_text("021D")
    shoot(page, "console-dispatch-list-zh-dark")
    page.goto(f"{day.process.url}/console/shift")
    expect(page.locator(".due-card", has_text="在库")).to_be_visible()


def test_staff_are_readable_for_everybody(day: LivingHub, day_page: Page) -> None:
    look_at(day_page, day, "staff", "/console/staff")


def test_a_new_badge_is_shown_once_in_its_own_window_and_ends_by_a_click(
    day: LivingHub, day_page: Page
) -> None:
    page = day_page
    page.goto(f"{day.process.url}/console/staff")
    page.keyboard.press("f")
    page.keyboard.type("李强")
    row = page.locator(".row-staff")
    expect(row).to_have_count(1)
    row.click()
    expect(page.locator(".side")).to_contain_text("谁都能照抄")
    with page.expect_popup() as opened:
        page.locator('.side [data-key="p"]').click()
    expect(opened.value.locator("main.labels")).to_contain_text("李强")
    opened.value.close()
    expect(page.locator(".side .m-green")).to_contain_text("已打印工牌")
    shoot(page, "console-staff-chosen-zh-dark")
    page.get_by_role("button", name="作废工牌").click()
    expect(page.locator(".side .m-grey")).to_contain_text("已作废")
