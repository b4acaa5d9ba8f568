"""The left side of the wall: how many of what, where; a click narrows the wall."""

from collections.abc import Callable

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
        self._pane = box("aside", "pane counters")

    def show(self, counted: Counters, narrowed: Filter) -> None:
        """Draw the counters anew if they changed."""
        if self._shown == (counted, narrowed):
            return
        self._shown = (counted, narrowed)
        self._pane.clear()
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
            self._counter(words.name("kind", kind), n, f"m-{MEANING_OF[kind]}", is_on, target)
        text(words.say("wall.sites"), "label", "h2")
        for site, n in counted.sites:
            is_on = narrowed.site == site
            target = Filter(narrowed.kind, None if is_on else site)
            self._counter(site, n, "", is_on, target)
        if narrowed != Filter():
            button(words.say("wall.all"), "button-quiet").on(
                "click", lambda: self._narrow(Filter())
            )

    def _counter(self, words: str, n: int, classes: str, is_on: bool, target: Filter) -> None:
        whole = attribute(box("button", f"counter {classes}"), "type", "button")
        attribute(whole, "aria-pressed", "true" if is_on else "false")
        whole.on("click", lambda: self._narrow(target))
        with whole:
            text(words, "counter-word")
            text(str(n), "figure")
