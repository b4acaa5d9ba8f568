"""The searches: those that are on by their next deadline, then those that ended."""

from collections import Counter
from collections.abc import Sequence
from functools import partial

from nicegui.element import Element

from hub.console.incidents.desk import IncidentDesk
from hub.console.incidents.looks import STATE_ICON, STATE_MEANING, state_word
from hub.console.incidents.views import SearchLine, SearchList
from hub.console.keyed import KeyedList, Row
from hub.console.live import Live
from hub.console.markup import age, attribute, box, chip, countdown, icon, text, waybill
from hub.console.pages import draw_broken, draw_empty
from hub.console.screens import ROOT
from hub.console.visit import Visit
from hub.console.wording import visible
from hub.incidents.service import Kind, State

LIST_KEYS = (("j", "keys.row.next"), ("k", "keys.row.previous"), ("Enter", "keys.row.open"))


class IncidentsPage:
    """All searches that are the person's business; a click on a state narrows them."""

    def __init__(self, visit: Visit, desk: IncidentDesk) -> None:
        self._visit = visit
        self._words = visit.words
        self._desk = desk
        self._narrowed: State | None = None
        self._found = SearchList((), (), is_cut=False)
        with box("main", "page"):
            with box("header", "page-head"):
                text(visit.words.say("incidents.title"), "page-title", "h1")
                text(visit.words.say("incidents.about"), "label", "p")
                self._states = attribute(box("div", "chips"), "role", "group")
            self._notice = box("div", "notice")
            self._on = _Part(visit, "incidents.on")
            self._over = _Part(visit, "incidents.over")

    async def start(self) -> None:
        """Show the searches and follow what comes."""
        visit = self._visit
        live = Live(visit, lambda: self._desk.searches(visit.caller), self._take, self._tell_broken)
        await live.start()

    def _take(self, found: SearchList) -> None:
        self._found = found
        self._draw()

    def _tell_broken(self) -> None:
        self._on.hide()
        self._over.hide()
        draw_broken(self._notice, self._words)

    def _draw(self) -> None:
        found = self._found
        self._draw_states([*found.on, *found.over])
        self._notice.clear()
        if not found.on and not found.over:
            draw_empty(self._notice, self._words, "incidents.empty", "check")
        elif found.is_cut:
            with self._notice:
                text(self._words.say("incidents.cut", n=len(found.on)), "problem m-amber", "p")
        self._on.show([line for line in found.on if self._lets_through(line)])
        self._over.show([line for line in found.over if self._lets_through(line)])

    def _lets_through(self, line: SearchLine) -> bool:
        return self._narrowed in (None, line.incident.state)

    def _draw_states(self, lines: Sequence[SearchLine]) -> None:
        count = Counter(line.incident.state for line in lines)
        self._states.clear()
        with self._states:
            for state in State:
                if not count[state]:
                    continue
                mark = box("button", f"chip-button m-{STATE_MEANING[state]}")
                pressed = "true" if self._narrowed is state else "false"
                attribute(attribute(mark, "type", "button"), "aria-pressed", pressed)
                mark.on("click", partial(self._narrow, state))
                with mark:
                    icon(STATE_ICON[state])
                    text(self._words.name("incident.state", state))
                    text(str(count[state]), "figure")

    def _narrow(self, state: State) -> None:
        self._narrowed = None if self._narrowed is state else state
        self._draw()


class _Part:
    """A heading and the rows under it; it hides itself when there are none."""

    def __init__(self, visit: Visit, title: str) -> None:
        self._visit = visit
        with box("section", "part") as self._whole:
            with box("header", "part-head"):
                text(visit.words.say(title), "", "h2")
                self._count = text("", "lane-count figure")
            self._list = KeyedList(box("ol", "rows"))

    def hide(self) -> None:
        self._whole.set_visibility(False)

    def show(self, lines: list[SearchLine]) -> None:
        self._whole.set_visibility(bool(lines))
        self._count.set_text(str(len(lines)))
        self._list.show(
            [Row(str(line.incident.id), line, partial(self._draw_row, line)) for line in lines]
        )

    def _draw_row(self, line: SearchLine) -> Element:
        words, incident = self._visit.words, line.incident
        suspicion = incident.suspicion
        with box("li") as whole:
            url = f"{ROOT}/incidents/{incident.id}"
            link = attribute(box("a", "row row-incident"), "href", url)
            with attribute(link, "data-row", ""):
                with box("span", f"row-cell m-{STATE_MEANING[incident.state]}"):
                    chip_words = state_word(words, incident)
                    chip(chip_words, STATE_MEANING[incident.state], STATE_ICON[incident.state])
                    text(words.say("incident.number", id=incident.id), "label")
                with box("span", "row-cell"):
                    if suspicion.kind in (Kind.PARCEL, Kind.ANOMALY):
                        waybill(suspicion.subject, "row-main")
                    else:
                        text(visible(suspicion.subject), "row-main")
                        said = words.say("incident.parcels", n=len(suspicion.waybills))
                        text(said if suspicion.waybills else "", "label")
                with box("span", "row-cell"):
                    text(" ← ".join(incident.sites), "row-main")
                    age(incident.opened_at, words.exact(incident.opened_at), "label")
                reasons = suspicion.reasons_zh if words.is_zh else suspicion.reasons_en
                text(visible(reasons[0] if reasons else ""), "row-cell row-words")
                with box("span", "row-cell row-end"):
                    if line.due is None:
                        age(incident.changed_at, words.exact(incident.changed_at), "label")
                    else:
                        text(words.name("timer", line.due.timer), "label")
                        countdown(line.due.due_at, words.exact(line.due.due_at), "row-main")
        return whole
