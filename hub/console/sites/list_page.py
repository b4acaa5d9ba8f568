"""Sites and devices: one row a site, its stations and scanners as tiles with their state."""

from functools import partial

from nicegui.element import Element

from hub.console.forms import TextField
from hub.console.frame import Keys
from hub.console.keyed import KeyedList, Row
from hub.console.live import Live
from hub.console.looks import Meaning
from hub.console.markup import attribute, box, chip, text
from hub.console.pages import draw_broken, draw_empty
from hub.console.screens import ROOT
from hub.console.sites.desk import SiteDesk
from hub.console.sites.story import matches
from hub.console.sites.tiles import (
    draw_clock,
    draw_depth,
    draw_last_scan,
    draw_link,
    draw_scanners,
    draw_version,
)
from hub.console.sites.views import SiteList, SiteRow, Station
from hub.console.visit import Visit

SITES_KEYS: Keys = (
    ("j", "keys.row.next"),
    ("k", "keys.row.previous"),
    ("Enter", "keys.row.open"),
    ("r", "keys.sites.filter"),
)
READ_EVERY_BEATS = 5
"""Stations tell their state each 30 s."""
SITES_SHOWN_MAX = 200
BARE_SHOWN_MAX = 300
FILTER_CHARS_MAX = 40
_COLUMNS = ("station", "scanners", "depth", "clock", "scan", "list", "pack")


class SitesPage:
    """All sites that are the person's business, those with trouble first."""

    def __init__(self, visit: Visit, desk: SiteDesk) -> None:
        self._visit = visit
        self._words = words = visit.words
        self._desk = desk
        self._found = SiteList((), (), 0)
        with box("main", "page"):
            with box("header", "page-head"):
                text(words.say("sites.title"), "page-title", "h1")
                self._counts = text("", "label", "p")
                with box("div", "page-filter"):
                    hint = words.say("sites.filter.hint")
                    self._filter = TextField(
                        words.say("sites.filter"),
                        FILTER_CHARS_MAX,
                        hint=hint,
                        key="r",
                        changed=self._draw,
                    )
            self._notice = box("div", "notice")
            with attribute(box("div", "site-grid row-head"), "aria-hidden", "true") as self._head:
                text(words.say("sites.site"))
                with box("div", "station-grid"):
                    for column in _COLUMNS:
                        text(words.say(f"sites.{column}"))
            self._rows = KeyedList(box("ol", "sites"))
            self._more = text("", "more", "p")
            self._bare = box("details", "raw bare")

    async def start(self) -> None:
        """Show the sites and follow what comes."""
        visit = self._visit
        read = partial(self._desk.sites, visit.caller)
        await Live(visit, read, self._take, self._tell_broken, READ_EVERY_BEATS).start()

    def _take(self, found: SiteList) -> None:
        self._found = found
        self._draw_bare()
        self._draw()

    def _tell_broken(self) -> None:
        self._rows.show([])
        self._head.set_visibility(False)
        draw_broken(self._notice, self._words)

    def _draw(self) -> None:
        found, words = self._found, self._words
        rows = [row for row in found.rows if matches(row, self._filter.value)]
        self._notice.clear()
        self._head.set_visibility(bool(rows))
        if not found.rows:
            draw_empty(self._notice, words, "sites.empty", "sites")
        elif not rows:
            draw_empty(self._notice, words, "sites.filtered", "sites")
        stations = sum(len(row.stations) for row in found.rows)
        trouble = sum(row.has_trouble for row in found.rows)
        self._counts.set_text(
            words.say("sites.counts", sites=len(found.rows), stations=stations, trouble=trouble)
        )
        shown = rows[:SITES_SHOWN_MAX]
        self._rows.show(
            [
                Row(row.code, (row, found.list_version), partial(self._draw_site, row))
                for row in shown
            ]
        )
        hidden = len(rows) - len(shown)
        self._more.set_text(words.say("sites.more", n=hidden) if hidden else "")

    def _draw_bare(self) -> None:
        bare = self._found.bare
        self._bare.clear()
        self._bare.set_visibility(bool(bare))
        with self._bare:
            text(self._words.say("sites.bare", n=len(bare)), "", "summary")
            text(" · ".join(bare[:BARE_SHOWN_MAX]), "gap", "p")

    def _draw_site(self, row: SiteRow) -> Element:
        words = self._words
        with box("li", "site-grid site") as whole:
            with box("div", "site-name"):
                text(row.code, "row-main", "b")
                text(row.name or words.say("sites.unnamed"), "" if row.name else "gap")
                if row.kind is not None:
                    text(words.name("site.kind", row.kind), "label")
                if row.has_trouble:
                    chip(words.say("sites.look"), Meaning.OPEN, "alarm")
            with box("ol", "site-stations"):
                for station in row.stations:
                    self._draw_station(station, row.pack_version)
        return whole

    def _draw_station(self, station: Station, pack_version: int) -> None:
        words = self._words
        url = f"{ROOT}/sites/{station.site}/{station.edge}"
        with box("li"), attribute(box("a", "row station-grid"), "href", url) as link:
            attribute(link, "data-row", "")
            with box("span", "row-cell"):
                draw_link(station, words)
            with box("span", "row-cell"):
                draw_scanners(station.scanners, station.link, words)
            with box("span", "row-cell depth"):
                draw_depth(station, words)
            with box("span", "row-cell"):
                draw_clock(station, words)
            with box("span", "row-cell"):
                draw_last_scan(station.last_scan_at, words)
            with box("span", "row-cell"):
                draw_version(station.list_version, self._found.list_version, words)
            with box("span", "row-cell"):
                draw_version(station.pack_version, pack_version, words)
