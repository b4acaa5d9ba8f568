"""One Chromium for the browser tests, and a place for their screenshots."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
CHROMIUM = "/usr/bin/chromium"
QUIET_CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

Shoot = Callable[[Page, str], None]


@pytest.fixture(scope="session")
def shoot() -> Shoot:
    """Leave a screenshot under build/screenshots for a person to judge."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str) -> None:
        page.screenshot(path=SCREENSHOTS / f"{name}.png")

    return take


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium as on a kiosk: sound needs no click there."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[*QUIET_CHROMIUM, "--autoplay-policy=no-user-gesture-required"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def shy_chromium(chromium: Browser) -> Iterator[Browser]:
    """Chromium as on a desk: it blocks sound until somebody touches the page."""
    browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=QUIET_CHROMIUM)
    yield browser
    browser.close()
