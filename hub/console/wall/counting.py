"""The left side of the wall: how many of what, where; a click narrows the wall."""

from collections.abc import Callable

from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from hub.console.looks import MEANING_OF
from hub.console.markup import attribute, box, button, text
from hub.console.rules import Counters, Filter
from hub.console.wording import Words


class CounterPane:
    """Counts the whole wall, so that narrowing it never hides that there is more."""

    def __init__(self, words: Words, narrow: Callable[[Filter], None]) -> None:
        self._words = words
        self._narrow = narrow
        self._shown: tuple[Counters, Filter] | None = None
        self._figures: dict[tuple[str, str], TextElement] = {}
        self._pane = box("aside", "pane counters")

    def show(self, counted: Counters, narrowed: Filter) -> None:
        """Draw the counters anew if they changed."""
        before, self._shown = self._shown, (counted, narrowed)
        if before == self._shown:
            return
        if before is not None and before[1] == narrowed and _names(before[0]) == _names(counted):
            # Mostly only the figures move, and there are many walls.
            for name, n in _entries(counted):
                self._figures[name].set_text(str(n))
            return
        self._pane.clear()
        self._figures = {}
        with self._pane:
            self._draw(counted, narrowed)

    def _draw(self, counted: Counters, narrowed: Filter) -> None:
        words = self._words
        if not counted.kinds:
            text(words.say("wall.counters.empty"), "gap", "p")
            return
        text(words.say("wall.kinds"), "label", "h2")
        for kind, n in counted.kinds:
            is_on = narrowed.kind is kind
            target = Filter(None if is_on else kind, narrowed.site)
            whole = self._counter(words.name("kind", kind), f"m-{MEANING_OF[kind]}", is_on, target)
            self._figure(whole, ("kind", kind), n)
        text(words.say("wall.sites"), "label", "h2")
        for site, n in counted.sites:
            is_on = narrowed.site == site
            target = Filter(narrowed.kind, None if is_on else site)
            self._figure(self._counter(site, "", is_on, target), ("site", site), n)
        if narrowed != Filter():
            button(words.say("wall.all"), "button-quiet").on(
                "click", lambda: self._narrow(Filter())
            )

    def _counter(self, words: str, classes: str, is_on: bool, target: Filter) -> Element:
        whole = attribute(box("button", f"counter {classes}"), "type", "button")
        attribute(whole, "aria-pressed", "true" if is_on else "false")
        whole.on("click", lambda: self._narrow(target))
        with whole:
            text(words, "counter-word")
        return whole

    def _figure(self, counter: Element, name: tuple[str, str], n: int) -> None:
        with counter:
            self._figures[name] = text(str(n), "figure")


def _entries(counted: Counters) -> list[tuple[tuple[str, str], int]]:
    kinds = [(("kind", kind), n) for kind, n in counted.kinds]
    return [*kinds, *((("site", site), n) for site, n in counted.sites)]


def _names(counted: Counters) -> list[tuple[str, str]]:
    return [name for name, _ in _entries(counted)]
