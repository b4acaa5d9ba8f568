"""The scans that sites skip: those that skip most first, the chosen one at length beside them.

Source: design section 7 (per-site read rates), HV-2.11.2.
"""

from functools import partial

from nicegui.element import Element

from hub.console.frame import Keys
from hub.console.keyed import KeyedList, Row
from hub.console.live import Live
from hub.console.markup import attribute, box, chip, text
from hub.console.pages import draw_broken, draw_empty
from hub.console.reads.desk import SITES_SHOWN_MAX, ReadDesk
from hub.console.reads.drawing import (
    CHANGE_ICON,
    CHANGE_MEANING,
    draw_days,
    draw_reach,
    draw_share,
    shown,
)
from hub.console.reads.side import draw_site
from hub.console.reads.views import ReadRow, ReadSight
from hub.console.visit import Visit
from hub.missing.service import OWED_MIN, SITES_MIN

READS_KEYS: Keys = (
    ("j", "keys.row.next"),
    ("k", "keys.row.previous"),
    ("Enter", "keys.row.open"),
    ("d", "keys.reads.days"),
)
READ_EVERY_BEATS = 60
"""A figure of days may be a minute old."""
SPANS = (1, 7, 28)
"""Days that can be chosen; the first is today so far."""
_COLUMNS = ("site", "skipped", "share", "days", "standing")


class ReadsPage:
    """A row a site; a click on a time chooses of which days its figures are."""

    def __init__(self, visit: Visit, desk: ReadDesk) -> None:
        self._visit = visit
        self._words = words = visit.words
        self._desk = desk
        self._days = SPANS[1]
        self._chosen: str | None = None
        with box("main", "beside"):
            with attribute(box("div", "page"), "tabindex", "0"):
                with box("header", "page-head"):
                    text(words.say("reads.title"), "page-title", "h1")
                    text(words.say("reads.about"), "label", "p")
                    self._spans = attribute(box("div", "chips"), "role", "group")
                self._median = box("p", "read-network")
                self._notice = box("div", "notice")
                with box("section", "read-list") as self._list:
                    self._head = attribute(
                        box("div", "row row-head row-read"), "aria-hidden", "true"
                    )
                    self._rows = KeyedList(box("ol", "rows"))
                self._more = text("", "more", "p")
            self._side = attribute(box("aside", "side"), "tabindex", "0")
        self._live = Live(visit, self._read, self._draw, self._tell_broken, READ_EVERY_BEATS)

    async def start(self) -> None:
        """Show the sites and follow what comes."""
        self._draw_spans()
        await self._live.start()

    def _read(self) -> ReadSight:
        return self._desk.reads(self._visit.caller, self._days, self._chosen)

    def _tell_broken(self) -> None:
        for each in (self._list, self._median, self._more):
            each.set_visibility(False)
        self._side.clear()
        draw_broken(self._notice, self._words)

    async def _choose(self, site: str) -> None:
        self._chosen = site
        await self._live.refresh()

    async def _choose_span(self, days: int) -> None:
        self._days = days
        self._draw_spans()
        await self._live.refresh()

    def _draw_spans(self) -> None:
        following = SPANS[(SPANS.index(self._days) + 1) % len(SPANS)]
        self._spans.clear()
        with self._spans:
            for days in SPANS:
                mark = attribute(box("button", "chip-button"), "type", "button")
                pressed = "true" if days == self._days else "false"
                attribute(mark, "aria-pressed", pressed)
                mark.on("click", partial(self._choose_span, days))
                if days == following:
                    attribute(mark, "data-key", "d")
                with mark:
                    text(self._words.say(f"reads.span.{days}"))
                    if days == following:
                        text("d", "key", "kbd")

    def _draw(self, sight: ReadSight) -> None:
        words = self._words
        self._notice.clear()
        for each in (self._list, self._median):
            each.set_visibility(bool(sight.rows))
        if not sight.rows:
            draw_empty(self._notice, words, "reads.empty", "reads")
        self._draw_median(sight)
        self._draw_head(sight)
        chosen = None if sight.chosen is None else sight.chosen.figures.site
        self._rows.show(
            [
                Row(
                    row.figures.site,
                    (row, sight.medians.share, sight.scale, row.figures.site == chosen),
                    partial(self._draw_row, row, sight, is_chosen=row.figures.site == chosen),
                )
                for row in sight.rows
            ]
        )
        hidden = sight.total - len(sight.rows)
        self._more.set_visibility(hidden > 0)
        self._more.set_text(words.say("reads.more", n=hidden, shown=SITES_SHOWN_MAX))
        self._side.clear()
        with self._side:
            if sight.chosen is None:
                text(words.say("reads.chosen.none"), "gap", "p")
            else:
                draw_site(sight.chosen, sight, words)

    def _draw_median(self, sight: ReadSight) -> None:
        words, medians = self._words, sight.medians
        self._median.clear()
        with self._median:
            if medians.share is None:
                text(words.say("reads.median.none", n=OWED_MIN, sites=SITES_MIN), "gap")
            else:
                box("i", "read-median-mark")
                text(words.say("reads.median.is", share=shown(medians.share)), "figure", "b")
                text(words.say("reads.median.of", n=medians.sites), "label")
            if sight.days == SPANS[0]:
                text(words.say("reads.today.about"), "problem m-grey", "span")

    def _draw_head(self, sight: ReadSight) -> None:
        words, scale = self._words, sight.scale
        self._head.clear()
        with self._head:
            for column in _COLUMNS:
                with box("span", "read-column"):
                    text(words.say(f"reads.column.{column}"))
                    if column == "share":
                        with box("span", "read-ends figure"):
                            text(f"{scale.floor:.0%}")
                            text("100%")
                    elif column == "days":
                        said = words.say("reads.column.tallest", share=f"{scale.tallest:.0%}")
                        text(said)

    def _draw_row(self, row: ReadRow, sight: ReadSight, *, is_chosen: bool) -> Element:
        words, figures, meaning = self._words, row.figures, CHANGE_MEANING[row.against]
        with box("li") as whole:
            found = box("button", f"row row-read{' is-chosen' * is_chosen}")
            attribute(attribute(found, "type", "button"), "data-row", "")
            found.on("click", partial(self._choose, figures.site))
            with found:
                with box("span", "row-cell"):
                    text(figures.site, "row-main", "b")
                    text(row.name or words.say("reads.unnamed"), "" if row.name else "gap")
                with box("span", "stack"):
                    text(str(figures.reads.skipped), "row-main figure")
                    text(words.say("reads.of", n=figures.reads.owed), "label figure")
                with box("span", "row-cell read-share"):
                    draw_share(words, figures.reads)
                    draw_reach(words, figures.reads, sight.medians.share, sight.scale, meaning)
                draw_days(words, figures, sight.scale, CHANGE_MEANING[figures.change])
                with box("span", "row-cell read-chips"):
                    chip(
                        words.say(f"reads.against.{row.against}"), meaning, CHANGE_ICON[row.against]
                    )
                    change = figures.change
                    said = words.say(f"reads.change.{change}")
                    chip(said, CHANGE_MEANING[change], CHANGE_ICON[change])
        return whole
