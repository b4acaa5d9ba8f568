"""How a screen of the console looks to whom: both themes and languages, and to a screen reader."""

from playwright.sync_api import Page, expect

from tests.browser.accessibility import check_access
from tests.browser.console_day import LivingHub
from tests.browser.screenshots import shoot

LOOKS = [("zh", "dark", "light"), ("en", "light", "dark")]
"""Language, the theme chosen with it, and the other one."""
LAPTOP = {"width": 1366, "height": 768}
TOO_WIDE = (
    "[...document.querySelectorAll('main, main *')].filter(e => e.scrollWidth > e.clientWidth + 1"
    " && getComputedStyle(e).display !== 'inline' && getComputedStyle(e).overflowX === 'visible'"
    " && e.clientWidth > 0 && !e.closest('.replay, .lane-field, [class*=sr-], .ring'))"
    ".map(e => e.className)"
)


def check_fits(page: Page) -> None:
    """On a laptop nothing stands out of its row or pane; ruler and lanes place things by time."""
    desk = page.viewport_size
    assert desk is not None
    page.set_viewport_size(LAPTOP)  # type: ignore[arg-type]  # a plain dict is what it takes
    too_wide = page.evaluate(TOO_WIDE)
    assert not too_wide, too_wide
    page.set_viewport_size(desk)


def choose(page: Page, day: LivingHub, language: str, theme: str) -> None:
    """Let the person have chosen a language and a theme."""
    chosen = {"custos_language": language, "custos_theme": theme}
    page.context.add_cookies(
        [{"name": name, "value": value, "url": day.process.url} for name, value in chosen.items()]
    )


def look_at(
    page: Page, day: LivingHub, name: str, path: str, *, until: str = ".vitals .m-green"
) -> None:
    """Open a screen in each look, leave its picture, and find no serious accessibility fault.

    In English, whose words are longer, it also fits a laptop. ``until``: what shows that all is
    there, as CSS.
    """
    for language, theme, other_theme in LOOKS:
        choose(page, day, language, theme)
        page.goto(day.process.url + path)
        expect(page.locator(until)).to_be_visible()
        shoot(page, f"console-{name}-{language}-{theme}")
        # Faults come from a theme's colours or a language's words: two looks have all of them.
        check_access(page)
        if language == "en":
            check_fits(page)
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", other_theme)
        shoot(page, f"console-{name}-{language}-{other_theme}")
