"""The console's pages, mounted into the hub's application at /console.

Who comes in is decided before: the access gate stands in front of every path and WebSocket.
"""

from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import FastAPI, Request
from nicegui import app as pages
from nicegui import ui
from starlette.routing import BaseRoute

from hub.console.choice import STATIC_URL, Choice, choice_of, put_head
from hub.console.feed import Feed
from hub.console.frame import Frame
from hub.console.parcel import ParcelPage
from hub.console.rooms import DatabaseRooms
from hub.console.seam import Rooms
from hub.console.wall import WallPage
from hub.console.wording import Words, load_words
from hub.web.choice import Language
from hub.web.context import HubContext, caller_of

MOUNT_PATH = "/console"
_STATIC = Path(__file__).parent / "static"


ZONE = ZoneInfo("Asia/Shanghai")
"""In which the console writes times, until sites have zones of their own."""


def mount_console(app: FastAPI, hub: HubContext) -> None:
    """Serve the console from the hub's application."""
    Console(DatabaseRooms(hub), ZONE, hub.test_clock).mount(app)


def page_routes() -> list[BaseRoute]:
    """The routes under ``MOUNT_PATH``, once they are there."""
    return pages.routes


class Console:
    """Both pages over one feed."""

    def __init__(self, rooms: Rooms, zone: ZoneInfo, test_clock: str | None) -> None:
        self._rooms = rooms
        self._feed = Feed(rooms)
        self._test_clock = test_clock
        self._words: Mapping[Language, Words] = {
            language: load_words(language, zone) for language in Language
        }

    def mount(self, app: FastAPI) -> None:
        """Serve the pages from ``app``; once in a process, since NiceGUI holds its own state."""
        pages.add_static_files(f"/{STATIC_URL}", _STATIC, max_cache_age=0)
        pages.on_startup(self._feed.start)
        pages.on_shutdown(self._feed.stop)
        ui.page("/")(self._wall)
        ui.page("/parcels/{waybill}")(self._parcel)
        ui.run_with(
            app,
            mount_path=MOUNT_PATH,
            title="Custos",
            favicon=_STATIC / "icon.svg",
            language="zh-CN",
            dark=None,
            tailwind=False,
            show_welcome_message=False,
        )

    async def _wall(self, request: Request) -> None:
        choice = choice_of(request)
        words = self._open(choice, "title.wall")
        frame = Frame(words, MOUNT_PATH, self._test_clock)
        page = WallPage(words, frame, MOUNT_PATH, self._rooms, caller_of(request))
        await page.start(self._feed)

    async def _parcel(self, request: Request, waybill: str) -> None:
        words = self._open(choice_of(request), "title.parcel", waybill=waybill)
        frame = Frame(words, MOUNT_PATH, self._test_clock)
        page = ParcelPage(words, frame, MOUNT_PATH, self._rooms, waybill, caller_of(request))
        await page.start(self._feed)

    def _open(self, choice: Choice, title: str, **values: str) -> Words:
        words = self._words[choice.language]
        ui.page_title(f"{words.say(title, **values)} · {words.say('brand')}")
        put_head(words, choice, MOUNT_PATH)
        return words
