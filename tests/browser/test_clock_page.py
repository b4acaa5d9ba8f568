"""The clock for cameras, as a camera sees it: a code on a screen that goes on. Design section 8."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from devices.labels import read_level
from devices.symbology import Symbology
from edge.metrics import Metrics
from edge.page import Page as StationPage
from edge.page import PageServer
from edge.video.shown_clock import RENEWED_MS, SCREEN_MS, shown_ms
from tests.rig.programs import wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def url() -> Iterator[str]:
    page = StationPage(
        Metrics(), lambda: True, print, lambda _: True, lambda _: False, time.monotonic_ns,
        lambda: datetime.now(UTC), has_tls=False,
    )  # fmt: skip
    server = PageServer(page, "127.0.0.1", 0)
    server.start()
    yield f"{server.url}clock"
    assert server.stop(5)


def seen_on(page: Page) -> tuple[int, ...]:
    """The times on a photograph of the screen."""
    coded = np.frombuffer(page.screenshot(), np.uint8)
    picture = cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    labels = read_level(picture.astype("uint8"), frozenset({Symbology.QR}))
    return shown_ms(label.frame.raw for label in labels)


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["station", "handheld"])
def test_the_screen_shows_the_time_of_now_and_says_what_to_do(
    chromium: Browser, url: str, size: tuple[int, int]
) -> None:
    context = chromium.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    page.goto(url)
    expect(page.locator("body")).to_contain_text("请把本屏举到摄像头前")
    expect(page.locator("body")).to_contain_text("Hold this screen before the camera")
    (first_ms,) = wait_until(lambda: seen_on(page), "a code is on the screen")
    assert 0 <= time.time() * 1000 - first_ms < 20 * (RENEWED_MS + SCREEN_MS)
    wait_until(lambda: seen_on(page) > (first_ms,), "it goes on")
    context.close()


def test_a_code_that_cannot_be_renewed_is_taken_away(chromium: Browser, url: str) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(url)
    wait_until(lambda: seen_on(page), "a code is on the screen")
    context.set_offline(True)
    expect(page.locator("#none")).to_be_visible()
    assert seen_on(page) == ()
    context.set_offline(False)
    expect(page.locator("#none")).to_be_hidden()
    context.close()
