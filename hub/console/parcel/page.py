"""The parcel page: who had it, where nobody had, and all that is recorded of it.

Source: console.md ("Custody replay").
"""

from datetime import datetime

from starlette.concurrency import run_in_threadpool

from hub.access.service import UNMASKING_ROLES
from hub.console.cameras.player import PLAYER_KEYS
from hub.console.frame import Keys
from hub.console.live import Live
from hub.console.looks import Meaning
from hub.console.markup import attribute, box, chip, icon, text, waybill
from hub.console.parcel.chosen import ChosenEntry
from hub.console.parcel.delivered import draw_delivered
from hub.console.parcel.desk import ParcelDesk
from hub.console.parcel.films import film_at
from hub.console.parcel.footage import FilmPart, draw_film_looks
from hub.console.parcel.parts import (
    draw_alerts,
    draw_breaches,
    draw_containers,
    draw_declarations,
    draw_facts,
    draw_links,
    draw_loads,
    draw_looks,
    draw_manifest,
    draw_route,
    draw_searches,
    draw_way_to,
)
from hub.console.parcel.people import PeoplePanel, Recipient
from hub.console.parcel.ruler import Ruler
from hub.console.parcel.scans import ScanRows
from hub.console.parcel.views import ParcelSight
from hub.console.rules import is_waybill
from hub.console.screens import screens_for
from hub.console.visit import Visit
from hub.console.wording import visible

PARCEL_KEYS: Keys = (("v", "film.run"), *PLAYER_KEYS)
READ_EVERY_BEATS = 2
"""Custody is folded anew at each look."""


class ParcelPage:
    """One parcel; read again every few beats of the feed, drawn again when it changed."""

    def __init__(self, visit: Visit, desk: ParcelDesk, number: str, as_of: datetime | None) -> None:
        self._words = words = visit.words
        self._visit = visit
        self._desk = desk
        self._number = number
        self._as_of = as_of
        self._sight = ParcelSight(number)
        self._key: str | None = None
        self._custody: tuple[object, ...] | None = None
        with box("main", "parcel"):
            with box("header", "parcel-head"):
                self._draw_back()
                if is_waybill(number):
                    waybill(number, "parcel-waybill")
                else:
                    text(visible(number), "parcel-waybill")
                self._marks = box("div", "parcel-marks")
                self._draw_as_of()
            self._sentence = box("div", "empty")
            with box("div", "parcel-body") as self._body:
                with attribute(box("div", "pane parcel-main"), "tabindex", "0"):
                    self._draw_replay_part()
                    self._film_part = FilmPart(words, number, self._follow)
                    self._breaches = box("section", "part")
                    self._draw_scans_part()
                with attribute(box("aside", "pane parcel-facts"), "tabindex", "0"):
                    self._chosen = ChosenEntry(words)
                    may_unmask = visit.caller.role in UNMASKING_ROLES
                    self._people = PeoplePanel(words, self._reveal if may_unmask else None)
                    self._facts = box("div", "parcel-more")

    def _draw_back(self) -> None:
        screens = screens_for(self._visit.caller.role)
        with attribute(box("a", "back"), "href", screens[0].url):
            icon("back")
            text(self._words.say("parcel.back"))

    def _draw_as_of(self) -> None:
        """A plain form: the moment stands in the address, so that it can be sent to somebody."""
        words, as_of = self._words, self._as_of
        with attribute(box("form", "as-of"), "method", "get"):
            with box("label", "as-of-field"):
                text(words.say("custody.as_of"), "label")
                field = attribute(box("input", "field"), "type", "datetime-local")
                attribute(attribute(field, "name", "as_of"), "step", "1")
                if as_of is not None:
                    local = as_of.astimezone(words.zone)
                    attribute(field, "^value", f"{local:%Y-%m-%dT%H:%M:%S}")
            attribute(text(words.say("custody.as_of.do"), "button", "button"), "type", "submit")
            if as_of is not None:
                text(words.say("custody.as_of.now"), "button", "a").props["href"] = "?"

    def _draw_replay_part(self) -> None:
        words = self._words
        with box("section", "part"):
            with box("header", "part-head"):
                text(words.say("custody.title"), "", "h2")
                text(words.say("custody.about"), "label")
            self._note = box("div", "replay-notes")
            self._ruler = Ruler(words, self._choose)
            self._no_custody = text(words.say("custody.none"), "gap", "p")

    def _draw_scans_part(self) -> None:
        words = self._words
        with box("section", "part timeline"):
            with box("header", "part-head"):
                text(words.say("parcel.timeline"), "", "h2")
                self._count = text("", "lane-count figure")
                text(words.say("parcel.timeline.about"), "label")
            self._scans = ScanRows(words)
            self._hidden = text("", "more", "p")

    async def start(self) -> None:
        """Show what is recorded now and follow what comes; a moment of the past stands still."""
        live = Live(self._visit, self._read, self._draw, self._tell_broken, READ_EVERY_BEATS)
        await live.start()

    def _read(self) -> ParcelSight | None:
        if not is_waybill(self._number):
            return None
        return self._desk.parcel(self._number, self._visit.caller, self._as_of)

    async def _reveal(self, reason: str) -> Recipient:
        return await run_in_threadpool(self._desk.reveal, self._number, self._visit.caller, reason)

    def _tell_broken(self) -> None:
        self._draw_sentence("parcel.broken", "broken")

    def _draw_sentence(self, key: str, picture: str) -> None:
        self._body.set_visibility(False)
        self._marks.set_visibility(False)
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
        if sight.is_unknown:
            then = "parcel.empty" if self._as_of is None else "parcel.empty.then"
            self._draw_sentence(then, "parcel")
            return
        self._sight = sight
        self._sentence.set_visibility(False)
        self._body.set_visibility(True)
        self._draw_marks(sight)
        custody = (sight.replay, sight.breaches, sight.scans)
        if custody != self._custody:
            # Drawn anew under a hand that is about to click, the click would be lost.
            self._custody = custody
            self._draw_custody(sight)
        self._scans.show(sight.scans)
        self._count.set_text(str(sight.count))
        hidden = self._words.say("parcel.hidden", n=sight.hidden) if sight.hidden else ""
        self._hidden.set_text(hidden)
        self._people.show(sight.recipient)
        self._draw_facts(sight)

    def _draw_marks(self, sight: ParcelSight) -> None:
        words = self._words
        self._marks.set_visibility(True)
        self._marks.clear()
        with self._marks:
            if sight.is_high_value:
                chip(words.say("card.high_value"), Meaning.INFORMATION, "parcel")
            if sight.track is not None:
                chip(words.name("parcel.state", sight.track.state), Meaning.NO_DATA)
            if sight.replaced_by is not None:
                draw_way_to("parcel.replaced_by", sight.replaced_by.new, words)
            if sight.replaces is not None:
                draw_way_to("parcel.replaces", sight.replaces.old, words)
            if sight.as_of is not None:
                said = words.say("custody.as_of.chip", at=words.exact(sight.as_of))
                chip(said, Meaning.UNPROVEN, "clock")

    def _draw_custody(self, sight: ParcelSight) -> None:
        replay, words = sight.replay, self._words
        self._no_custody.set_visibility(replay is None)
        self._note.clear()
        self._breaches.clear()
        with self._breaches:
            draw_breaches(sight.breaches, words)
        if replay is None:
            return
        with self._note:
            if not replay.complete:
                text(words.say("custody.cut"), "problem m-violet", "p")
        if self._key is None and replay.lanes:
            blocks = [block for lane in replay.lanes for block in lane.blocks]
            newest = max(blocks, key=lambda block: block.since, default=None)
            self._key = None if newest is None else newest.key
        self._film_part.show(replay.films)
        self._ruler.show(replay, self._key, is_past=sight.as_of is not None)
        self._chosen.show(replay, self._key, sight.scans)

    def _choose(self, key: str) -> None:
        """Somebody chose a block, a handover or a film: what was filmed of it is shown."""
        self._follow(key)
        replay = self._sight.replay
        if replay is None or replay.films is None:
            return
        joint, film = replay.joint(key), replay.film(key)
        if joint is not None:
            film = film_at(replay.films, (record.line for record in joint.evidence))
        if film is not None:
            self._film_part.choose(film.key)

    def _follow(self, key: str) -> None:
        """Show which entry is chosen, or played."""
        self._key = key
        self._ruler.mark(key)
        if self._sight.replay is not None:
            self._chosen.show(self._sight.replay, key, self._sight.scans)

    def _draw_facts(self, sight: ParcelSight) -> None:
        words = self._words
        self._facts.clear()
        with self._facts:
            draw_links(sight.replaces, sight.replaced_by, words)
            text(words.say("parcel.way"), "detail-title", "h2")
            if sight.track is not None:
                draw_route(sight.track, words)
            draw_facts(sight, words)
            draw_declarations(sight.said, words)
            if sight.as_of is None:
                draw_delivered(sight, words)
            draw_loads(sight.loads, words)
            draw_searches(sight.searches, words)
            if sight.as_of is None:
                draw_containers(sight.containers, words)
                draw_manifest(sight.manifest, words)
            if sight.cards is not None:
                draw_alerts(sight.cards, sight.answers, words)
            draw_looks(sight, words)
            if sight.looks is not None:
                draw_film_looks(words, sight.film_looks, sight.film_clips)
