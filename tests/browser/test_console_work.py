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
    page.locator(".ask select").first.select_option("021W")
    page.keyboard.press("q")
    expect(page.locator(".ask-answer")).to_contain_text("已记录：administrator 查询 021W，1 件")
    expect(page.locator(".row-suspect")).to_have_count(1)
