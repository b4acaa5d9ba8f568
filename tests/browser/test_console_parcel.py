"""A parcel's custody in a real browser: the ruler, what is chosen on it, and any moment before."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.console_day import CARRIED, LivingHub
from tests.browser.console_looks import look_at

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PATH = f"/console/parcels/{CARRIED}"


def test_custody_is_readable_for_everybody(day: LivingHub, day_page: Page) -> None:
    look_at(day_page, day, "custody", PATH)


def test_a_block_and_a_handover_are_told_in_words_with_their_records(
    day: LivingHub, day_page: Page
) -> None:
    page = day_page
    page.goto(day.process.url + PATH)
    expect(page.locator(".parcel-waybill .group")).to_have_text(["1030", "0000", "4720"])
    expect(page.locator(".parcel-waybill .series")).to_have_text("103")
    expect(page.locator(".lane-name b")).to_have_text(["755A", "755W", "在途"])
    page.locator('.block[aria-label*="李强"]').click()
    expect(page.locator(".chosen-name")).to_have_text("李强")
    expect(page.locator(".chosen")).to_contain_text("只有一方的工牌")
    page.locator('.joint[aria-label*="双方确认"]').click()
    expect(page.locator(".chosen-name")).to_have_text("李强 → 王芳")
    expect(page.locator(".joint[aria-pressed=true]")).to_have_count(1)
    expect(page.locator(".block[aria-pressed=true]")).to_have_count(0)
    page.locator('.joint[aria-label*="已拒收"]').click()
    expect(page.locator(".chosen .history")).to_contain_text("封签号不符")
    page.locator(".block-nobody").last.click()
    expect(page.locator(".chosen")).to_contain_text("途中没有具名的人负责")
    expect(page.locator(".task", has_text="HV-2.3")).to_contain_text("SZ-0090")


def test_what_was_known_at_a_moment_stands_in_the_address_and_leads_back(
    day: LivingHub, day_page: Page
) -> None:
    page = day_page
    page.goto(day.process.url + PATH)
    before = page.locator(".scan").count()
    page.locator(".belief:not(.is-late)").last.click()
    page.wait_for_url("**?as_of=*")
    expect(page.locator(".parcel-marks .m-violet")).to_contain_text("当时所知")
    expect(page.locator(".belief.is-late")).to_have_count(0)
    expect(page.locator(".scan")).to_have_count(before - 1)
    page.locator(".as-of .field").fill("2020-01-01T00:00:00")
    page.locator(".as-of button").click()
    expect(page.locator(".empty-word")).to_have_text("当时还没有这张运单的记录")
    page.locator(".as-of a").click()
    expect(page.locator(".belief.is-late")).to_have_count(1)
