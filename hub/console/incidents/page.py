"""The page of one search: its state line, tasks, evidence, mails, history, and what to do."""

from functools import partial

from starlette.concurrency import run_in_threadpool

from hub.console.frame import Keys
from hub.console.incidents.act_panel import ACT_KEYS, ActPanel
from hub.console.incidents.desk import IncidentDesk
from hub.console.incidents.looks import STATE_ICON, STATE_MEANING, state_word
from hub.console.incidents.parts import (
    draw_documents,
    draw_evidence,
    draw_history,
    draw_mails,
    draw_steps,
    draw_tasks,
)
from hub.console.incidents.views import Order, SearchSight
from hub.console.live import Live
from hub.console.markup import age, attribute, box, chip, icon, text, waybill
from hub.console.pages import draw_broken, draw_empty
from hub.console.screens import ROOT
from hub.console.seam import NotAllowedError
from hub.console.visit import Visit
from hub.console.wording import visible
from hub.incidents.service import IncidentError, Kind, UnknownIncidentError

PAGE_KEYS: Keys = (*((key, f"incident.act.{act}") for act, key in ACT_KEYS.items()),)


class IncidentPage:
    """One search; read again with each beat, drawn again when it changed."""

    def __init__(self, visit: Visit, desk: IncidentDesk, incident_id: int) -> None:
        self._visit = visit
        self._words = words = visit.words
        self._desk = desk
        self._id = incident_id
        with box("main", "page incident"):
            with attribute(box("a", "back"), "href", f"{ROOT}/incidents"):
                icon("back")
                text(words.say("incident.back"))
            self._notice = box("div", "notice")
            self._head = box("header", "incident-head")
            self._steps = box("ol", "steps")
            with box("div", "incident-body") as self._body:
                self._facts = box("div", "incident-facts")
                with box("aside", "pane incident-side"):
                    self._acts = ActPanel(words, self._do)
                    self._side = box("div", "incident-more")
        self._live = Live(
            visit,
            partial(desk.search, incident_id, visit.caller),
            self._draw,
            self._tell_broken,
        )

    async def start(self) -> None:
        """Show the search and follow what comes."""
        await self._live.start()

    def _tell_broken(self) -> None:
        self._show_notice_only()
        draw_broken(self._notice, self._words)

    def _show_notice_only(self) -> None:
        for part in (self._head, self._steps, self._body):
            part.set_visibility(False)
        self._notice.set_visibility(True)

    def _draw(self, sight: SearchSight | None) -> None:
        if sight is None:
            self._show_notice_only()
            draw_empty(self._notice, self._words, "incident.none", "incidents")
            return
        self._notice.set_visibility(False)
        for part in (self._head, self._steps, self._body):
            part.set_visibility(True)
        self._draw_head(sight)
        self._steps.clear()
        with self._steps:
            draw_steps(sight.steps, self._words)
        self._facts.clear()
        with self._facts:
            draw_tasks(sight, self._words)
            draw_evidence(sight, self._words)
            draw_mails(sight.mails, self._words)
            draw_history(sight.history, self._words)
        self._acts.show(sight)
        self._side.clear()
        with self._side:
            draw_documents(sight, self._words)
            self._draw_parcels(sight)

    def _draw_head(self, sight: SearchSight) -> None:
        words, incident = self._words, sight.incident
        suspicion = incident.suspicion
        meaning = STATE_MEANING[incident.state]
        self._head.clear()
        with self._head:
            with box("div", "incident-name"):
                text(words.say("incident.number", id=incident.id), "label", "h1")
                if suspicion.kind in (Kind.PARCEL, Kind.ANOMALY):
                    link = attribute(box("a", ""), "href", f"{ROOT}/parcels/{suspicion.subject}")
                    with link:
                        waybill(suspicion.subject, "parcel-waybill")
                else:
                    text(visible(suspicion.subject), "parcel-waybill", "p")
            with box("div", f"incident-state m-{meaning}"):
                chip(
                    state_word(words, incident),
                    meaning,
                    STATE_ICON[incident.state],
                )
                text(words.name("incident.kind", suspicion.kind), "label")
            for key, at in (("opened", incident.opened_at), ("last", suspicion.since)):
                with box("div", "incident-when"):
                    text(words.say(f"incident.{key}"), "label")
                    age(at, words.exact(at))

    def _draw_parcels(self, sight: SearchSight) -> None:
        incident, words = sight.incident, self._words
        if incident.suspicion.kind is not Kind.GROUP:
            return
        unseen = set(incident.unseen)
        total, left = len(incident.suspicion.waybills), len(unseen)
        text(words.say("incident.parcels.title", n=left, all=total), "detail-title", "h2")
        with box("ul", "parcels"):
            for number in sorted(incident.suspicion.waybills, key=lambda each: each not in unseen):
                with box("li", "" if number in unseen else "gap"):
                    icon("incidents" if number in unseen else "check")
                    with attribute(box("a", ""), "href", f"{ROOT}/parcels/{number}"):
                        waybill(number)

    async def _do(self, order: Order) -> None:
        try:
            await run_in_threadpool(self._desk.act, self._id, order, self._visit.caller)
        except NotAllowedError:
            self._acts.complain(self._words.say("act.forbidden"))
            return
        except (IncidentError, UnknownIncidentError):
            # Somebody else, a scan or a timer was faster; what is drawn next says how it stands.
            self._acts.complain(self._words.say("incident.act.late"))
        else:
            self._acts.close()
        await self._live.refresh()
