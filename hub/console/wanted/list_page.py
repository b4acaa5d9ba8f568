"""The wanted list: what every scanner stops at, and how it is changed."""

from functools import partial

from nicegui.element import Element
from starlette.concurrency import run_in_threadpool

from hub.console.forms import TextField
from hub.console.frame import Keys
from hub.console.keyed import KeyedList, Row
from hub.console.live import Live
from hub.console.looks import RESULT_ICON, RESULT_MEANING, Meaning
from hub.console.markup import attribute, box, button, chip, countdown, text, waybill
from hub.console.pages import draw_broken, draw_empty
from hub.console.screens import ROOT
from hub.console.seam import NotAllowedError
from hub.console.visit import Visit
from hub.console.wanted.desk import FaultyError, WantedDesk, may_change, may_decide
from hub.console.wanted.panel import EntryPanel
from hub.console.wanted.views import Fields, WantedSight
from hub.console.wording import visible
from hub.wanted.service import HeldError, WantedError
from wire.names import parse_at
from wire.wanted import WantedEntry

WANTED_KEYS: Keys = (
    ("r", "keys.wanted.search"),
    ("j", "keys.row.next"),
    ("k", "keys.row.previous"),
    ("Enter", "keys.row.open"),
    ("n", "wanted.new"),
    ("i", "wanted.import"),
)
SEARCH_CHARS_MAX = 64


class WantedPage:
    """The list by its waybills; the chosen entry's form stands beside it."""

    def __init__(self, visit: Visit, desk: WantedDesk) -> None:
        self._visit = visit
        self._words = visit.words
        self._desk = desk
        self._after: list[str] = [""]
        self._chosen: str | None = None
        self._sight: WantedSight | None = None
        with box("main", "beside"):
            with box("section", "page"):
                self._draw_head()
                self._notice = box("div", "notice")
                self._rows = KeyedList(box("ol", "rows"))
                with box("div", "pager"):
                    words = self._words
                    self._back = button(words.say("page.back"), "button-quiet")
                    self._next = button(words.say("page.next"), "button-quiet")
                self._back.on("click", self._turn_back)
                self._next.on("click", self._turn_on)
            with box("aside", "pane side"):
                self._panel = EntryPanel(visit.words, self._put, self._remove)
        self._live = Live(visit, self._read, self._take, self._tell_broken)

    def _draw_head(self) -> None:
        words = self._words
        with box("header", "page-head"):
            text(words.say("wanted.title"), "page-title", "h1")
            self._counts = text("", "label", "p")
            with box("div", "page-filter"):
                self._search = TextField(
                    words.say("wanted.search"),
                    SEARCH_CHARS_MAX,
                    hint=words.say("wanted.search.hint"),
                    key="r",
                    changed=self._find,
                )
            if may_decide(self._visit.caller):
                button(words.say("wanted.new"), "", "n").on("click", self._begin)
                link = attribute(box("a", "button"), "href", f"{ROOT}/wanted/import")
                with attribute(link, "data-key", "i"):
                    text(words.say("wanted.import"))
                    text("i", "key", "kbd")

    async def start(self) -> None:
        """Show the list and follow what comes."""
        await self._live.start()

    def _read(self) -> WantedSight:
        prefix = "".join(self._search.value.split())
        return self._desk.entries(self._visit.caller, prefix, self._after[-1])

    def _tell_broken(self) -> None:
        self._rows.show([])
        draw_broken(self._notice, self._words)

    def _take(self, sight: WantedSight) -> None:
        self._sight = sight
        words = self._words
        self._counts.set_text(words.say("wanted.counts", n=sight.count, version=sight.version))
        self._notice.clear()
        if not sight.entries:
            is_searched = bool(self._search.value.strip())
            key = "wanted.none" if is_searched else "wanted.empty"
            draw_empty(self._notice, words, key, "wanted")
        self._back.set_visibility(len(self._after) > 1)
        self._next.set_visibility(sight.more)
        self._draw_rows(sight)

    def _draw_rows(self, sight: WantedSight) -> None:
        self._rows.show(
            [
                Row(
                    entry.id,
                    (entry, entry.waybill == self._chosen),
                    partial(self._draw_row, entry),
                )
                for entry in sight.entries
            ]
        )

    def _draw_row(self, entry: WantedEntry) -> Element:
        words = self._words
        is_chosen = entry.waybill == self._chosen
        with box("li") as whole:
            classes = "row row-wanted is-chosen" if is_chosen else "row row-wanted"
            found = attribute(attribute(box("button", classes), "type", "button"), "data-row", "")
            found.on("click", partial(self._choose, entry))
            with found:
                with box("span", "row-cell"):
                    waybill(entry.waybill, "row-main")
                with box("span", "row-cell"):
                    chip(
                        words.name("result", entry.result),
                        RESULT_MEANING[entry.result],
                        RESULT_ICON[entry.result],
                    )
                    if entry.covert:
                        chip(words.say("wanted.covert"), Meaning.NO_DATA, "skipped")
                text(visible(entry.reason), "row-cell row-words")
                scope = (
                    words.say("wanted.everywhere") if entry.scope is None else " ".join(entry.scope)
                )
                text(scope, "row-cell" if entry.scope else "row-cell gap")
                with box("span", "row-cell row-end"):
                    if entry.expires_at is None:
                        text(words.say("wanted.forever"), "gap")
                    else:
                        at = parse_at(entry.expires_at)
                        countdown(at, words.exact(at))
                    text(visible(entry.owner or words.say("figure.unknown")), "label")
        return whole

    # ---------------------------------------------------------------- what a person does

    async def _find(self) -> None:
        self._after = [""]
        await self._live.refresh()

    async def _turn_on(self) -> None:
        if self._sight is not None and self._sight.more:
            self._after.append(self._sight.entries[-1].waybill)
            await self._live.refresh()

    async def _turn_back(self) -> None:
        if len(self._after) > 1:
            self._after.pop()
            await self._live.refresh()

    def _choose(self, entry: WantedEntry) -> None:
        self._chosen = entry.waybill
        self._panel.edit(entry, is_changeable=may_change(self._visit.caller, entry))
        self._redraw()

    def _begin(self) -> None:
        self._chosen = None
        self._panel.begin()
        self._redraw()

    def _redraw(self) -> None:
        if self._sight is not None:
            self._draw_rows(self._sight)

    async def _put(self, fields: Fields) -> None:
        try:
            await run_in_threadpool(self._desk.put, fields, self._visit.caller)
        except FaultyError as error:
            self._panel.complain([self._words.say(f"fault.{each}") for each in error.faults])
        except NotAllowedError:
            self._panel.complain([self._words.say("act.forbidden")])
        except HeldError:
            self._panel.complain([self._words.say("wanted.held")])
        except WantedError:
            self._panel.complain([self._words.say("wanted.full")])
        else:
            self._panel.tell(self._words.say("wanted.put"))
            await self._live.refresh()

    async def _remove(self, number: str) -> None:
        try:
            await run_in_threadpool(self._desk.remove, number, self._visit.caller)
        except NotAllowedError:
            self._panel.complain([self._words.say("act.forbidden")])
            return
        except HeldError:
            self._panel.complain([self._words.say("wanted.held")])
            return
        self._chosen = None
        self._panel.clear()
        self._panel.tell(self._words.say("wanted.removed", waybill=number))
        await self._live.refresh()
