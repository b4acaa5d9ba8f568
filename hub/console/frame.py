"""What every page has: the rail of screens, the bar on top, the notes over it, the keys."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hub.access.service import Caller
from hub.console.feed import Snapshot
from hub.console.markup import attribute, box, button, countdown, icon, text
from hub.console.screens import ROOT, Screen, screens_for
from hub.console.shifts import ShiftEnd, next_shift_end
from hub.console.tree import to_json
from hub.console.vitals import Trouble, trouble_of, vitals
from hub.console.wording import Words
from hub.web.context import HubContext
from wire.names import format_at

Keys = Sequence[tuple[str, str]]
"""Keys of a page and the messages that say what they do."""

_RAIL_KEYS = "1234567890"
"""Of the first screens in the rail's order; whatever comes after them has none."""
SHIFT_LOOK_EVERY = timedelta(minutes=1)

_COMMON_KEYS: Keys = (
    ("/", "keys.search"),
    ("1–9, 0", "keys.screens"),
    ("l", "keys.language"),
    ("t", "keys.theme"),
    ("w", "keys.view"),
    ("?", "keys.help"),
)


class Frame:
    """What stands around a page; ``follow`` keeps it true."""

    def __init__(
        self, words: Words, caller: Caller, screen: str, keys: Keys, hub: HubContext
    ) -> None:
        """Draw the frame.

        Args:
            words: the person's language.
            caller: who is signed in; their role picks the screens of the rail.
            screen: the name of the screen to which the page belongs.
            keys: what the page's own keys do.
            hub: its network has the shifts; its test clock, if one is in use, is shown.
        """
        self._words = words
        self._network = hub.network
        self._sites = caller.sites
        self._shift: ShiftEnd | None = None
        self._shift_from: datetime | None = None
        self._shown: object = None
        self._beat: int | None = None
        self._chime = 0
        screens = screens_for(caller.role)
        with box("div", "notes"):
            if hub.test_clock is not None:
                text(words.say("test_clock", clock=hub.test_clock), "note m-violet", "p")
            self._trouble = attribute(box("div", "note note-down m-red"), "role", "alert")
            self._trouble.set_visibility(False)
            with self._trouble:
                icon("alarm")
                self._trouble_word = text("", "", "b")
                text(words.say("trouble.do"))
        _draw_rail(words, screens, screen)
        with box("header", "top"):
            self._draw_bar(screen, screens)
            _draw_person(words, caller)
        # Read by console.js: the hub's time, the beat, and what to sound.
        self._live = attribute(text("", "spoken", "p"), "role", "status")
        attribute(self._live, "id", "live")
        _draw_keys(words, keys)

    def _draw_bar(self, screen: str, screens: Sequence[Screen]) -> None:
        words = self._words
        with attribute(box("a", "brand"), "href", screens[0].url if screens else "/account"):
            icon("label")
            text(words.say("brand"), "", "b")
            text(words.say(f"nav.{screen}"), "brand-page")
        with box("form", "search"):
            field = attribute(box("input", "field"), "name", "waybill")
            attribute(field, "placeholder", words.say("nav.search.hint"))
            attribute(field, "aria-label", words.say("nav.search"))
            attribute(attribute(field, "autocomplete", "off"), "data-to", f"{ROOT}/parcels/")
        self._vitals = box("custos-grown", "vitals")
        self._shift_box = box("div", "vital shift")
        with attribute(box("div", "tools"), "role", "group"):
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
        if snapshot.beat == self._beat:
            return  # Only cards came; how the hub is was not looked at again.
        self._beat = snapshot.beat
        health = snapshot.health
        attribute(self._live, "data-beat", str(snapshot.beat))
        if health is not None:
            attribute(self._live, "data-now", format_at(health.now))
            self._follow_shift(health.now)
        self._live.update()
        trouble = trouble_of(snapshot)
        shown = (trouble, health and health.last_event_at, health and health.edges)
        if shown == self._shown:
            return
        self._shown = shown
        self._show_trouble(trouble)
        attribute(self._vitals, "shows", to_json(vitals(self._words, health, trouble)))

    def _follow_shift(self, now: datetime) -> None:
        """Show the shift that ends next; looked up when it has ended, else once a minute."""
        ends = self._shift
        if ends is not None and now < ends.ends_at:
            return
        if self._shift_from is not None and now - self._shift_from < SHIFT_LOOK_EVERY:
            return
        self._shift_from = now
        self._shift = ends = next_shift_end(self._network, self._sites, now)
        self._shift_box.clear()
        if ends is None:
            return
        with self._shift_box:
            text(self._words.say("shift.label"), "label")
            text(self._words.say("shift.ends", site=ends.site, shift=ends.shift))
            if ends.others:
                text(self._words.say("shift.more", n=ends.others), "label")
            countdown(ends.ends_at, self._words.exact(ends.ends_at))

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


def _draw_rail(words: Words, screens: Sequence[Screen], here: str) -> None:
    with attribute(box("nav", "rail"), "aria-label", words.say("nav.screens")):
        for nth, screen in enumerate(screens):
            link = attribute(box("a", "rail-link"), "href", screen.url)
            key = _RAIL_KEYS[nth : nth + 1]
            if key:
                attribute(attribute(link, "data-key", key), "title", key)
            if screen.name == here:
                attribute(link, "aria-current", "page")
            with link:
                icon(screen.name)
                text(words.say(f"nav.{screen.name}"))


def _draw_person(words: Words, caller: Caller) -> None:
    with box("div", "person"):
        who = attribute(box("a", "person-name"), "href", "/account")
        with attribute(who, "title", words.say("nav.account")):
            text(caller.name, "", "b")
            text(words.name("role", caller.role), "label")
        leave = attribute(box("form", "leave"), "method", "post")
        with attribute(leave, "action", "/logout"):
            tool = attribute(box("button", "tool"), "aria-label", words.say("nav.logout"))
            with attribute(tool, "title", words.say("nav.logout")):
                icon("leave")


def _draw_keys(words: Words, keys: Keys) -> None:
    with attribute(box("dialog", "keys"), "id", "keys"):
        text(words.say("keys.title"), "", "h2")
        with box("dl"):
            for key, meaning in (*keys, *_COMMON_KEYS):
                with box("dt"):
                    text(key, "key", "kbd")
                text(words.say(meaning), "", "dd")
        attribute(button(words.say("keys.close"), "button-quiet"), "data-do", "help")
