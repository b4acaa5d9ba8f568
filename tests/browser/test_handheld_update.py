"""The handheld's page starts without a network, and a newer one takes its place by itself."""

import json
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from edge import page as page_module
from edge.metrics import Metrics
from edge.page import STATIC, Page, PageServer

pytestmark = pytest.mark.browser


@pytest.fixture
def static(tmp_path: Path) -> Path:
    return shutil.copytree(STATIC, tmp_path / "static")


@pytest.fixture
def url(static: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(page_module, "STATIC", static)
    page = Page(
        Metrics(), lambda: True, print, lambda _: True, lambda _: False, time.monotonic_ns,
        lambda: datetime.now(UTC), has_tls=False,
    )  # fmt: skip
    server = PageServer(page, "127.0.0.1", 0)
    server.start()
    yield server.url
    assert server.stop(5)


def test_the_page_starts_offline_and_is_renewed_when_the_edge_is(
    chromium: Browser, static: Path, url: str
) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{url}handheld/")
    title = page.locator(".pairing h1")
    expect(title).to_have_text("配对这台终端")
    page.evaluate("navigator.serviceWorker.ready")
    page.reload()  # from here on the worker has the page
    context.set_offline(True)
    page.reload()
    expect(title).to_have_text("配对这台终端")
    context.set_offline(False)
    words = static / "messages.zh.json"
    words.write_text(json.dumps({**json.loads(words.read_text()), "handheld.pair": "新的一版"}))
    page.reload()
    expect(title).to_have_text("配对这台终端")  # still the kept one
    page.evaluate("navigator.serviceWorker.ready.then((found) => found.update())")
    expect(title).to_have_text("新的一版")
    assert page.evaluate("caches.keys().then((names) => names.length)") == 1
    context.close()
