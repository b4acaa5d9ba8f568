"""How a screen of the console looks to whom: both themes and languages, and to a screen reader."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.console_day import LivingHub
from tests.browser.screenshots import shoot

LOOKS = [("zh", "dark"), ("en", "light")]
SERIOUS = {"serious", "critical"}


def choose(page: Page, day: LivingHub, language: str, theme: str) -> None:
    """Let the person have chosen a language and a theme."""
    chosen = {"custos_language": language, "custos_theme": theme}
    page.context.add_cookies(
        [{"name": name, "value": value, "url": day.process.url} for name, value in chosen.items()]
    )


def look_at(page: Page, day: LivingHub, name: str, path: str) -> None:
    """Open a screen in each look, leave its picture, and find no serious accessibility fault."""
    for language, theme in LOOKS:
        choose(page, day, language, theme)
        page.goto(day.process.url + path)
        expect(page.locator(".vitals .m-green")).to_be_visible()
        shoot(page, f"console-{name}-{language}-{theme}")
        found = Axe().run(page).response["violations"]
        faults = [
            (each["id"], [node["html"] for node in each["nodes"]][:3])
            for each in found
            if each["impact"] in SERIOUS
        ]
        assert faults == []
