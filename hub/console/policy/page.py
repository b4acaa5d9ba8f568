"""The policy as one table, the values that the carrier has to confirm marked and counted."""

from functools import partial

from nicegui.element import Element

from hub.console.frame import Keys
from hub.console.keyed import KeyedList, Row
from hub.console.live import keep_frame
from hub.console.looks import Meaning
from hub.console.markup import attribute, box, chip, icon, text
from hub.console.pages import draw_empty
from hub.console.policy.desk import PolicyDesk
from hub.console.policy.views import unconfirmed, value_words
from hub.console.visit import Visit
from hub.console.wording import visible
from hub.policy.service import PolicyLine

POLICY_KEYS: Keys = (("u", "policy.only"),)
_COLUMNS = ("name", "value", "rule", "source")


class PolicyPage:
    """A row a value, in the order of the policy file."""

    def __init__(self, visit: Visit, desk: PolicyDesk) -> None:
        self._visit = visit
        self._words = words = visit.words
        self._lines = desk.lines()
        self._only_open = False
        with box("main", "page"):
            with box("header", "page-head"):
                text(words.say("policy.title"), "page-title", "h1")
                text(words.say("policy.about"), "label", "p")
                with box("div", "chips"):
                    self._draw_filter()
            self._notice = box("div", "notice")
            with box("section"):
                with attribute(box("div", "row row-policy row-head"), "aria-hidden", "true"):
                    for column in _COLUMNS:
                        text(words.say(f"policy.{column}"))
                self._rows = KeyedList(box("ol", "rows"))
        self._draw()

    def start(self) -> None:
        """Keep the frame alive; the policy itself changes only with a new start of the hub."""
        keep_frame(self._visit)

    def _draw_filter(self) -> None:
        words, open_ = self._words, len(unconfirmed(self._lines))
        meaning = Meaning.OPEN if open_ else Meaning.RECORDED
        self._filter = attribute(box("button", f"chip-button m-{meaning}"), "type", "button")
        attribute(attribute(self._filter, "data-key", "u"), "aria-pressed", "false")
        with self._filter:
            icon("alarm" if open_ else "check")
            text(words.say("policy.only"))
            text(words.say("policy.count", n=open_, all=len(self._lines)), "figure")
            text("u", "key", "kbd")
        self._filter.on("click", self._narrow)

    def _narrow(self) -> None:
        self._only_open = not self._only_open
        attribute(self._filter, "aria-pressed", "true" if self._only_open else "false").update()
        self._draw()

    def _draw(self) -> None:
        shown = unconfirmed(self._lines) if self._only_open else self._lines
        self._notice.clear()
        if not shown:
            draw_empty(self._notice, self._words, "policy.empty", "check")
        self._rows.show([Row(line.key, line, partial(self._draw_row, line)) for line in shown])

    def _draw_row(self, line: PolicyLine) -> Element:
        words, term = self._words, line.term
        with box("li") as whole, box("div", "row row-policy"):
            with box("span", "row-cell stack"):
                text(term.zh if words.is_zh else term.en, "row-main")
                text(visible(line.key), "code")
            text(value_words(line, words), "row-cell row-main figure")
            text(term.rule, "row-cell")
            with box("span", "row-cell"):
                text(words.say("policy.source.own" if line.is_own else "policy.source.shipped"))
                if line.is_unconfirmed:
                    chip(words.say("policy.unconfirmed"), Meaning.OPEN, "alarm")
        return whole
