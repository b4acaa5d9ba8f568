"""The console's pages, mounted into the hub's application at /console.

Who comes in is decided before: the access gate stands in front of every path and WebSocket.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Request
from fastapi import Path as PathParameter
from nicegui import app as pages
from nicegui import ui
from starlette.routing import BaseRoute

from hub.console.cameras.day import day_of
from hub.console.cameras.desk import CameraDesk
from hub.console.cameras.playback_page import PLAYBACK_KEYS, PlaybackPage
from hub.console.cameras.wall_page import CAMERAS_KEYS, CameraWallPage
from hub.console.choice import STATIC_URL, choice_of, put_head
from hub.console.dispatch.desk import DispatchDesk
from hub.console.dispatch.list_page import RegisterPage
from hub.console.dispatch.page import LIST_KEYS as REGISTER_KEYS
from hub.console.dispatch.page import RegisterListPage
from hub.console.feed import Feed
from hub.console.frame import Frame, Keys
from hub.console.incidents.desk import IncidentDesk
from hub.console.incidents.list_page import LIST_KEYS, IncidentsPage
from hub.console.incidents.page import PAGE_KEYS, IncidentPage
from hub.console.model.desk import ModelDesk
from hub.console.model.page import ModelPage
from hub.console.parcel.desk import ParcelDesk
from hub.console.parcel.page import PARCEL_KEYS, ParcelPage
from hub.console.policy.desk import PolicyDesk
from hub.console.policy.page import POLICY_KEYS, PolicyPage
from hub.console.quarantine.desk import QuarantineDesk
from hub.console.quarantine.page import QUARANTINE_KEYS, QuarantinePage
from hub.console.reads.desk import ReadDesk
from hub.console.reads.page import READS_KEYS, ReadsPage
from hub.console.screens import ROOT, site_options
from hub.console.shift.desk import ShiftDesk
from hub.console.shift.page import SHIFT_KEYS, ShiftPage
from hub.console.sites.desk import SiteDesk
from hub.console.sites.list_page import SITES_KEYS, SitesPage
from hub.console.sites.story_page import StationPage
from hub.console.sites.trail import DepthTrail
from hub.console.staff.desk import StaffDesk
from hub.console.staff.page import STAFF_KEYS, StaffPage
from hub.console.suspects.desk import SuspectDesk
from hub.console.suspects.page import SUSPECTS_KEYS, SuspectsPage
from hub.console.visit import Visit
from hub.console.wall.desk import WallDesk
from hub.console.wall.page import WALL_KEYS, WallPage
from hub.console.wall.shared import Shared
from hub.console.wanted.desk import WantedDesk
from hub.console.wanted.import_page import ImportPage
from hub.console.wanted.list_page import WANTED_KEYS, WantedPage
from hub.console.wording import ZONE, Words, load_words, moment_in
from hub.web.choice import Language
from hub.web.context import HubContext, caller_of

MOUNT_PATH = ROOT
ANSWER_S_MAX = 20.0
"""A busy hub draws a page late rather than not at all."""
RECONNECT_S = 20.0
"""A page that was cut off for so long goes on where it was; a busy hub answers its sockets late."""
FIRST_DAY, LAST_DAY = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Between which days of footage are looked for."""
RowId = Annotated[int, PathParameter(ge=1, le=2**53)]
_STATIC = Path(__file__).parent / "static"


def mount_console(app: FastAPI, hub: HubContext) -> None:
    """Serve the console from the hub's application."""
    Console(hub).mount(app)


def page_routes() -> list[BaseRoute]:
    """The routes under ``MOUNT_PATH``, once they are there."""
    return pages.routes


class Console:
    """All pages over one feed."""

    def __init__(self, hub: HubContext) -> None:
        self._hub = hub
        self._wall_desk = WallDesk(hub)
        self._parcel_desk = ParcelDesk(hub)
        self._feed = Feed(self._wall_desk)
        trail = DepthTrail()
        self._feed.changed.subscribe(trail.follow)
        self._incident_desk = IncidentDesk(hub)
        self._shift_desk = ShiftDesk(hub)
        self._dispatch_desk = DispatchDesk(hub)
        self._staff_desk = StaffDesk(hub)
        self._suspect_desk = SuspectDesk(hub)
        self._site_desk = SiteDesk(hub, trail)
        self._read_desk = ReadDesk(hub)
        self._model_desk = ModelDesk(hub)
        self._camera_desk = CameraDesk(hub)
        self._wanted_desk = WantedDesk(hub)
        self._quarantine_desk = QuarantineDesk(hub)
        self._policy_desk = PolicyDesk(hub)
        self._words: Mapping[Language, Words] = {
            language: load_words(language, ZONE) for language in Language
        }
        self._shared = Shared(self._words)

    def mount(self, app: FastAPI) -> None:
        """Serve the pages from ``app``; once in a process, since NiceGUI holds its own state."""
        pages.add_static_files(f"/{STATIC_URL}", _STATIC, max_cache_age=0)
        pages.on_startup(self._feed.start)
        pages.on_shutdown(self._feed.stop)
        for path, draw in (
            ("/", self._wall),
            ("/parcels/{waybill}", self._parcel),
            ("/incidents", self._incidents),
            ("/incidents/{incident_id}", self._incident),
            ("/suspects", self._suspects),
            ("/shift", self._shift),
            ("/dispatch", self._register),
            ("/dispatch/{list_id}", self._register_list),
            ("/sites", self._sites),
            ("/sites/{site}/{edge}", self._station),
            ("/reads", self._reads),
            ("/model", self._model),
            ("/cameras", self._cameras),
            ("/cameras/{site}/{camera}", self._playback),
            ("/staff", self._staff),
            ("/wanted", self._wanted),
            ("/wanted/import", self._import),
            ("/quarantine", self._quarantine),
            ("/policy", self._policy),
        ):
            ui.page(path, response_timeout=ANSWER_S_MAX)(draw)
        ui.run_with(
            app,
            mount_path=MOUNT_PATH,
            title="Custos",
            favicon=_STATIC / "icon.svg",
            language="zh-CN",
            dark=None,
            tailwind=False,
            show_welcome_message=False,
            reconnect_timeout=RECONNECT_S,
        )

    async def _wall(self, request: Request) -> None:
        visit = self._open(request, "wall", "title.wall", WALL_KEYS)
        await WallPage(visit, self._wall_desk, self._shared).start()

    async def _parcel(self, request: Request, waybill: str, as_of: str = "") -> None:
        visit = self._open(request, "parcel", "title.parcel", PARCEL_KEYS, waybill=waybill)
        moment = moment_in(as_of, visit.words.zone)
        await ParcelPage(visit, self._parcel_desk, waybill, moment).start()

    async def _incidents(self, request: Request) -> None:
        visit = self._open(request, "incidents", "title.incidents", LIST_KEYS)
        await IncidentsPage(visit, self._incident_desk).start()

    async def _incident(self, request: Request, incident_id: RowId) -> None:
        visit = self._open(request, "incidents", "title.incident", PAGE_KEYS, id=str(incident_id))
        await IncidentPage(visit, self._incident_desk, incident_id).start()

    async def _suspects(self, request: Request) -> None:
        visit = self._open(request, "suspects", "title.suspects", SUSPECTS_KEYS)
        sites = site_options(self._hub.network, visit.caller)
        await SuspectsPage(visit, self._suspect_desk, sites).start()

    async def _shift(self, request: Request) -> None:
        visit = self._open(request, "shift", "title.shift", SHIFT_KEYS)
        await ShiftPage(visit, self._shift_desk).start()

    async def _register(self, request: Request) -> None:
        visit = self._open(request, "dispatch", "title.dispatch", LIST_KEYS)
        await RegisterPage(visit, self._dispatch_desk).start()

    async def _register_list(self, request: Request, list_id: RowId) -> None:
        visit = self._open(
            request, "dispatch", "title.dispatch.list", REGISTER_KEYS, id=str(list_id)
        )
        await RegisterListPage(visit, self._dispatch_desk, list_id).start()

    async def _sites(self, request: Request) -> None:
        visit = self._open(request, "sites", "title.sites", SITES_KEYS)
        await SitesPage(visit, self._site_desk).start()

    async def _station(self, request: Request, site: str, edge: str) -> None:
        visit = self._open(request, "sites", "title.station", name=f"{site}/{edge}")
        await StationPage(visit, self._site_desk, site, edge).start()

    async def _reads(self, request: Request) -> None:
        visit = self._open(request, "reads", "title.reads", READS_KEYS)
        await ReadsPage(visit, self._read_desk).start()

    async def _model(self, request: Request) -> None:
        visit = self._open(request, "model", "title.model")
        await ModelPage(visit, self._model_desk).start()

    async def _cameras(self, request: Request) -> None:
        visit = self._open(request, "cameras", "title.cameras", CAMERAS_KEYS)
        await CameraWallPage(visit, self._camera_desk).start()

    async def _playback(
        self, request: Request, site: str, camera: str, day: str = "", at: str = ""
    ) -> None:
        visit = self._open(request, "cameras", "title.playback", PLAYBACK_KEYS, name=camera)
        moment = moment_in(at, visit.words.zone)
        now = self._hub.clock.now()
        # What is no day, or has no neighbours, is today.
        chosen = moment or moment_in(f"{day}T12:00", visit.words.zone) or now
        shown = day_of(chosen if FIRST_DAY < chosen < LAST_DAY else now, visit.words.zone)
        await PlaybackPage(visit, self._camera_desk, (site, camera), shown, moment).start()

    async def _staff(self, request: Request) -> None:
        visit = self._open(request, "staff", "title.staff", STAFF_KEYS)
        await StaffPage(visit, self._staff_desk).start()

    async def _wanted(self, request: Request) -> None:
        visit = self._open(request, "wanted", "title.wanted", WANTED_KEYS)
        await WantedPage(visit, self._wanted_desk).start()

    def _import(self, request: Request) -> None:
        ImportPage(self._open(request, "wanted", "title.wanted.import"), self._wanted_desk).start()

    async def _quarantine(self, request: Request) -> None:
        visit = self._open(request, "quarantine", "title.quarantine", QUARANTINE_KEYS)
        await QuarantinePage(visit, self._quarantine_desk).start()

    def _policy(self, request: Request) -> None:
        visit = self._open(request, "policy", "title.policy", POLICY_KEYS)
        PolicyPage(visit, self._policy_desk).start()

    def _open(
        self, request: Request, screen: str, title: str, keys: Keys = (), **values: str
    ) -> Visit:
        choice, caller = choice_of(request), caller_of(request)
        words = self._words[choice.language]
        ui.page_title(f"{words.say(title, **values)} · {words.say('brand')}")
        put_head(words, choice)
        frame = Frame(words, caller, screen, keys, self._hub)
        return Visit(words, caller, frame, self._feed)
