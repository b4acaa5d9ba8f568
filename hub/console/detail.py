"""The right side of the wall: the chosen alert, its parcel in short, and the person's answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from hub.console.cards import where_parts
from hub.console.looks import MEANING_OF, Meaning
from hub.console.markup import age, attribute, box, button, chip, icon, text, waybill
from hub.console.screens import ROOT
from hub.console.views import Card, Decision, HistoryLine, Level, State
from hub.console.wording import Words, visible
from hub.fact import is_simulated

REASON_CHARS_MAX = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person decided about an alert."""

    card: Card
    decision: Decision
    reason: str | None


class Detail:
    """Draws one card at a time; the reason being written survives a change of the facts above."""

    def __init__(self, words: Words, answer: Callable[[Answer], Awaitable[None]]) -> None:
        self._words = words
        self._answer = answer
        self._card: Card | None = None
        self._reason = ""
        self._facts = box("div", "detail-facts")
        self._form = box("div", "detail-form")
        self._problem = attribute(text("", "problem m-red", "p"), "role", "alert")
        self._problem.set_visibility(False)
        with self._facts:
            self._draw_nothing()

    def show(self, card: Card | None, history: tuple[HistoryLine, ...]) -> None:
        """Show another card, or the same one as it is now; None: nothing is chosen."""
        old, self._card = self._card, card
        self._facts.clear()
        with self._facts:
            if card is None:
                self._draw_nothing()
            else:
                self._draw_facts(card, history)
        if card is not None and old is not None and (card.id, card.state) == (old.id, old.state):
            return
        self._reason = ""
        self._problem.set_visibility(False)
        self._form.clear()
        if card is not None and card.state is not State.CLOSED:
            with self._form:
                self._draw_form(card)

    def complain(self, sentence: str) -> None:
        """Say why an answer was not taken."""
        self._problem.set_text(sentence)
        self._problem.set_visibility(True)

    def _draw_nothing(self) -> None:
        with box("div", "empty"):
            icon("parcel")
            text(self._words.say("wall.chosen.none"), "empty-word", "p")
            text(self._words.say("wall.chosen.none.do"), "", "p")

    def _draw_facts(self, card: Card, history: tuple[HistoryLine, ...]) -> None:
        words = self._words
        with box("div", f"detail-head m-{MEANING_OF[card.kind]}"):
            text(words.name("kind", card.kind), "detail-kind", "h2")
            if card.waybill is not None:
                waybill(card.waybill, "detail-waybill")
            else:
                text(visible(card.subject), "detail-subject", "p")
        text(visible(card.text_zh if words.is_zh else card.text_en), "detail-text", "p")
        if card.waybill is not None:
            link = attribute(box("a", "button"), "href", f"{ROOT}/parcels/{card.waybill}")
            with attribute(link, "data-key", "o"):
                text(words.say("card.parcel"))
                text("o", "key", "kbd")
        with box("dl", "facts"):
            self._draw_moment(card)
        text(words.say("short.history"), "detail-title", "h3")
        with box("ol", "history"):
            for line in history:
                _draw_history(line, words)

    def _draw_moment(self, card: Card) -> None:
        words = self._words
        if card.waybill is None:
            return
        with _fact(words.say("short.last")):
            if card.moment is None:
                text(words.say("short.last.none"), "gap")
            else:
                text(card.moment.site, "", "b")
                for part in where_parts(card.moment, words):
                    text(part)
                age(card.last_at, words.exact(card.last_at))
                text(words.say("short.list", version=card.moment.list_version))
                if is_simulated(card.moment.source):
                    chip(words.say("scan.simulated"), Meaning.UNPROVEN)
        with _fact(words.say("short.value")):
            text(words.money(card.value_cny), "gap" if card.value_cny is None else "figure")
        with _fact(words.say("short.next")):
            text(words.say("short.next.none"), "gap")
        with _fact(words.say("short.video")):
            text(words.say("short.video.none"), "gap")

    def _draw_form(self, card: Card) -> None:
        words = self._words
        if card.level is Level.PASSAGE:
            return
        if card.state is State.OPEN:
            button(words.say("card.ack"), "button-strong", "a").on(
                "click", lambda: self._decide(Decision.ACK)
            )
        with box("label", "reason"):
            text(words.say("card.reason"), "label")
            field = attribute(box("textarea", "field"), "rows", "2")
            attribute(attribute(field, "data-key", "r"), "maxlength", str(REASON_CHARS_MAX))
            attribute(field, "placeholder", words.say("card.reason.hint"))
            field.on("input", self._keep_reason, js_handler=_SEND_VALUE)
        with box("div", "answers"):
            button(words.say("card.accept"), "").on("click", lambda: self._decide(Decision.ACCEPT))
            button(words.say("card.reject"), "").on("click", lambda: self._decide(Decision.REJECT))

    def _keep_reason(self, event: GenericEventArguments) -> None:
        self._reason = str(event.args)[:REASON_CHARS_MAX]

    async def _decide(self, decision: Decision) -> None:
        if self._card is None:
            return
        reason = self._reason.strip() or None
        if decision is Decision.REJECT and reason is None:
            self.complain(self._words.say("card.reason.needed"))
            return
        await self._answer(
            Answer(self._card, decision, None if decision is Decision.ACK else reason)
        )


_SEND_VALUE = "(event) => emit(event.target.value)"


def _fact(label: str) -> Element:
    with box("div", "fact"):
        text(label, "label", "dt")
        return box("dd")


def _draw_history(line: HistoryLine, words: Words) -> None:
    with box("li"):
        text(words.name("act", line.act), "", "b")
        text(visible(line.who))
        age(line.at, words.exact(line.at))
        if line.reason is not None:
            text(visible(line.reason), "history-reason", "p")
