"""The suspects: the list for the shift with its countdowns, or the lanes; evidence beside it.

Source: console.md ("Suspects and incidents"), HV-2.11.2.
"""

from functools import partial

from nicegui.element import Element
from starlette.concurrency import run_in_threadpool

from hub.access.service import WORTH_ROLES
from hub.console.frame import Keys
from hub.console.incidents.looks import STATE_ICON, STATE_MEANING
from hub.console.keyed import KeyedList, Row
from hub.console.live import Live
from hub.console.looks import Meaning
from hub.console.markup import age, attribute, box, button, chip, countdown, text, waybill
from hub.console.pages import draw_broken, draw_empty
from hub.console.seam import NotAllowedError
from hub.console.suspects.ask_panel import AskPanel
from hub.console.suspects.desk import SuspectDesk
from hub.console.suspects.evidence import draw_evidence, worth_words
from hub.console.suspects.field import LaneField
from hub.console.suspects.views import SuspectLine, SuspectSight
from hub.console.visit import Visit
from hub.console.why import chance_words, draw_verdict
from hub.console.wording import visible
from hub.evidence import SecondLook
from hub.incidents.service import Kind
from hub.missing.service import Asked, NextLook

SUSPECTS_KEYS: Keys = (
    ("j", "keys.row.next"),
    ("k", "keys.row.previous"),
    ("Enter", "keys.row.open"),
    ("q", "suspects.ask.do"),
    ("v", "suspects.view.do"),
)
READ_EVERY_BEATS = 5
LOOKS_SHOWN_MAX = 20


class SuspectsPage:
    """Reads itself again without asking on record; only the button is a person's query."""

    def __init__(self, visit: Visit, desk: SuspectDesk, sites: list[tuple[str, str]]) -> None:
        self._visit = visit
        self._words = words = visit.words
        self._desk = desk
        self._asked = Asked()
        self._sight: SuspectSight | None = None
        self._chosen: str | None = None
        self._as_lanes = False
        with box("main", "beside"):
            with attribute(box("div", "page"), "tabindex", "0"):
                with box("header", "page-head"):
                    text(words.say("suspects.title"), "page-title", "h1")
                    by_worth = visit.caller.role in WORTH_ROLES
                    about = "suspects.about.worth" if by_worth else "suspects.about"
                    text(words.say(about), "label", "p")
                    with box("div", "chips"):
                        view = button(words.say("suspects.view.do"), "button-quiet", "v")
                        view.on("click", self._switch)
                self._ask = AskPanel(words, sites, self._query)
                self._notice = box("div", "notice")
                with box("section", "part") as self._list_part:
                    self._list = KeyedList(box("ol", "rows"))
                self._lanes = LaneField(words, self._choose)
                self._draw_looks_part()
            with attribute(box("aside", "side"), "tabindex", "0"):
                self._side = attribute(box("div", "side-form"), "aria-live", "polite")
        self._live = Live(visit, self._read, self._take, self._tell_broken, READ_EVERY_BEATS)

    def _draw_looks_part(self) -> None:
        words = self._words
        with box("section", "part") as self._looks_part:
            with box("header", "part-head"):
                text(words.say("suspects.looks"), "", "h2")
                text(words.say("suspects.looks.about"), "label")
            self._looks = KeyedList(box("ol", "rows"))

    async def start(self) -> None:
        """Show the suspects and follow what comes."""
        self._lanes.set_visibility(is_shown=False)
        await self._live.start()

    def _read(self) -> SuspectSight:
        return self._desk.suspects(self._asked, self._visit.caller, self._chosen)

    def _tell_broken(self) -> None:
        for part in (self._list_part, self._looks_part):
            part.set_visibility(False)
        self._lanes.set_visibility(is_shown=False)
        draw_broken(self._notice, self._words)

    async def _query(self, asked: Asked) -> None:
        """The person's own question: recorded first, then shown."""
        words = self._words
        try:
            found = await run_in_threadpool(self._desk.query, asked, self._visit.caller)
        except NotAllowedError:
            self._ask.answer(words.say("act.forbidden"), Meaning.STOP)
            return
        self._asked = asked
        where = asked.site or words.say("suspects.ask.sites")
        said = words.say("suspects.ask.recorded", who=self._visit.caller.name, site=where, n=found)
        self._ask.answer(said, Meaning.RECORDED)
        await self._live.refresh()

    def _switch(self) -> None:
        self._as_lanes = not self._as_lanes
        if self._sight is not None:
            self._draw(self._sight)

    def _take(self, sight: SuspectSight) -> None:
        self._sight = sight
        if self._chosen is None and sight.evidence is not None:
            self._chosen = sight.evidence.waybill
        self._draw(sight)

    def _draw(self, sight: SuspectSight) -> None:
        words = self._words
        self._ask.show(sight.asks)
        self._notice.clear()
        if sight.is_cut:
            with self._notice:
                text(words.say("suspects.cut", n=len(sight.lines)), "problem m-amber", "p")
        elif not sight.lines and not (self._as_lanes and sight.columns):
            draw_empty(self._notice, words, "suspects.empty", "check")
        self._list_part.set_visibility(not self._as_lanes and bool(sight.lines))
        self._lanes.set_visibility(is_shown=self._as_lanes)
        if self._as_lanes:
            self._lanes.show(sight.columns, self._chosen)
        self._list.show(
            [
                Row(
                    str(line.suspect.id),
                    (line, line.suspect.waybill == self._chosen),
                    partial(self._draw_line, line),
                )
                for line in sight.lines
            ]
        )
        looks = sight.next_looks[:LOOKS_SHOWN_MAX]
        self._looks_part.set_visibility(bool(looks))
        self._looks.show(
            [
                Row(
                    each.waybill,
                    (each, each.waybill == self._chosen),
                    partial(self._draw_look, each),
                )
                for each in looks
            ]
        )
        self._draw_side(sight)

    async def _choose(self, number: str) -> None:
        self._chosen = number
        await self._live.refresh()

    def _draw_side(self, sight: SuspectSight) -> None:
        self._side.clear()
        with self._side:
            if sight.evidence is None:
                text(self._words.say("suspects.chosen.none"), "gap", "p")
            else:
                draw_evidence(sight.evidence, self._visit)

    def _row(self, number: str, looks: str) -> Element:
        chosen = " is-chosen" if number == self._chosen else ""
        row = attribute(box("button", f"row {looks}{chosen}"), "type", "button")
        attribute(row, "data-row", "")
        row.on("click", partial(self._choose, number))
        return row

    def _draw_line(self, line: SuspectLine) -> Element:
        words, suspect = self._words, line.suspect
        looks = "row-suspect" if line.worth is None else "row-suspect has-worth"
        with box("li") as whole, self._row(suspect.waybill, looks):
            with box("span", "row-cell"):
                waybill(suspect.waybill, "row-main")
                if suspect.high_value:
                    chip(words.say("card.high_value"), Meaning.INFORMATION)
                if suspect.kind is not Kind.PARCEL:
                    text(visible(suspect.subject), "label")
            with box("span", "row-cell"):
                text(" → ".join(filter(None, (suspect.previous_site, suspect.site))), "row-main")
                age(suspect.since, words.exact(suspect.since), "label")
            newest = suspect.newest
            reasons = newest.reasons_zh if words.is_zh else newest.reasons_en
            text(visible(reasons[-1] if reasons else ""), "row-cell row-words")
            if line.worth is not None:
                with box("span", "row-cell"):
                    text(words.say("suspects.worth"), "label")
                    text(worth_words(line.worth), "row-main figure")
            with box("span", f"row-cell m-{STATE_MEANING[line.state]}"):
                chip(
                    words.name("incident.state", line.state),
                    STATE_MEANING[line.state],
                    STATE_ICON[line.state],
                )
                if suspect.look is not None:
                    self._draw_look_of(suspect.look)
            with box("span", "row-cell row-end"):
                self._draw_end(line)
        return whole

    def _draw_look_of(self, look: SecondLook) -> None:
        """How likely it was lost at first and is now, and whether something explains it."""
        text(" → ".join(chance_words(look, self._words)), "label figure")
        if look.verdict.is_explained:
            draw_verdict(look, self._words)

    def _draw_end(self, line: SuspectLine) -> None:
        words = self._words
        closed_at = line.suspect.closed_at
        if closed_at is not None:
            text(words.say("suspects.found"), "label")
            age(closed_at, words.exact(closed_at))
        elif line.due is not None:
            text(words.name("timer", line.due.timer), "label")
            countdown(line.due.due_at, words.exact(line.due.due_at), "row-main")
        else:
            text(words.say("suspects.then.none"), "gap")

    def _draw_look(self, look: NextLook) -> Element:
        words = self._words
        with box("li") as whole, self._row(look.waybill, "row-look"):
            waybill(look.waybill, "row-main")
            with box("span", "row-cell"):
                text(look.site, "", "b")
                key = "suspects.look.left" if look.has_left else "suspects.look.there"
                text(words.say(key), "label")
                age(look.seen_at, words.exact(look.seen_at), "label")
            with box("span", "row-cell"):
                text(words.say("suspects.expected"), "label")
                missing = words.say("figure.unknown")
                text(look.expected_site or missing, "" if look.expected_site else "gap")
            with box("span", "row-cell row-end"):
                countdown(look.due_at, words.exact(look.due_at))
        return whole
