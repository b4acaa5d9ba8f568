"""Ask for suspects by site, day and value; a person's question is recorded (HV-2.11.2)."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from functools import partial

from nicegui.element import Element

from hub.console.forms import Choice, TextField
from hub.console.keyed import KeyedList, Row
from hub.console.looks import Meaning
from hub.console.markup import age, attribute, box, button, chip, countdown, text
from hub.console.wording import Words, visible
from hub.missing.service import Asked, Query, ShiftAsk

DATE_CHARS = 10
ASKS_SHOWN_MAX = 8

Ask = Callable[[Asked], Awaitable[None]]


class AskPanel:
    """The form, and the shifts that are on with who has asked in them."""

    def __init__(self, words: Words, sites: Sequence[tuple[str, str]], ask: Ask) -> None:
        self._words = words
        self._ask = ask
        with box("section", "ask"):
            with box("div", "ask-form"):
                every = ("", words.say("suspects.ask.sites"))
                self._site = Choice(words.say("suspects.ask.site"), [every, *sites])
                self._day = TextField(words.say("suspects.ask.day"), DATE_CHARS, kind="date")
                options = [
                    (each, words.say(f"suspects.ask.hv.{each}")) for each in ("any", "yes", "no")
                ]
                self._high_value = Choice(words.say("suspects.ask.hv"), options)
                found = button(words.say("suspects.ask.do"), "button-strong", "q")
                found.on("click", self._send)
            self._answer = attribute(box("p", "ask-answer"), "role", "status")
            self._asks = KeyedList(box("ul", "asks"))

    async def _send(self) -> None:
        await self._ask(
            Asked(
                self._site.value or None,
                _day(self._day.value),
                {"yes": True, "no": False}.get(self._high_value.value),
            )
        )

    def answer(self, sentence: str, meaning: Meaning) -> None:
        """Say what was recorded, or why nothing was."""
        self._answer.clear()
        with self._answer:
            text(sentence, f"problem m-{meaning}")

    def show(self, asks: Sequence[ShiftAsk]) -> None:
        """The shifts that are on: each must be asked for once by a named person."""
        shown = asks[:ASKS_SHOWN_MAX]
        self._asks.show(
            [
                Row(f"{each.site}/{each.shift}", each, partial(self._draw_ask, each))
                for each in shown
            ]
        )

    def _draw_ask(self, each: ShiftAsk) -> Element:
        words = self._words
        with box("li", "ask-shift") as whole:
            text(f"{each.site} {visible(each.shift)}", "", "b")
            if each.query is None:
                chip(words.say("suspects.ask.not_yet"), Meaning.OPEN, "clock")
                countdown(each.ends_at, words.exact(each.ends_at))
                once = button(words.say("suspects.ask.site.do", site=each.site), "button-quiet")
                once.on("click", partial(self._ask, Asked(each.site)))
            else:
                self._draw_query(each.query)
        return whole

    def _draw_query(self, query: Query) -> None:
        words = self._words
        chip(words.say("suspects.ask.done"), Meaning.RECORDED, "check")
        text(visible(query.who))
        text(words.say("suspects.ask.found", n=query.found), "label")
        age(query.asked_at, words.exact(query.asked_at), "label")


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
