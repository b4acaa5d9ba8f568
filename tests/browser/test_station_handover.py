"""People on the station page, in Chromium: the two halves of a handover, and who is unknown."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import station_states as states
from tests.browser.screenshots import shoot
from tests.browser.station_fake import FakeEdge

pytestmark = pytest.mark.browser


def test_a_handover_shows_both_halves_and_the_one_step_that_is_due(
    edge: FakeEdge, page: Page
) -> None:
    edge.show(states.handover({}))
    page.goto(edge.url)
    expect(page.locator(".band .code")).to_have_text("755000123456")
    expect(page.locator(".who")).to_have_text(["李强", "等待刷卡"])
    expect(page.locator(".counted").first).to_have_text("3 件1 个袋 / 板")
    expect(page.locator(".due")).to_contain_text("接收人清点后刷卡")
    edge.show(states.handover(receiver=states.WANG))
    expect(page.locator(".who")).to_have_text(["李强", "王芳"])
    expect(page.locator(".due")).to_contain_text("扫“结束”")


@pytest.mark.parametrize(
    ("fields", "due"),
    [
        ({"giver": None, "parcels": 0, "units": 0}, "交出人先刷卡"),
        ({"parcels": 0, "units": 0}, "逐件扫描"),
        ({"is_full": True}, "已满"),
    ],
)
def test_each_lack_of_a_handover_is_named(
    edge: FakeEdge, page: Page, fields: dict[str, Any], due: str
) -> None:
    edge.show(states.handover(**fields))
    page.goto(edge.url)
    expect(page.locator(".due")).to_contain_text(due)


def test_a_badge_that_is_not_known_is_called_so_and_refusals_are_counted(
    edge: FakeEdge, page: Page
) -> None:
    edge.show(states.handover(receiver=states.STRANGER, refused=2))
    page.goto(edge.url)
    expect(page.locator(".side .tag")).to_have_text("未知")
    expect(page.locator(".refused")).to_have_text("拒收 2 件")
    shoot(page, "station-handover-unknown-zh")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_handover_fits_a_ten_inch_screen_in_both_themes(
    edge: FakeEdge, page: Page, theme: str
) -> None:
    edge.show(states.handover({}, receiver=states.WANG, refused=1))
    page.goto(edge.url)
    page.evaluate(f"localStorage.setItem('theme', '{theme}')")
    for language in ("zh", "en"):
        page.goto(f"{edge.url}?lang={language}")
        expect(page.locator(".due")).to_be_in_viewport(ratio=1)
        shoot(page, f"station-handover-{theme}-{language}")


def test_a_damaged_site_pack_is_said_in_the_footer(edge: FakeEdge, page: Page) -> None:
    edge.show(states.base(pack={"version": 0, "problem": "corrupted"}))
    page.goto(edge.url)
    expect(page.locator("#footer")).to_contain_text("已损坏")


def test_an_unknown_badge_or_place_is_said_in_amber_and_recorded(
    edge: FakeEdge, page: Page
) -> None:
    badge = states.command("BY", None, person=states.STRANGER)
    badge["session"] = [
        {**states.SESSION, "who": states.STRANGER, "place": {"id": "attic", "unknown": True}}
    ]
    for language in ("zh", "en"):
        edge.show(badge)
        page.goto(f"{edge.url}?lang={language}")
        expect(page.locator("#stage .tag-open")).to_be_visible()
        expect(page.locator("#footer .tag-open")).to_have_count(2)
        shoot(page, f"station-unknown-badge-{language}")
    edge.show(states.command("PLACE", "attic", place={"id": "attic", "unknown": True}))
    expect(page.locator("#stage .do")).to_contain_text("This place is not")
