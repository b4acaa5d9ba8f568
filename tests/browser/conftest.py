"""One Chromium for the browser tests."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser import station_states as states
from tests.browser.console_day import LivingHub
from tests.browser.station_fake import FakeEdge

CHROMIUM = "/usr/bin/chromium-headless-shell"
"""Chromium without its windows: the same engine, and a page costs a third of the processor time."""
QUIET_CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


SEEN_MS_MAX = 15_000
"""How long a test waits for what it should see: a shared machine stands still for seconds."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium as on a kiosk: sound needs no click there."""
    expect.set_options(timeout=SEEN_MS_MAX)
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


@pytest.fixture
def edge() -> Iterator[FakeEdge]:
    """A station page's edge; the test sets its state."""
    with FakeEdge(states.base()) as fake:
        yield fake


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page of a ten-inch screen; an error in its scripts fails the test."""
    page = chromium.new_page(viewport={"width": 1280, "height": 800})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    page.close()
    assert errors == []


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivingHub]:
    """One hub with a day behind it for a module that looks at the console's screens."""
    hub = LivingHub(tmp_path_factory.mktemp("hub"))
    yield hub
    hub.stop()


@pytest.fixture(scope="module")
def day_person(day: LivingHub, chromium: Browser) -> Iterator[BrowserContext]:
    """The administrator's browser on a desk."""
    context = chromium.new_context(viewport={"width": 1920, "height": 1080})
    day.sign_in(context)
    yield context
    context.close()


@pytest.fixture
def day_page(day_person: BrowserContext) -> Iterator[Page]:
    """A page in Chinese and dark; an error in its scripts fails the test."""
    day_person.clear_cookies(name="custos_language")
    day_person.clear_cookies(name="custos_theme")
    page = day_person.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    page.close()
    assert errors == []
