"""A station's page: how it is, its devices, and what happened to them."""

from functools import partial

from nicegui.element import Element
from starlette.concurrency import run_in_threadpool

from hub.access.service import Role
from hub.console.keyed import KeyedList, Row
from hub.console.live import Live
from hub.console.looks import MEANING_OF
from hub.console.markup import age, attribute, box, chip, icon, text
from hub.console.pages import draw_broken, draw_empty
from hub.console.screens import ROOT
from hub.console.sites.desk import SiteDesk
from hub.console.sites.list_page import READ_EVERY_BEATS
from hub.console.sites.looks import TOLD_ICON, meaning_of
from hub.console.sites.spool_panel import SpoolPanel
from hub.console.sites.tiles import (
    draw_clock,
    draw_depth,
    draw_last_scan,
    draw_link,
    draw_scanners,
    draw_version,
)
from hub.console.sites.views import StationSight, StoryLine
from hub.console.visit import Visit
from hub.console.wording import visible


class StationPage:
    """One station; a click on a device narrows the story to it."""

    def __init__(self, visit: Visit, desk: SiteDesk, site: str, edge: str) -> None:
        self._visit = visit
        self._words = words = visit.words
        self._read = partial(desk.station, site, edge, visit.caller)
        self._desk, self._station_name = desk, (site, edge)
        self._live = Live(visit, self._read, self._take, self._tell_broken, READ_EVERY_BEATS)
        self._sight: StationSight | None = None
        self._device: str | None = None
        with box("main", "page"):
            with attribute(box("a", "back"), "href", f"{ROOT}/sites"):
                icon("back")
                text(words.say("station.back"))
            with box("header", "page-head"):
                text(visible(f"{site} / {edge}"), "page-title", "h1")
                self._name = text("", "label", "p")
            self._notice = box("div", "notice")
            self._facts = box("dl", "facts facts-wide")
            may_close = visit.caller.role is Role.ADMINISTRATOR
            self._spools = SpoolPanel(words, self._close_spool if may_close else None)
            with box("section", "part") as self._part:
                with box("header", "part-head"):
                    text(words.say("station.story"), "", "h2")
                    self._devices = attribute(box("div", "chips"), "role", "group")
                self._story = KeyedList(box("ol", "story"))

    async def start(self) -> None:
        """Show the station and follow what comes."""
        await self._live.start()

    async def _close_spool(self, spool: str, why: str) -> None:
        visit, name = self._visit, self._station_name
        done = await run_in_threadpool(self._desk.close_spool, *name, spool, why, visit.caller)
        if not done:
            self._spools.complain(self._words.say("act.forbidden"))
            return
        await self._live.refresh()

    def _tell_broken(self) -> None:
        self._show_parts(is_shown=False)
        draw_broken(self._notice, self._words)

    def _show_parts(self, *, is_shown: bool) -> None:
        self._notice.set_visibility(not is_shown)
        for part in (self._facts, self._part, self._spools.part):
            part.set_visibility(is_shown)

    def _take(self, sight: StationSight | None) -> None:
        self._sight = sight
        self._show_parts(is_shown=sight is not None)
        if sight is None:
            draw_empty(self._notice, self._words, "station.none", "cable")
            return
        self._name.set_text(sight.site_name or "")
        self._draw_facts(sight)
        self._spools.part.set_visibility(bool(sight.spools))
        self._spools.show(sight.spools)
        self._draw_story(sight)

    def _draw_facts(self, sight: StationSight) -> None:
        words, station = self._words, sight.station
        self._facts.clear()
        with self._facts:
            with self._fact("sites.station"):
                draw_link(station, words)
            with self._fact("sites.scanners"):
                draw_scanners(station.scanners, station.link, words)
            with self._fact("sites.depth"):
                draw_depth(station, words)
            with self._fact("sites.clock"):
                draw_clock(station, words)
            with self._fact("sites.scan"):
                draw_last_scan(station.last_scan_at, words)
            with self._fact("sites.list"):
                draw_version(station.list_version, sight.list_version, words)
            with self._fact("sites.pack"):
                draw_version(station.pack_version, sight.pack_version, words)
            with self._fact("station.program"):
                text(visible(station.program or words.say("figure.unknown")))

    def _fact(self, key: str) -> Element:
        with box("div", "fact"):
            text(self._words.say(key), "label", "dt")
            return box("dd")

    def _draw_story(self, sight: StationSight) -> None:
        told_of = [line.device for line in sight.story if line.device is not None]
        known = [scanner.id for scanner in sight.station.scanners]
        self._devices.clear()
        with self._devices:
            for device in dict.fromkeys([*known, *told_of]):
                found = attribute(box("button", "chip-button"), "type", "button")
                pressed = "true" if device == self._device else "false"
                attribute(found, "aria-pressed", pressed)
                found.on("click", partial(self._narrow, device))
                with found:
                    text(visible(device))
        lines = [line for line in sight.story if self._device in (None, line.device)]
        self._story.show(
            [
                Row(
                    f"{line.at}/{line.told}/{line.device}/{line.kind}/{number}",
                    line,
                    partial(self._draw_line, line),
                )
                for number, line in enumerate(reversed(lines))
            ][::-1]
        )

    def _narrow(self, device: str) -> None:
        self._device = None if self._device == device else device
        if self._sight is not None:
            self._draw_story(self._sight)

    def _draw_line(self, line: StoryLine) -> Element:
        words = self._words
        with box("li", f"story-line m-{meaning_of(line)}") as whole:
            with box("div", "scan-when"):
                text(words.clock_time(line.at), "figure", "b")
                text(words.day(line.at), "label figure")
            icon(TOLD_ICON[line.told])
            with box("div", "story-body"):
                if line.kind is None:
                    text(words.say(f"story.{line.told}"), "", "b")
                else:
                    chip(words.name("kind", line.kind), MEANING_OF[line.kind])
                    text(words.told(line.text_zh, line.text_en))
                if line.device is not None:
                    text(visible(line.device))
                if line.detail is not None:
                    text(visible(line.detail), "gap")
                if line.until is not None:
                    text(words.say("story.length", age=words.span(line.until - line.at)), "figure")
                age(line.at, words.exact(line.at), "label")
        return whole
