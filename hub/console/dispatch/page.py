"""One list: who sent, forwarded and received it, its parcels, and what is to be done next."""

from functools import partial

from nicegui.element import Element
from starlette.concurrency import run_in_threadpool

from hub.console.dispatch.desk import DispatchDesk
from hub.console.dispatch.list_page import READ_EVERY_BEATS, draw_state
from hub.console.dispatch.views import Act, ListSight, ParcelRow
from hub.console.keyed import KeyedList, Row
from hub.console.live import Live
from hub.console.looks import Meaning
from hub.console.markup import age, attribute, box, button, chip, countdown, icon, text, waybill
from hub.console.pages import draw_broken, draw_empty
from hub.console.screens import ROOT
from hub.console.seam import NotAllowedError
from hub.console.visit import Visit
from hub.console.wording import visible
from hub.dispatch.service import DispatchError

ACT_KEYS = {Act.SEND: "s", Act.FORWARD: "f", Act.RECEIVE: "r"}
LIST_KEYS = tuple((key, f"dispatch.act.{act}") for act, key in ACT_KEYS.items())


class RegisterListPage:
    """One list; read again every few beats, drawn again when it changed."""

    def __init__(self, visit: Visit, desk: DispatchDesk, list_id: int) -> None:
        self._visit = visit
        self._words = words = visit.words
        self._desk = desk
        self._id = list_id
        with box("main", "page"):
            with attribute(box("a", "back"), "href", f"{ROOT}/dispatch"):
                icon("back")
                text(words.say("dispatch.back"))
            self._notice = box("div", "notice")
            with box("div", "dispatch") as self._body:
                self._head = box("header", "page-head")
                self._steps = box("ol", "steps")
                self._acts = box("div", "act-buttons dispatch-acts")
                self._problem = attribute(box("div", "notice"), "role", "alert")
                with box("section", "part"):
                    text(words.say("dispatch.parcels"), "part-title", "h2")
                    text(words.say("dispatch.parcels.about"), "label", "p")
                    self._rows = KeyedList(box("ol", "rows"))
        read = partial(desk.one, list_id, visit.caller)
        self._live = Live(visit, read, self._draw, self._tell_broken, READ_EVERY_BEATS)

    async def start(self) -> None:
        """Show the list and follow what comes."""
        await self._live.start()

    def _tell_broken(self) -> None:
        self._body.set_visibility(False)
        draw_broken(self._notice, self._words)

    def _draw(self, sight: ListSight | None) -> None:
        self._notice.clear()
        self._body.set_visibility(sight is not None)
        if sight is None:
            draw_empty(self._notice, self._words, "dispatch.none", "dispatch")
            return
        self._draw_head(sight)
        self._draw_steps(sight)
        self._draw_acts(sight)
        self._rows.show(
            [Row(each.waybill, each, partial(self._draw_row, each)) for each in sight.parcels]
        )

    def _draw_head(self, sight: ListSight) -> None:
        found = sight.line.found
        self._head.clear()
        with self._head:
            named = f"{found.site} {visible(found.shift)} · {found.day}"
            text(named, "page-title", "h1")
            draw_state(sight.line, self._words)
            text(self._words.say("dispatch.count", n=found.count), "label")

    def _draw_steps(self, sight: ListSight) -> None:
        words, found = self._words, sight.line.found
        self._steps.clear()
        with self._steps:
            with self._step("send", is_done=not found.unsent):
                text(words.say("dispatch.to", site=found.centre or words.say("figure.unknown")))
                if found.unsent:
                    text(words.say("dispatch.left", n=found.unsent), "label")
                    countdown(found.deadlines.list_at, words.exact(found.deadlines.list_at))
                if found.sent_at is not None:
                    text(visible(found.sent_by or ""))
                    age(found.sent_at, words.exact(found.sent_at))
            with self._step("forward", is_done=not found.unforwarded):
                text(", ".join(receipt.centre for receipt in found.receipts))
                if found.unforwarded:
                    text(words.say("dispatch.left", n=found.unforwarded), "label")
                    countdown(found.deadlines.forward_at, words.exact(found.deadlines.forward_at))
                if found.forwarded_at is not None:
                    text(visible(found.forwarded_by or ""))
                    age(found.forwarded_at, words.exact(found.forwarded_at))
            received = [each for each in found.receipts if each.received_at is not None]
            is_done = bool(found.receipts) and len(received) == len(found.receipts)
            with self._step("receive", is_done=is_done):
                for receipt in found.receipts:
                    text(receipt.centre, "", "b")
                    if receipt.received_at is None:
                        text(words.say("dispatch.open"), "gap")
                    else:
                        text(visible(receipt.received_by or ""))
                        age(receipt.received_at, words.exact(receipt.received_at))

    def _step(self, name: str, *, is_done: bool) -> Element:
        meaning = Meaning.RECORDED if is_done else Meaning.OPEN
        with box("li", f"step m-{meaning}"):
            icon("check" if is_done else "clock")
            with box("div", "step-body") as body:
                text(self._words.say(f"dispatch.step.{name}"), "", "b")
        return body

    def _draw_acts(self, sight: ListSight) -> None:
        words = self._words
        self._acts.clear()
        with self._acts:
            for act in sight.acts:
                if act is not Act.RECEIVE:
                    made = button(words.say(f"dispatch.act.{act}"), "button-strong", ACT_KEYS[act])
                    made.on("click", partial(self._do, act, None))
            for centre in sight.centres if Act.RECEIVE in sight.acts else ():
                said = words.say("dispatch.act.receive.for", site=centre)
                made = button(said, "button-strong", ACT_KEYS[Act.RECEIVE])
                made.on("click", partial(self._do, Act.RECEIVE, centre))

    async def _do(self, act: Act, centre: str | None) -> None:
        self._problem.clear()
        try:
            await run_in_threadpool(self._desk.act, self._id, act, self._visit.caller, centre)
        except NotAllowedError:
            self._complain("act.forbidden")
        except (DispatchError, LookupError):
            # Somebody was faster, or the network names no address; the page says how it stands.
            self._complain(f"dispatch.refused.{act}")
        await self._live.refresh()

    def _complain(self, key: str) -> None:
        with self._problem:
            text(self._words.say(key), "problem m-red", "p")

    def _draw_row(self, row: ParcelRow) -> Element:
        words = self._words
        with box("li") as whole, box("div", "row row-parcel"):
            text("" if row.serial is None else str(row.serial), "row-cell figure")
            with attribute(box("a", "row-cell"), "href", f"{ROOT}/parcels/{row.waybill}"):
                waybill(row.waybill, "row-main")
            with box("span", "row-cell"):
                missing = "figure.unknown" if row.sent_at else "dispatch.area.later"
                text(row.area or words.say(missing), "" if row.area else "gap")
                text(row.centre or "", "label")
            with box("span", "row-cell"):
                text(visible(row.address or words.say("figure.none")))
                text(visible(row.phone or ""), "figure")
            with box("span", "row-cell"):
                age(row.departed_at, words.exact(row.departed_at), "label")
                if row.is_presumed:
                    text(words.say("dispatch.row.presumed"), "gap")
            with box("span", "row-cell row-end"):
                state = "forwarded" if row.forwarded_at else "sent" if row.sent_at else "open"
                meaning = Meaning.OPEN if state == "open" else Meaning.RECORDED
                chip(words.say(f"dispatch.row.{state}"), meaning)
        return whole
