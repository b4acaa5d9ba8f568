"""``python -m bench console``: 50 people watch while 200 alerts a minute are raised.

A real hub, one real Chromium page on the wall, and 49 more consoles that hold real sockets. Each
alert is a scan of a high-value parcel, handed to the hub's own intake. Aims: from commit to the
card on the screen a median under 1 s and a p99 under 3 s; nobody loses the connection.
"""

import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Page, sync_playwright

from bench.figures import Spread
from tests.browser.conftest import CHROMIUM, QUIET_CHROMIUM
from tests.browser.hub_process import HubProcess, Pen
from tests.browser.watchers import Watchers, delays_s, follow_cards, seen_at, watching
from wire.names import Result

WATCHERS = 49
ALERTS = 200
ALERTS_PER_MIN = 200
SETTLE_S = 5.0


def measure() -> dict[str, Any]:
    """Run it; returns the figures as JSON."""
    with tempfile.TemporaryDirectory(prefix="bench-console-") as folder:
        hub = HubProcess(Path(folder))
        pen = Pen(hub)
        try:
            return _measure(hub, pen)
        finally:
            pen.database.close()
            hub.stop()


def _measure(hub: HubProcess, pen: Pen) -> dict[str, Any]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET_CHROMIUM)
        context = browser.new_context(viewport={"width": 1920, "height": 1080})
        page = context.new_page()
        page.goto(hub.link)
        page.locator(".vitals .m-green").wait_for()
        cookies = {each["name"]: each["value"] for each in context.cookies()}
        alone_mib = web_mib(hub)
        with watching(hub.url, cookies, WATCHERS) as watchers:
            opened = watchers.watching
            together_mib = web_mib(hub)
            busy = _web(hub).cpu_times()
            started = time.monotonic()
            committed_at = raise_alerts(pen, page, ALERTS)
            used = _web(hub).cpu_times()
            took_s = time.monotonic() - started
            figures = _figures(page, watchers, committed_at)
            still = watchers.watching
        browser.close()
    figures |= {
        "watchers": {"opened": opened + 1, "still_there": still + 1},
        "memory_mib": {
            "web_alone": alone_mib,
            "web_with_watchers": together_mib,
            "per_watcher": (together_mib - alone_mib) / WATCHERS,
        },
        "web_cpu_share": (used.user + used.system - busy.user - busy.system) / took_s,
    }
    _print(figures)
    return figures


def raise_alerts(pen: Pen, page: Page, count: int) -> dict[str, float]:
    """Raise alerts at the rate; return when each was committed, epoch seconds."""
    follow_cards(page)
    committed_at: dict[str, float] = {}
    begun = time.monotonic()
    for number in range(count):
        waybill = f"1030007{number:05d}"
        pen.scan_at_once([waybill], Result.HV)
        committed_at[waybill] = time.time()
        due = begun + (number + 1) * 60 / ALERTS_PER_MIN
        # The page's own events are worked on while this waits.
        page.wait_for_timeout(max(0.0, due - time.monotonic()) * 1000)
    page.wait_for_timeout(SETTLE_S * 1000)
    return committed_at


def _figures(page: Page, watchers: Watchers, committed_at: dict[str, float]) -> dict[str, Any]:
    on_screen = delays_s(committed_at, seen_at(page))
    on_socket = [delay for told_at in watchers.told_at for delay in delays_s(committed_at, told_at)]
    return {
        "alerts": len(committed_at),
        "on_screen": len(on_screen),
        "commit_to_screen_s": asdict(Spread.of(list(on_screen))),
        "commit_to_socket_s": asdict(Spread.of(on_socket)),
        "told_kib_per_watcher": watchers.bytes_told / 1024 / WATCHERS,
    }


def _web(hub: HubProcess) -> psutil.Process:
    """The web role's process: of the hub's, the one that holds the console's connections."""
    port = hub.settings.http_address[1]

    def held(process: psutil.Process) -> int:
        found = process.net_connections("tcp")
        return sum(
            each.status == psutil.CONN_ESTABLISHED and each.laddr.port == port for each in found
        )

    return max(psutil.Process(hub.pid).children(recursive=True), key=held)


def web_mib(hub: HubProcess) -> float:
    """Resident size of the web role, MiB."""
    return float(_web(hub).memory_info().rss) / 2**20


def _print(figures: dict[str, Any]) -> None:
    watchers, memory = figures["watchers"], figures["memory_mib"]
    print(f"watchers: {watchers['opened']} opened, {watchers['still_there']} still there")
    print(f"alerts: {figures['alerts']} raised, {figures['on_screen']} seen on the screen")
    for name in ("commit_to_screen_s", "commit_to_socket_s"):
        print(f"  {name:20s} {Spread(**figures[name])}")
    alone, together = memory["web_alone"], memory["web_with_watchers"]
    print(f"web role: {alone:.0f} MiB alone, {together:.0f} MiB with watchers,")
    print(f"  {memory['per_watcher']:.2f} MiB each, {figures['web_cpu_share']:.0%} of a core;")
    print(f"  {figures['told_kib_per_watcher']:.0f} KiB told to each")
