"""The parcel page: what is recorded of one waybill, newest first, with its gaps.

Source: console.md ("Custody replay") as far as there is custody: scans only, so far.
"""

from hub.console.live import Live
from hub.console.looks import MEANING_OF, Meaning
from hub.console.markup import age, attribute, box, chip, icon, text, waybill
from hub.console.parcel.desk import ParcelDesk
from hub.console.parcel.scans import ScanRows
from hub.console.rules import is_waybill
from hub.console.screens import screens_for
from hub.console.views import Card, Level, ParcelSight, Seen, State
from hub.console.visit import Visit
from hub.console.wording import visible


class ParcelPage:
    """One parcel; read again with each beat of the feed, drawn again when it changed."""

    def __init__(self, visit: Visit, desk: ParcelDesk, number: str) -> None:
        self._words = words = visit.words
        self._visit = visit
        self._desk = desk
        self._number = number
        with box("main", "parcel"):
            with box("header", "parcel-head"):
                self._draw_back()
                if is_waybill(number):
                    waybill(number, "parcel-waybill")
                else:
                    text(visible(number), "parcel-waybill")
            self._sentence = box("div", "empty")
            with box("div", "parcel-body") as self._body:
                with box("section", "pane timeline"):
                    with box("header", "lane-head"):
                        text(words.say("parcel.timeline"), "", "h2")
                        text(words.say("parcel.timeline.about"), "label")
                    self._scans = ScanRows(words)
                    self._hidden = text("", "more", "p")
                self._facts = box("aside", "pane parcel-facts")

    def _draw_back(self) -> None:
        screens = screens_for(self._visit.caller.role)
        with attribute(box("a", "back"), "href", screens[0].url):
            icon("back")
            text(self._words.say("parcel.back"))

    async def start(self) -> None:
        """Show what is recorded now and follow what comes."""
        await Live(self._visit, self._read, self._draw, self._tell_broken).start()

    def _read(self) -> ParcelSight | None:
        if not is_waybill(self._number):
            return None
        return self._desk.parcel(self._number, self._visit.caller)

    def _tell_broken(self) -> None:
        self._draw_sentence("parcel.broken", "broken")

    def _draw_sentence(self, key: str, picture: str) -> None:
        self._body.set_visibility(False)
        self._sentence.set_visibility(True)
        self._sentence.clear()
        with self._sentence:
            icon(picture)
            text(self._words.say(key), "empty-word", "h1")
            text(self._words.say(f"{key}.why"), "", "p")

    def _draw(self, sight: ParcelSight | None) -> None:
        if sight is None:
            self._draw_sentence("parcel.bad", "label-bad")
            return
        if sight.declared is None and not sight.scans and not sight.cards:
            self._draw_sentence("parcel.empty", "parcel")
            return
        self._sentence.set_visibility(False)
        self._body.set_visibility(True)
        self._scans.show(sight.scans)
        hidden = self._words.say("parcel.hidden", n=sight.hidden) if sight.hidden else ""
        self._hidden.set_text(hidden)
        self._facts.clear()
        with self._facts:
            self._draw_facts(sight)
            self._draw_cards(sight.cards)

    def _draw_facts(self, sight: ParcelSight) -> None:
        words, declared = self._words, sight.declared
        undeclared = words.say("parcel.declared.none")
        with box("dl", "facts"):
            value = None if declared is None else declared.value_cny
            self._fact("parcel.value", None if value is None else words.money(value), undeclared)
            self._fact("parcel.origin", None if declared is None else declared.origin, undeclared)
            self._fact(
                "parcel.destination", None if declared is None else declared.destination, undeclared
            )
            count = words.say("parcel.scans.count", n=sight.count)
            self._fact("parcel.scans", count, "")
            self._seen("parcel.first", sight.first)
            self._seen("parcel.last", sight.last)

    def _seen(self, key: str, seen: Seen | None) -> None:
        if seen is None:
            return
        with box("div", "fact"):
            text(self._words.say(key), "label", "dt")
            with box("dd"):
                text(seen.site, "", "b")
                age(seen.at, self._words.exact(seen.at))

    def _fact(self, key: str, value: str | None, missing: str) -> None:
        with box("div", "fact"):
            text(self._words.say(key), "label", "dt")
            text(missing if value is None else value, "gap" if value is None else "", "dd")

    def _draw_cards(self, cards: tuple[Card, ...]) -> None:
        words = self._words
        text(words.say("parcel.alerts"), "detail-title", "h2")
        if not cards:
            text(words.say("parcel.alerts.none"), "gap", "p")
        with box("ol", "history"):
            for card in cards:
                with box("li"):
                    chip(words.name("kind", card.kind), MEANING_OF[card.kind])
                    # An open passage waits for nobody: the parcel is there.
                    is_here = card.level is Level.PASSAGE and card.state is State.OPEN
                    state = words.say("state.here") if is_here else words.name("state", card.state)
                    chip(state, Meaning.NO_DATA)
                    text(card.site or words.say("card.site.none"))
                    age(card.raised_at, words.exact(card.raised_at))
