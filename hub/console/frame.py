"""What every page has: the bar on top, the notes over it, the keys."""

from hub.console.feed import Snapshot
from hub.console.markup import attribute, box, button, icon, text
from hub.console.vitals import Trouble, draw_vitals, trouble_of
from hub.console.wording import Words
from wire.names import format_at

_KEYS = (
    ("j", "keys.next"),
    ("k", "keys.previous"),
    ("a", "keys.ack"),
    ("o", "keys.open"),
    ("r", "keys.reason"),
    ("/", "keys.search"),
    ("l", "keys.language"),
    ("t", "keys.theme"),
    ("w", "keys.view"),
    ("?", "keys.help"),
)


class Frame:
    """The bar on top of a page; ``follow`` keeps it true."""

    def __init__(self, words: Words, root: str, test_clock: str | None) -> None:
        self._words = words
        self._root = root
        self._shown: object = None
        self._chime = 0
        if test_clock is not None:
            text(words.say("test_clock", clock=test_clock), "note m-violet", "p")
        self._trouble = attribute(box("div", "note note-down m-red"), "role", "alert")
        self._trouble.set_visibility(False)
        with self._trouble:
            icon("alarm")
            self._trouble_word = text("", "", "b")
            text(words.say("trouble.do"))
        with box("header", "top"):
            self._draw_bar()
        # Read by console.js: the hub's time, the beat, and what to sound.
        self._live = attribute(text("", "spoken", "p"), "role", "status")
        attribute(self._live, "id", "live")
        _draw_keys(words)

    def _draw_bar(self) -> None:
        words = self._words
        with attribute(box("a", "brand"), "href", self._root + "/"):
            icon("label")
            text(words.say("brand"), "", "b")
            text(words.say("nav.wall"), "brand-page")
        with box("form", "search"):
            field = attribute(box("input", "field"), "name", "waybill")
            attribute(field, "placeholder", words.say("nav.search.hint"))
            attribute(field, "aria-label", words.say("nav.search"))
            attribute(field, "autocomplete", "off")
        self._vitals = box("div", "vitals")
        with box("nav", "tools"):
            attribute(box("custos-clock", "clock"), "aria-hidden", "true")
            for name, key, label in (
                ("view", "w", "nav.view.do"),
                ("theme", "t", "nav.theme.do"),
                ("help", "?", "nav.keys.do"),
            ):
                tool = attribute(box("button", "tool"), "data-do", name)
                attribute(attribute(tool, "data-key", key), "aria-label", words.say(label))
                with attribute(tool, "title", f"{words.say(label)} ({key})"):
                    icon(name)
            tool = attribute(
                text(words.say("nav.language"), "tool", "button"), "data-do", "language"
            )
            attribute(attribute(tool, "data-key", "l"), "data-to", words.language.other)
            attribute(tool, "aria-label", words.say("nav.language.do"))

    def follow(self, snapshot: Snapshot) -> None:
        """Show how the hub is, and beat."""
        health = snapshot.health
        attribute(self._live, "data-beat", str(snapshot.beat))
        if health is not None:
            attribute(self._live, "data-now", format_at(health.now))
        self._live.update()
        trouble = trouble_of(snapshot)
        shown = (trouble, health and health.last_event_at, health and health.edges)
        if shown == self._shown:
            return
        self._shown = shown
        self._show_trouble(trouble)
        self._vitals.clear()
        with self._vitals:
            draw_vitals(self._words, health, trouble)

    def _show_trouble(self, trouble: Trouble | None) -> None:
        self._trouble.set_visibility(trouble is not None)
        if trouble is not None:
            self._trouble_word.set_text(self._words.say(f"trouble.{trouble}"))

    def announce(self, sentence: str, level: str) -> None:
        """Say a sentence to screen readers and sound once."""
        self._chime += 1
        self._live.set_text(sentence)
        attribute(self._live, "data-chime", f"{level}-{self._chime}")
        self._live.update()


def _draw_keys(words: Words) -> None:
    with attribute(box("dialog", "keys"), "id", "keys"):
        text(words.say("keys.title"), "", "h2")
        with box("dl"):
            for key, meaning in _KEYS:
                with box("dt"):
                    text(key, "key", "kbd")
                text(words.say(meaning), "", "dd")
        attribute(button(words.say("keys.close"), "button-quiet"), "data-do", "help")
