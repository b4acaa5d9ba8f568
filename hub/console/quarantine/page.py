"""The quarantine: what came in that is no event, why, and its raw bytes."""

from functools import partial

from nicegui import ui
from nicegui.element import Element
from starlette.concurrency import run_in_threadpool

from hub.access.service import REASON_CHARS_MIN, MayNotUnmaskError, Role
from hub.console.forms import TextField
from hub.console.frame import Keys
from hub.console.keyed import KeyedList, Row
from hub.console.live import Live
from hub.console.looks import Meaning
from hub.console.markup import age, attribute, box, button, chip, icon, text
from hub.console.pages import draw_broken, draw_empty
from hub.console.quarantine.desk import QuarantineDesk, QuarantineSight
from hub.console.quarantine.hexes import BYTES_SHOWN_MAX, hex_lines
from hub.console.visit import Visit
from hub.console.wording import Words, visible
from hub.ingest.service import DONE_CHARS_MAX, QuarantinedHead

QUARANTINE_KEYS: Keys = (
    ("j", "keys.row.next"),
    ("k", "keys.row.previous"),
    ("Enter", "keys.row.open"),
    ("d", "quarantine.download"),
)


class QuarantinePage:
    """Newest first; the chosen one's bytes stand beside it and can be saved."""

    def __init__(self, visit: Visit, desk: QuarantineDesk) -> None:
        self._visit = visit
        self._words = words = visit.words
        self._desk = desk
        self._before: list[int | None] = [None]
        self._sight = QuarantineSight((), more=False)
        self._chosen: int | None = None
        self._raw = b""
        self._is_read_again = False
        with box("main", "beside beside-wide"):
            with box("section", "page"):
                with box("header", "page-head"):
                    text(words.say("quarantine.title"), "page-title", "h1")
                    text(words.say("quarantine.about"), "label", "p")
                self._notice = box("div", "notice")
                self._rows = KeyedList(box("ol", "rows"))
                with box("div", "pager"):
                    self._newer = button(words.say("quarantine.newer"), "button-quiet")
                    self._older = button(words.say("quarantine.older"), "button-quiet")
                self._newer.on("click", self._turn_back)
                self._older.on("click", self._turn_on)
            self._side = box("aside", "pane side")
        self._draw_nothing_chosen()
        self._live = Live(visit, self._read, self._take, self._tell_broken)

    async def start(self) -> None:
        """Show the quarantine and follow what comes."""
        await self._live.start()

    def _read(self) -> QuarantineSight:
        return self._desk.items(self._visit.caller, self._before[-1])

    def _tell_broken(self) -> None:
        self._rows.show([])
        draw_broken(self._notice, self._words)

    def _take(self, sight: QuarantineSight) -> None:
        self._sight = sight
        self._notice.clear()
        if not sight.items:
            draw_empty(self._notice, self._words, "quarantine.empty", "check")
        self._newer.set_visibility(len(self._before) > 1)
        self._older.set_visibility(sight.more)
        self._draw_rows()
        self._tell_outcome()

    def _tell_outcome(self) -> None:
        # Whoever had an item read again waits for what came of it, and for nothing else.
        chosen = next((item for item in self._sight.items if item.id == self._chosen), None)
        if self._is_read_again and chosen is not None and not chosen.is_asked:
            self._is_read_again = False
            self._draw_side(chosen)

    def _draw_rows(self) -> None:
        self._rows.show(
            [
                Row(str(item.id), (item, item.id == self._chosen), partial(self._draw_row, item))
                for item in self._sight.items
            ]
        )

    def _draw_row(self, item: QuarantinedHead) -> Element:
        words = self._words
        chosen = " is-chosen" if item.id == self._chosen else ""
        with box("li") as whole:
            found = box("button", f"row row-quarantine{chosen}")
            attribute(attribute(found, "type", "button"), "data-row", "")
            found.on("click", partial(self._choose, item))
            with found:
                with box("span", "row-cell"):
                    chip(words.name("quarantined", item.what), Meaning.UNPROVEN, "broken")
                    _draw_state(item, words)
                with box("span", "row-cell"):
                    text(visible(f"{item.site} / {item.edge}"), "row-main")
                    if item.seq is not None:
                        text(words.say("quarantine.seq", n=item.seq), "label")
                text(visible(item.reason), "row-cell code")
                with box("span", "row-cell row-end"):
                    age(item.received_at, words.exact(item.received_at))
                    text(words.say("quarantine.size", n=item.size), "label figure")
        return whole

    # ---------------------------------------------------------------- what a person does

    async def _turn_on(self) -> None:
        if self._sight.more:
            self._before.append(self._sight.items[-1].id)
            await self._live.refresh()

    async def _turn_back(self) -> None:
        if len(self._before) > 1:
            self._before.pop()
            await self._live.refresh()

    async def _choose(self, item: QuarantinedHead) -> None:
        self._chosen, self._is_read_again = item.id, False
        self._draw_rows()
        try:
            raw = await run_in_threadpool(self._desk.raw, item.id, self._visit.caller)
        except MayNotUnmaskError:
            raw = None
        if raw is None:
            self._side.clear()
            with self._side:
                text(self._words.say("act.forbidden"), "problem m-red", "p")
            return
        self._raw = raw
        self._draw_side(item)

    def _draw_side(self, item: QuarantinedHead) -> None:
        self._side.clear()
        with self._side:
            self._draw_item(item, self._raw)

    def _draw_fact(self, key: str, value: str) -> None:
        with box("div", "fact"):
            text(self._words.say(f"quarantine.{key}"), "label", "dt")
            text(visible(value), "code", "dd")

    def _draw_acts(self, item: QuarantinedHead) -> None:
        if item.done_at is not None or self._visit.caller.role is not Role.ADMINISTRATOR:
            return
        words = self._words
        with box("div", "act-form"):
            why = TextField(words.say("quarantine.done.why"), DONE_CHARS_MAX)
            with box("div", "answers"):
                done = button(words.say("quarantine.done.act"), "")
                done.on("click", partial(self._work_off, item, why))
                again = button(words.say("quarantine.again.act"), "button-quiet")
                again.on("click", partial(self._ask_again, item))
            text(words.say("quarantine.again.about"), "label", "p")

    async def _work_off(self, item: QuarantinedHead, why: TextField) -> None:
        said = why.value.strip()
        if len(said) < REASON_CHARS_MIN:
            self._tell("quarantine.done.short")
            return
        caller = self._visit.caller
        await self._told(await run_in_threadpool(self._desk.work_off, item.id, said, caller))

    async def _ask_again(self, item: QuarantinedHead) -> None:
        caller = self._visit.caller
        asked = await run_in_threadpool(self._desk.ask_again, item.id, caller)
        await self._told(asked)
        # Only now: what was read before the act knows nothing of it.
        self._is_read_again = asked and self._chosen == item.id
        self._tell_outcome()

    async def _told(self, done: bool) -> None:
        self._tell("quarantine.noted" if done else "act.forbidden")
        await self._live.refresh()

    def _tell(self, key: str) -> None:
        self._side.clear()
        with self._side:
            text(self._words.say(key), "", "p")

    def _draw_nothing_chosen(self) -> None:
        with self._side, box("div", "empty"):
            icon("quarantine")
            text(self._words.say("quarantine.chosen.none"), "empty-word", "p")
            text(self._words.say("quarantine.chosen.none.why"), "", "p")

    def _draw_item(self, item: QuarantinedHead, raw: bytes) -> None:
        words = self._words
        text(words.name("quarantined", item.what), "part-title", "h2")
        text(words.say(f"quarantine.{item.what}.why"), "", "p")
        with box("dl", "facts"):
            for key, value in (
                ("from", f"{item.site} / {item.edge}"),
                ("reason", item.reason),
                ("received", words.exact(item.received_at)),
                ("sha256", item.sha256),
            ):
                self._draw_fact(key, value)
            if item.done_at is not None:
                at = words.exact(item.done_at)
                self._draw_fact("done", f"{item.done_by}, {at}: {item.done_why}")
            if item.tried is not None:
                self._draw_fact("tried", item.tried)
        self._draw_acts(item)
        name = f"quarantine-{item.id}-{item.sha256[:12]}.bin"
        save = button(words.say("quarantine.download"), "button-strong", "d")
        save.on("click", lambda: ui.download.content(raw, name, "application/octet-stream"))
        block = attribute(text("\n".join(hex_lines(raw)), "hex", "pre"), "tabindex", "0")
        attribute(attribute(block, "role", "region"), "aria-label", words.say("quarantine.bytes"))
        hidden = len(raw) - BYTES_SHOWN_MAX
        if hidden > 0:
            text(words.say("quarantine.hidden", n=hidden), "more", "p")


def _draw_state(item: QuarantinedHead, words: Words) -> None:
    if item.done_at is not None:
        chip(words.say("quarantine.state.done"), Meaning.RECORDED, "check")
    elif item.is_asked:
        chip(words.say("quarantine.state.asked"), Meaning.INFORMATION)
    else:
        chip(words.say("quarantine.state.open"), Meaning.OPEN)
