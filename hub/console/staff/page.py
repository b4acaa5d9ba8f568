"""People by site with duty and badge; a new badge is printed on a page of its own, shown once."""

from functools import partial

from nicegui.element import Element
from starlette.concurrency import run_in_threadpool

from hub.access.service import may
from hub.console.forms import TextField
from hub.console.keyed import KeyedList, Row
from hub.console.live import Live
from hub.console.looks import Meaning
from hub.console.markup import age, attribute, box, button, chip, text
from hub.console.pages import draw_broken, draw_empty
from hub.console.screens import ROOT
from hub.console.seam import NotAllowedError
from hub.console.staff.desk import StaffDesk
from hub.console.staff.views import BadgeState, PersonLine, StaffSight
from hub.console.visit import Visit
from hub.console.wording import visible

STAFF_KEYS = (
    ("j", "keys.row.next"),
    ("k", "keys.row.previous"),
    ("f", "staff.filter"),
    ("p", "staff.print"),
)
READ_EVERY_BEATS = 3
FILTER_CHARS_MAX = 64
_MEANING = {
    BadgeState.PLAIN: Meaning.OPEN,
    BadgeState.TOKEN: Meaning.RECORDED,
    BadgeState.REVOKED: Meaning.NO_DATA,
}
_ICON = {BadgeState.PLAIN: "label", BadgeState.TOKEN: "check", BadgeState.REVOKED: "stop"}


class StaffPage:
    """All people of the person's sites; the chosen one stands beside the list."""

    def __init__(self, visit: Visit, desk: StaffDesk) -> None:
        self._visit = visit
        self._words = words = visit.words
        self._desk = desk
        self._badge: str | None = None
        with box("main", "beside"):
            with attribute(box("div", "page"), "tabindex", "0"):
                with box("header", "page-head"):
                    text(words.say("staff.title"), "page-title", "h1")
                    text(words.say("staff.about"), "label", "p")
                    with box("div", "page-filter"):
                        self._filter = TextField(
                            words.say("staff.filter"),
                            FILTER_CHARS_MAX,
                            key="f",
                            changed=self._narrow,
                        )
                self._notice = box("div", "notice")
                self._rows = KeyedList(box("ol", "rows"))
            with box("aside", "side"):
                self._side = box("div", "side-form")
                self._answer = attribute(box("div", "notice"), "role", "status")
                self._draw_labels_link()
        self._live = Live(visit, self._read, self._draw, self._tell_broken, READ_EVERY_BEATS)

    def _draw_labels_link(self) -> None:
        words = self._words
        text(words.say("staff.labels"), "detail-title", "h2")
        text(words.say("staff.labels.about"), "gap", "p")
        if may(self._visit.caller.role, f"GET {ROOT}/labels"):
            with attribute(box("a", "button"), "href", f"{ROOT}/labels"):
                text(words.say("nav.labels"))

    async def start(self) -> None:
        """Show the people and follow what comes."""
        await self._live.start()

    async def _narrow(self) -> None:
        await self._live.refresh()

    def _read(self) -> tuple[StaffSight, str | None]:
        return self._desk.people(self._filter.value, self._visit.caller), self._badge

    def _tell_broken(self) -> None:
        self._rows.show([])
        self._side.clear()
        draw_broken(self._notice, self._words)

    def _draw(self, found: tuple[StaffSight, str | None]) -> None:
        sight, chosen = found
        words = self._words
        self._notice.clear()
        if not sight.people:
            draw_empty(self._notice, words, "staff.empty", "staff")
        elif sight.is_cut:
            with self._notice:
                text(words.say("staff.cut", n=len(sight.people)), "problem m-amber", "p")
        self._rows.show(
            [
                Row(
                    line.staff.badge,
                    (line, line.staff.badge == chosen),
                    partial(self._draw_row, line, is_chosen=line.staff.badge == chosen),
                )
                for line in sight.people
            ]
        )
        line = next((each for each in sight.people if each.staff.badge == chosen), None)
        self._draw_side(line, may_change=sight.may_change)

    async def _choose(self, badge: str) -> None:
        self._badge = badge
        self._answer.clear()
        await self._live.refresh()

    def _draw_row(self, line: PersonLine, *, is_chosen: bool) -> Element:
        words, person = self._words, line.staff
        with box("li") as whole:
            looks = "row row-staff is-chosen" if is_chosen else "row row-staff"
            row = attribute(attribute(box("button", looks), "type", "button"), "data-row", "")
            row.on("click", partial(self._choose, person.badge))
            with row:
                text(person.site, "row-cell row-main")
                text(visible(person.name), "row-cell row-main")
                text(words.name("duty", person.duty), "row-cell")
                text(person.badge, "row-cell code")
                with box("span", "row-cell row-end"):
                    chip(words.say(f"staff.{line.state}"), _MEANING[line.state], _ICON[line.state])
        return whole

    def _draw_side(self, line: PersonLine | None, *, may_change: bool) -> None:
        words = self._words
        self._side.clear()
        with self._side:
            if line is None:
                text(words.say("staff.chosen.none"), "gap", "p")
                return
            text(visible(line.staff.name), "chosen-name", "h2")
            text(f"{line.staff.site} · {words.name('duty', line.staff.duty)}", "", "p")
            chip(words.say(f"staff.{line.state}"), _MEANING[line.state], _ICON[line.state])
            text(words.say(f"staff.{line.state}.why"), "gap", "p")
            self._draw_token(line)
            if may_change:
                self._draw_acts(line)

    def _draw_token(self, line: PersonLine) -> None:
        words, token = self._words, line.token
        if token is None:
            return
        with box("ol", "history"):
            for key, at in (("made", token.made_at), ("ended", token.revoked_at)):
                if at is not None:
                    with box("li"):
                        text(words.say(f"staff.{key}"))
                        text(visible(token.made_by if key == "made" else ""), "", "b")
                        age(at, words.exact(at))

    def _draw_acts(self, line: PersonLine) -> None:
        """Printing is the labels page's own act: its answer is shown once, in its own window."""
        words, badge = self._words, line.staff.badge
        text(words.say("staff.print.about"), "", "p")
        form = attribute(attribute(box("form"), "method", "post"), "target", "_blank")
        with attribute(form, "action", f"{ROOT}/labels/badge"):
            field = attribute(attribute(box("input"), "type", "hidden"), "name", "badge")
            attribute(field, "value", badge)
            made = attribute(box("button", "button button-strong"), "type", "submit")
            with attribute(made, "data-key", "p"):
                text(words.say("staff.print"))
                text("p", "key", "kbd")
        if line.state is BadgeState.TOKEN:
            text(words.say("staff.revoke.about"), "", "p")
            button(words.say("staff.revoke"), "").on("click", partial(self._revoke, badge))

    async def _revoke(self, badge: str) -> None:
        words = self._words
        try:
            was_there = await run_in_threadpool(self._desk.revoke, badge, self._visit.caller)
        except NotAllowedError:
            said, meaning = words.say("act.forbidden"), Meaning.STOP
        else:
            said = words.say("staff.revoked.done" if was_there else "staff.revoked.before")
            meaning = Meaning.RECORDED
        self._answer.clear()
        with self._answer:
            text(said, f"problem m-{meaning}", "p")
        await self._live.refresh()
