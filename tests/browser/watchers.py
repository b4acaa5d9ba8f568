"""People who watch the wall: many real sockets, and one real page that says when a card is seen.

A watcher opens the console as a browser does and holds its socket; only nothing is drawn.
"""

import ast
import asyncio
import json
import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlencode

import httpx
from playwright.sync_api import Page
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

_QUERY = re.compile(r"query: (\{.*?\}),\n")
_WAYBILL = re.compile(r"103[0-9]{9}")
SOCKET_PATH = "/console/_nicegui_ws/socket.io/"
CLOSED_S = 0.2
OPEN_S_MAX = 60.0
MESSAGE_BYTES_MAX = 8 * 2**20
_SEEN_SCRIPT = """
window.seenAt = {};
const note = () => {
  for (const each of document.querySelectorAll(".card .waybill")) {
    const number = each.getAttribute("aria-label");
    window.seenAt[number] ??= performance.timeOrigin + performance.now();
  }
};
new MutationObserver(note).observe(document.body, { childList: true, subtree: true });
note();
"""


class Watchers:
    """So many open consoles; ``told_at``: when each of them first heard of a waybill (epoch s)."""

    def __init__(self, url: str, cookies: dict[str, str], count: int) -> None:
        self._url = url
        self._cookies = cookies
        self._open = 0
        self._lost = 0
        self.told_at: list[dict[str, float]] = [{} for _ in range(count)]
        self.bytes_told = 0

    @property
    def watching(self) -> int:
        """How many hold a socket that the console has accepted."""
        return self._open - self._lost

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until told to stop."""
        async with httpx.AsyncClient(cookies=self._cookies, timeout=OPEN_S_MAX) as http:
            tasks = []
            for told_at in self.told_at:
                query = await self._open_page(http)
                tasks.append(asyncio.create_task(self._watch(query, told_at)))
            await stop.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # What had to be aborted is closed in the loop's next turns, or it fails a later test.
        await asyncio.sleep(CLOSED_S)

    async def _open_page(self, http: httpx.AsyncClient) -> dict[str, str]:
        page = await http.get(f"{self._url}/console/", headers={"Accept": "text/html"})
        page.raise_for_status()
        found = _QUERY.search(page.text)
        assert found is not None, "the console's page names no socket"
        # The framework writes the text of a Python dictionary there.
        query = {name: str(value) for name, value in ast.literal_eval(found[1]).items()}
        return query | {"implicit_handshake": "true", "EIO": "4", "transport": "websocket"}

    async def _watch(self, query: dict[str, str], told_at: dict[str, float]) -> None:
        name = query["client_id"]
        own = query | {"document_id": name, "tab_id": name, "old_tab_id": ""}
        address = self._url.replace("http", "ws", 1) + SOCKET_PATH + "?" + urlencode(own)
        cookie = "; ".join(f"{key}={value}" for key, value in self._cookies.items())
        headers = {"Cookie": cookie, "Origin": self._url}
        async with connect(
            address, additional_headers=headers, max_size=MESSAGE_BYTES_MAX
        ) as socket:
            await socket.recv()
            await socket.send("40")
            answer = str(await socket.recv())
            assert answer.startswith("40"), f"the console refused a watcher: {answer[:200]}"
            self._open += 1
            try:
                await self._hear(socket, name, told_at)
            except ConnectionClosed:
                self._lost += 1

    async def _hear(self, socket: ClientConnection, name: str, told_at: dict[str, float]) -> None:
        heard = 0
        while True:
            message = str(await socket.recv())
            if message == "2":
                await socket.send("3")
                continue
            now = time.time()
            heard += 1
            self.bytes_told += len(message)
            for number in _WAYBILL.findall(message):
                told_at.setdefault(number, now)
            # As a browser does, so that the console forgets what was heard.
            await socket.send(
                "42" + json.dumps(["ack", {"client_id": name, "next_message_id": heard}])
            )


@contextmanager
def watching(url: str, cookies: dict[str, str], count: int) -> Iterator[Watchers]:
    """Watchers in a thread of their own, all of them connected."""
    watchers = Watchers(url, cookies, count)
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(
        target=loop.run_until_complete, args=(watchers.run(stop),), name="watchers"
    )
    thread.start()
    try:
        deadline = time.monotonic() + OPEN_S_MAX
        while watchers.watching < count:
            assert thread.is_alive(), "the watchers are gone"
            assert time.monotonic() < deadline, f"only {watchers.watching} of {count} could watch"
            time.sleep(0.1)
        yield watchers
    finally:
        if thread.is_alive():
            loop.call_soon_threadsafe(stop.set)
        thread.join(OPEN_S_MAX)
        loop.close()


def follow_cards(page: Page) -> None:
    """Let a page note when it first shows each card."""
    page.evaluate(_SEEN_SCRIPT)


def seen_at(page: Page) -> dict[str, float]:
    """When the page first showed each waybill, epoch seconds."""
    return {number: at / 1000 for number, at in page.evaluate("window.seenAt").items()}


def delays_s(committed_at: dict[str, float], known_at: dict[str, float]) -> Sequence[float]:
    """From commit to eye; what was never known is left out, so count what comes back."""
    return [known_at[number] - at for number, at in committed_at.items() if number in known_at]
