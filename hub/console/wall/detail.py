"""The right side of the wall: the chosen alert, its parcel in short, and the person's answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from hub.console.forms import TextField
from hub.console.markup import attribute, box, button, icon, text
from hub.console.screens import ROOT
from hub.console.views import Brief, Card, Decision, Level, State
from hub.console.wall.facts import draw_facts
from hub.console.wording import Words

REASON_CHARS_MAX = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person decided about an alert."""

    card: Card
    decision: Decision
    reason: str | None


class Detail:
    """Draws one card at a time; the reason being written survives a change of the facts above."""

    def __init__(
        self,
        words: Words,
        answer: Callable[[Answer], Awaitable[None]],
        start_search: Callable[[Card, str], Awaitable[None]],
    ) -> None:
        self._words = words
        self._answer = answer
        self._start_search = start_search
        self._card: Card | None = None
        self._reason: TextField | None = None
        self._facts = box("div", "detail-facts")
        self._form = box("div", "detail-form")
        self._problem = attribute(text("", "problem m-red", "p"), "role", "alert")
        self._problem.set_visibility(False)
        self._done = attribute(box("p", "problem m-green"), "role", "status")
        self._done.set_visibility(False)
        with self._facts:
            self._draw_nothing()

    def show(self, card: Card | None, brief: Brief | None) -> None:
        """Show another card, or the same one as it is now; None: nothing is chosen."""
        old, self._card = self._card, card
        self._facts.clear()
        with self._facts:
            if card is None or brief is None:
                self._draw_nothing()
            else:
                draw_facts(card, brief, self._words)
        if card is not None and old is not None and (card.id, card.state) == (old.id, old.state):
            return
        self._problem.set_visibility(False)
        if card is not None:
            self._done.set_visibility(False)
        self._form.clear()
        if card is not None and brief is not None and card.state is not State.CLOSED:
            with self._form:
                self._draw_form(card, has_search=brief.incident_id is not None)

    def complain(self, sentence: str) -> None:
        """Say why an answer was not taken."""
        self._problem.set_text(sentence)
        self._problem.set_visibility(True)

    def tell_search(self, incident_id: int) -> None:
        """Say that a search has begun, and lead to it."""
        self._done.clear()
        with self._done, attribute(box("a", "link"), "href", f"{ROOT}/incidents/{incident_id}"):
            text(self._words.say("card.search.done", id=incident_id))
        self._done.set_visibility(True)

    def _draw_nothing(self) -> None:
        with box("div", "empty"):
            icon("parcel")
            text(self._words.say("wall.chosen.none"), "empty-word", "p")
            text(self._words.say("wall.chosen.none.do"), "", "p")

    def _draw_form(self, card: Card, *, has_search: bool) -> None:
        words = self._words
        can_search = card.waybill is not None and not has_search
        if card.level is Level.PASSAGE and not can_search:
            return
        if card.level is not Level.PASSAGE and card.state is State.OPEN:
            button(words.say("card.ack"), "button-strong", "a").on(
                "click", lambda: self._decide(Decision.ACK)
            )
        hint = words.say("card.reason.hint")
        self._reason = TextField(
            words.say("card.reason"), REASON_CHARS_MAX, hint=hint, rows=2, key="r"
        )
        if card.level is not Level.PASSAGE:
            with box("div", "answers"):
                button(words.say("card.accept"), "", "y").on(
                    "click", lambda: self._decide(Decision.ACCEPT)
                )
                button(words.say("card.reject"), "", "n").on(
                    "click", lambda: self._decide(Decision.REJECT)
                )
        if can_search:
            button(words.say("card.search"), "", "i").on("click", self._search)

    def _written(self) -> str | None:
        return None if self._reason is None else self._reason.value.strip() or None

    async def _decide(self, decision: Decision) -> None:
        if self._card is None:
            return
        reason = self._written()
        if decision is Decision.REJECT and reason is None:
            self.complain(self._words.say("card.reason.needed"))
            return
        await self._answer(
            Answer(self._card, decision, None if decision is Decision.ACK else reason)
        )

    async def _search(self) -> None:
        if self._card is None:
            return
        reason = self._written()
        if reason is None:
            self.complain(self._words.say("card.search.reason"))
            return
        await self._start_search(self._card, reason)
