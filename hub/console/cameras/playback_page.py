"""Playback of one camera: its day on a ruler, the player, and what was found in it (HV-2.11.3)."""

from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from starlette.concurrency import run_in_threadpool

from hub.access.service import may
from hub.console.cameras.day import stretches_from
from hub.console.cameras.day_ruler import DayRuler, scan_name
from hub.console.cameras.desk import CameraDesk
from hub.console.cameras.lists import draw_camera, draw_holds, draw_looks, draw_scans
from hub.console.cameras.panels import FindingPanel, HoldPanel
from hub.console.cameras.player import PLAYER_KEYS, Opened, Player, Scene, Watched
from hub.console.cameras.views import CameraDay, Scanned
from hub.console.forms import TextField
from hub.console.frame import Keys
from hub.console.live import Live
from hub.console.markup import attribute, box, button, icon, text
from hub.console.pages import draw_broken, draw_empty
from hub.console.screens import ROOT
from hub.console.seam import NotAllowedError
from hub.console.visit import Visit
from hub.console.wording import visible
from hub.video.service import Finding, HoldError, Stretch, UnknownPlaybackError

PLAYBACK_KEYS: Keys = (
    *PLAYER_KEYS,
    ("g", "playback.at.do"),
    ("s", "playback.find.do"),
)
READ_EVERY_BEATS = 10
PURPOSE_CHARS_MAX = 120


class PlaybackPage:
    """One camera's day; read again every few beats, the player goes on meanwhile."""

    def __init__(
        self, visit: Visit, desk: CameraDesk, where: tuple[str, str], day: date, at: datetime | None
    ) -> None:
        self._visit = visit
        self._words = words = visit.words
        self._desk = desk
        self._site, self._camera = where
        self._day = day
        self._at = at
        self._sight: CameraDay | None = None
        self._scenes: list[Scene] = []
        self._entered: str | None = None
        self._look_ids: tuple[int, ...] = ()
        self._picks = 0
        self._scans: tuple[Scanned, ...] | None = None
        with box("main", "parcel playback"):
            with box("header", "parcel-head"):
                with attribute(box("a", "back"), "href", f"{ROOT}/cameras"):
                    icon("back")
                    text(words.say("playback.back"))
                self._name = text("", "playback-name", "h1")
                self._where = text("", "label")
                self._draw_day_form()
            self._notice = box("div", "notice")
            with box("div", "parcel-body") as self._body:
                with attribute(box("div", "pane parcel-main"), "tabindex", "0"):
                    self._draw_main()
                with attribute(box("aside", "pane parcel-facts"), "tabindex", "0"):
                    self._finding = FindingPanel(words, self._record)
                    self._hold = HoldPanel(words, self._keep)
                    self._scan_list = box("div", "parcel-more")
                    self._facts = box("div", "parcel-more")
        may_find = may(visit.caller.role, "PUT /api/v1/playbacks/{playback_id}")
        self._finding.set_visibility(is_shown=may_find)
        self._hold.set_visibility(is_shown=False)

    def _draw_day_form(self) -> None:
        words, day = self._words, self._day
        with attribute(box("form", "as-of"), "method", "get"):
            for key, other, picture in (
                ("playback.day.before", day - timedelta(days=1), "back"),
                ("playback.day.after", day + timedelta(days=1), "on"),
            ):
                link = attribute(box("a", "tool"), "href", f"?day={other.isoformat()}")
                with attribute(
                    attribute(link, "aria-label", words.say(key)), "title", words.say(key)
                ):
                    icon(picture)
            with box("label", "as-of-field"):
                text(words.say("playback.day"), "label")
                field = attribute(box("input", "field"), "type", "date")
                attribute(attribute(field, "name", "day"), "^value", day.isoformat())
            attribute(text(words.say("playback.day.do"), "button", "button"), "type", "submit")

    def _draw_main(self) -> None:
        words = self._words
        with box("section", "part"):
            with box("header", "part-head"):
                text(words.say("playback.ruler"), "", "h2")
                text(words.say("playback.ruler.about"), "label")
            self._ruler = DayRuler(words, self._pick)
            with box("div", "pick"):
                self._purpose = TextField(
                    words.say("playback.why"),
                    PURPOSE_CHARS_MAX,
                    value=words.say("playback.purpose"),
                )
                self._moment = TextField(words.say("playback.at"), 8, hint="14:05:00", kind="time")
                button(words.say("playback.at.do"), "", "g").on("click", self._pick_typed)
        with box("section", "part"):
            self._empty = box("div", "notice")
            draw_empty(self._empty, words, "playback.empty", "cameras")
            self._player = Player(words, self._note_opened, self._note_entered)

    async def start(self) -> None:
        """Show the day and follow what comes; a moment in the address is played at once."""
        self._live = Live(self._visit, self._read, self._take, self._tell_broken, READ_EVERY_BEATS)
        await self._live.start()
        if self._at is not None and self._sight is not None:
            await self._pick(self._at)

    def _read(self) -> CameraDay | None:
        return self._desk.day(self._site, self._camera, self._day, self._visit.caller)

    def _tell_broken(self) -> None:
        draw_broken(self._notice, self._words)

    def _take(self, sight: CameraDay | None) -> None:
        words = self._words
        self._sight = sight
        self._body.set_visibility(sight is not None)
        self._notice.clear()
        if sight is None:
            draw_empty(self._notice, words, "playback.none", "cameras")
            return
        self._name.set_text(visible(sight.card.name))
        self._where.set_text(f"{sight.card.view.site} {sight.card.site_name or ''}")
        scene = self._scene()
        self._ruler.show(sight, None if scene is None else scene.at)
        if sight.scans != self._scans:
            # Drawn anew under a hand that is about to click, the click would be lost.
            self._scans = sight.scans
            self._scan_list.clear()
            with self._scan_list:
                draw_scans(sight.scans, words, self._pick)
        self._facts.clear()
        with self._facts:
            draw_camera(sight.card, words)
            draw_holds(sight.holds, words)
            draw_looks(sight, words)

    # ------------------------------------------------------------ playing

    async def _pick_typed(self) -> None:
        try:
            typed = time.fromisoformat(self._moment.value)
        except ValueError:
            return
        at = datetime.combine(self._day, typed.replace(tzinfo=None), self._words.zone)
        await self._pick(at.astimezone(UTC))

    async def _pick(self, at: datetime) -> None:
        """Play from a moment on, stretch by stretch."""
        if self._sight is None:
            return
        self._scenes = self._scenes_from(self._sight, at)
        self._note_entered(self._scenes[0].key)
        self._empty.set_visibility(False)
        purpose = self._purpose.value.strip() or self._words.say("playback.purpose")
        self._player.show(self._scenes, self._entered, purpose)

    def _scene(self) -> Scene | None:
        return next((each for each in self._scenes if each.key == self._entered), None)

    def _note_entered(self, key: str) -> None:
        self._entered = key
        self._look_ids = ()
        self._finding.wait()
        scene = self._scene()
        self._ruler.mark(None if scene is None else scene.at)

    async def _note_opened(self, opened: Opened) -> None:
        if opened.scene != self._entered or not opened.look_ids:
            return
        self._look_ids = opened.look_ids
        self._finding.begin()
        self._hold.set_visibility(is_shown=may(self._visit.caller.role, "POST /api/v1/holds"))
        await self._live.refresh()

    # ------------------------------------------------------------ acts

    async def _record(self, finding: Finding) -> str | None:
        caller = self._visit.caller
        try:
            for look_id in self._look_ids:
                await run_in_threadpool(self._desk.note_finding, look_id, finding, caller)
        except (UnknownPlaybackError, NotAllowedError):
            return self._words.say("playback.find.over")
        await self._live.refresh()
        return None

    async def _keep(self, reason: str) -> tuple[str, str]:
        words, scene = self._words, self._scene()
        if scene is None:
            return "", words.say("playback.find.first")
        asked = Stretch(scene.since, scene.until)
        keep = partial(self._desk.hold, self._site, self._camera, asked, reason, self._visit.caller)
        try:
            held = await run_in_threadpool(keep)
        except (HoldError, NotAllowedError) as error:
            return "", words.say("playback.hold.bad", why=error)
        await self._live.refresh()
        since, until = words.clock_time(held.since), words.clock_time(held.until)
        return words.say("playback.hold.done", since=since, until=until), ""

    def _scenes_from(self, sight: CameraDay, at: datetime) -> list[Scene]:
        """The day from a moment on, stretch by stretch; the same moment again begins anew."""
        self._picks += 1
        words, view = self._words, sight.card.view
        watched = Watched(view.site, view.camera, visible(sight.card.name))
        marks = [(scan.at, scan_name(words, scan)) for scan in sight.scans]
        return [
            Scene(
                key=f"{self._picks}-{nth}",
                title=words.say(
                    "playback.stretch",
                    since=words.clock_time(since),
                    until=words.clock_time(until),
                ),
                since=since,
                until=until,
                at=at if nth == 0 else since,
                cameras=(watched,),
                marks=tuple(mark for mark in marks if since <= mark[0] <= until),
                plays=nth == 0,
            )
            for nth, (since, until) in enumerate(stretches_from(at, sight.until))
        ]
