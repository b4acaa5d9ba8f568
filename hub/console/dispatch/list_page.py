"""The register: the lists of shifts, the next deadline first."""

from functools import partial

from nicegui.element import Element

from hub.console.dispatch.desk import DispatchDesk
from hub.console.dispatch.looks import STATE_ICON, STATE_MEANING
from hub.console.dispatch.views import ListLine
from hub.console.keyed import KeyedList, Row
from hub.console.live import Live
from hub.console.looks import Meaning
from hub.console.markup import age, attribute, box, chip, countdown, text
from hub.console.pages import draw_broken, draw_empty
from hub.console.screens import ROOT
from hub.console.visit import Visit
from hub.console.wording import Words, visible

READ_EVERY_BEATS = 3


def draw_state(line: ListLine, words: Words) -> None:
    """How far it has come, and what was late."""
    state = line.found.state
    chip(words.say(f"dispatch.state.{state}"), STATE_MEANING[state], STATE_ICON[state])
    for act in line.late:
        chip(words.say(f"dispatch.late.{act}"), Meaning.OPEN, "alarm")


class RegisterPage:
    """All lists that are the person's business."""

    def __init__(self, visit: Visit, desk: DispatchDesk) -> None:
        self._visit = visit
        self._words = words = visit.words
        self._desk = desk
        with box("main", "page"):
            with box("header", "page-head"):
                text(words.say("dispatch.title"), "page-title", "h1")
                text(words.say("dispatch.about"), "label", "p")
            self._notice = box("div", "notice")
            self._rows = KeyedList(box("ol", "rows"))

    async def start(self) -> None:
        """Show the lists and follow what comes."""
        visit = self._visit
        read = partial(self._desk.lists, visit.caller)
        await Live(visit, read, self._draw, self._tell_broken, READ_EVERY_BEATS).start()

    def _tell_broken(self) -> None:
        self._rows.show([])
        draw_broken(self._notice, self._words)

    def _draw(self, lines: tuple[ListLine, ...]) -> None:
        self._notice.clear()
        if not lines:
            draw_empty(self._notice, self._words, "dispatch.empty", "dispatch")
        self._rows.show(
            [Row(str(line.found.id), line, partial(self._draw_row, line)) for line in lines]
        )

    def _draw_row(self, line: ListLine) -> Element:
        words, found = self._words, line.found
        with box("li") as whole:
            link = attribute(box("a", "row row-dispatch"), "href", f"{ROOT}/dispatch/{found.id}")
            with attribute(link, "data-row", ""):
                with box("span", "row-cell"):
                    text(f"{found.site} {visible(found.shift)}", "row-main")
                    text(str(found.day), "label figure")
                text(words.say("dispatch.count", n=found.count), "row-cell figure")
                with box("span", "row-cell"):
                    draw_state(line, words)
                with box("span", "row-cell row-end"):
                    if line.due_at is not None:
                        key = "dispatch.due.send" if found.unsent else "dispatch.due.forward"
                        text(words.say(key), "label")
                        countdown(line.due_at, words.exact(line.due_at), "row-main")
                    elif found.forwarded_at is not None:
                        text(words.say("dispatch.forwarded"), "label")
                        age(found.forwarded_at, words.exact(found.forwarded_at))
        return whole
