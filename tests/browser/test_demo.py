"""``make demo`` as an onlooker sees it: the wall and the station page, in both languages.

The demo is the real one, started as the Makefile starts it; only its ports and folder are ours.
"""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.screenshots import shoot
from tests.rig.programs import ROOT, free_port, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(420)]

SEED = 3
PARCELS_PER_DAY = 40
"""At speed 3, on a machine that runs other tests besides; its cameras are tested apart."""
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
BEAT_TIMEOUT_MS = 60_000
WALL = {"width": 1920, "height": 1080}
STATION = {"width": 1280, "height": 800}


@dataclass
class Demo:
    """The running demo and what it has printed so far."""

    process: subprocess.Popen[bytes]
    output: Path

    def printed(self) -> str:
        return self.output.read_text(errors="replace")

    def find(self, pattern: str) -> str | None:
        found = re.search(pattern, self.printed())
        return found[1] if found else None

    @property
    def console_link(self) -> str:
        link = wait_until(
            lambda: self.find(r"Console \(one use\): (\S+)"), "the console link", START_TIMEOUT_S
        )
        return str(link)

    @property
    def station_url(self) -> str:
        url = wait_until(
            lambda: self.find(r"Station page: (\S+)"), "the station page's address", START_TIMEOUT_S
        )
        return str(url)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    directory = tmp_path_factory.mktemp("demo")
    output = directory / "demo.out"
    command = [sys.executable, "-m", "simulators", "demo", "--data-dir", str(directory / "data")]
    command += [
        "--http-port",
        str(free_port()),
        "--seed",
        str(SEED),
        "--speed",
        "4",
        "--without-cameras",
    ]
    command += ["--parcels", str(PARCELS_PER_DAY), "--without-cameras"]
    with output.open("wb") as file:
        process = subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT)
    demo = Demo(process, output)
    try:
        yield demo
    finally:
        process.send_signal(signal.SIGINT)
        status = process.wait(STOP_TIMEOUT_S)
    assert status == 0, demo.printed()[-2000:]
    assert "SURPRISE" not in demo.printed(), demo.printed()[-2000:]


@pytest.fixture(scope="module")
def person(demo: Demo, chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport=WALL)  # type: ignore[arg-type]  # a plain dict
    page = context.new_page()
    page.goto(demo.console_link)
    page.close()
    yield context
    context.close()


def test_the_link_works_once(demo: Demo, person: BrowserContext, chromium: Browser) -> None:
    stranger = chromium.new_context()
    page = stranger.new_page()
    answer = page.goto(demo.console_link)
    assert answer is not None
    assert answer.status in (401, 403, 404, 410)
    stranger.close()


def test_the_wall_fills_while_the_dock_works(demo: Demo, person: BrowserContext) -> None:
    page = person.new_page()
    root = demo.console_link.split("/enter/")[0]
    page.goto(f"{root}/console/?lang=zh")
    expect(page.locator(".lane-passages .card").first).to_be_visible(timeout=BEAT_TIMEOUT_MS)
    expect(page.locator(".lane-acts .card").first).to_be_visible(timeout=BEAT_TIMEOUT_MS)
    wait_until(lambda: "STOP" in demo.printed(), "the stopped parcel is scanned", 60)
    expect(page.locator(".lane-acts .card").nth(1)).to_be_visible(timeout=BEAT_TIMEOUT_MS)
    page.locator(".lane-acts .card").first.click()
    page.wait_for_timeout(600)
    shoot(page, "demo-wall-zh")
    page.goto(f"{root}/console/?lang=en")
    expect(page.locator(".lane-acts .card").first).to_be_visible()
    page.locator(".lane-acts .card").first.click()
    page.wait_for_timeout(600)
    shoot(page, "demo-wall-en")
    page.close()


def test_an_onlooker_sees_the_theft_suspected_searched_and_found(
    demo: Demo, person: BrowserContext
) -> None:
    waybill = wait_until(lambda: demo.find(r"(103\d{9}) is taken at 755X1"), "the theft", 120)
    root = demo.console_link.split("/enter/")[0]
    page = person.new_page()
    page.goto(f"{root}/console/parcels/{waybill}?lang=zh")
    expect(page.locator("body")).to_contain_text("755X1")
    incident = wait_until(
        lambda: demo.find(r"\[2/5\] Suspected.*\n.*(/console/incidents/\d+)  http"),
        "the suspicion",
        120,
    )
    page.goto(f"{root}{incident}?lang=zh")
    expect(page.locator("body")).to_contain_text("自查")
    shoot(page, "demo-suspected-zh")
    page.goto("about:blank")  # a living page would cost the waiting machine much
    for chapter in (r"(\[3/5\]) Searched: the keeper of 755X1", r"(\[4/5\])"):
        wait_until(lambda chapter=chapter: demo.find(chapter), chapter, 120)
    wait_until(lambda: demo.find(r"(\[5/5\])"), "the find", 120)
    assert demo.find(r"邮件 to (supervisor@755a)"), "the link before"
    assert demo.find(r"邮件 to (operations@755)"), "the region"
    for language, found in (("zh", "已找到"), ("en", "found")):
        page.goto(f"{root}{incident}?lang={language}")
        expect(page.locator("body")).to_contain_text(found)
        page.wait_for_timeout(400)
        shoot(page, f"demo-incident-{language}")
        page.goto(f"{root}/console/parcels/{waybill}?lang={language}")
        expect(page.locator("body")).to_contain_text("755C")
        page.wait_for_timeout(400)
        shoot(page, f"demo-found-{language}")
    page.close()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_station_page_shows_the_dock(demo: Demo, chromium: Browser, language: str) -> None:
    context = chromium.new_context(viewport=STATION)  # type: ignore[arg-type]  # a plain dict
    page = context.new_page()
    page.goto(f"{demo.station_url}?lang={language}")
    word = {"zh": "已记录", "en": "Recorded"}[language]
    expect(page.locator("body")).to_contain_text(word, timeout=BEAT_TIMEOUT_MS)
    page.wait_for_timeout(300)
    shoot(page, f"demo-station-{language}")
    context.close()
