"""The searches as the console reads and works them: each call is one short transaction."""

from dataclasses import replace

from sqlalchemy import Connection

from hub.access.service import Caller, may
from hub.console.incidents.story import most_urgent_first, steps_of, tasks_of
from hub.console.incidents.views import (
    CheckOrder,
    FileOrder,
    FollowUpOrder,
    Order,
    ReasonOrder,
    SearchLine,
    SearchList,
    SearchSight,
    TriageOrder,
)
from hub.console.naming import named_history
from hub.console.seam import NotAllowedError
from hub.incidents import service
from hub.incidents.service import (
    OPEN,
    Act,
    Answer,
    Document,
    Dossier,
    FollowUp,
    State,
    Triage,
    UnknownIncidentError,
)
from hub.web.context import HubContext

ON_SHOWN_MAX = 200
OVER_SHOWN_MAX = 50

_OVER = frozenset(State) - OPEN
_ROUTES = {
    Act.CHECKED: "checked",
    Act.TRIAGED: "triage",
    Act.FOLLOWED_UP: "follow_up",
    Act.STOPPED: "stop",
    Act.RELEASED: "release",
    Act.LOST: "confirm_lost",
    Act.ATTACHED: "attach",
}
"""What people do, in the order of the page; the screens ask what REST asks."""
_DOCUMENT = "GET /api/v1/incidents/{incident_id}/attachments/{sha256}"


class IncidentDesk:
    """Reads and works searches for the screens."""

    def __init__(self, hub: HubContext) -> None:
        self._hub = hub

    def searches(self, caller: Caller) -> SearchList:
        """The searches that are the caller's business."""
        sites = caller.sites
        with self._hub.database.reading() as tx:
            on = service.list_incidents(tx, states=OPEN, sites=sites, limit=ON_SHOWN_MAX + 1)
            over = service.list_incidents(tx, states=_OVER, sites=sites, limit=OVER_SHOWN_MAX)
            due = service.next_deadlines(tx, [each.id for each in on])
        lines = [SearchLine(each, due.get(each.id)) for each in on[:ON_SHOWN_MAX]]
        return SearchList(
            on=tuple(most_urgent_first(lines)),
            over=tuple(SearchLine(each, None) for each in over),
            is_cut=len(on) > ON_SHOWN_MAX,
        )

    def search(self, incident_id: int, caller: Caller) -> SearchSight | None:
        """One search; None: there is none, or it is not the caller's business."""
        with self._hub.database.reading() as tx:
            try:
                found = _read(tx, incident_id, caller)
            except UnknownIncidentError:
                return None
            named = named_history(tx, self._hub.network, caller, found.history)
        return self._sight(replace(found, history=named), caller)

    def act(self, incident_id: int, order: Order, caller: Caller) -> None:
        """Record what a person did.

        Raises:
            NotAllowedError: the caller's role may not, or the site is not theirs.
            UnknownIncidentError: no such search, or not the caller's business.
            IncidentError: the act does not fit the search as it stands now.
        """
        if not _may_do(caller, act_of(order)):
            raise NotAllowedError
        if isinstance(order, CheckOrder | FollowUpOrder) and not caller.sees(order.site):
            raise NotAllowedError
        with self._hub.database.writing() as tx:
            _read(tx, incident_id, caller)
            self._carry_out(tx, incident_id, order, caller.name)

    def _sight(self, found: Dossier, caller: Caller) -> SearchSight:
        incident = found.incident
        sites = self._hub.network.sites
        evidence = incident.newest.evidence
        shares = () if evidence is None else evidence.shares
        now = self._hub.clock.now()
        ahead = evidence.looks if evidence is not None and incident.state in OPEN else ()
        named = {*incident.sites, incident.newest.expected_site, *(s.site for s in shares)}
        tasks = tasks_of(found)
        asked = [task.site for task in tasks if task.name == "follow_up"]
        asked_sites = tuple(site for site in asked if caller.sees(site))
        acts = [
            act
            for act in _ROUTES
            if _may_do(caller, act) and (act is Act.ATTACHED or service.may_follow(incident, act))
            if act is not Act.FOLLOWED_UP or asked_sites
        ]
        return SearchSight(
            incident=incident,
            names={code: sites[code].name for code in named if code in sites},
            looks=tuple(look for look in ahead if look.at > now),
            steps=steps_of(found),
            tasks=tasks,
            timers=tuple(found.timers),
            mails=tuple(found.mails),
            history=tuple(found.history),
            documents=tuple(found.attachments),
            acts=tuple(acts),
            own_sites=tuple(site for site in incident.sites if caller.sees(site)),
            asked_sites=asked_sites,
            may_save=may(caller.role, _DOCUMENT),
        )

    def _carry_out(self, tx: Connection, incident_id: int, order: Order, who: str) -> None:
        search, now = self._hub.search, self._hub.clock.now()
        match order:
            case CheckOrder(site, is_found, checks, note):
                answer = Answer(site, who, is_found, checks, note)
                service.answer_self_check(tx, incident_id, answer, now)
            case TriageOrder(level, abnormal_site, note):
                triage = Triage(level, abnormal_site, note)
                service.triage(tx, search, incident_id, triage, who, now)
            case FollowUpOrder(site, note):
                service.follow_up(tx, search, incident_id, FollowUp(site, note), who, now)
            case FileOrder(name, content, police, note):
                document = Document(name, content, police, note)
                service.attach(tx, search, incident_id, document, who, now)
            case ReasonOrder(act, reason):
                _BY_REASON[act](tx, search, incident_id, who, reason, now)


_BY_REASON = {
    Act.STOPPED: service.stop,
    Act.RELEASED: service.release,
    Act.LOST: service.confirm_lost,
}


def act_of(order: Order) -> Act:
    """Which act an order is."""
    match order:
        case CheckOrder():
            return Act.CHECKED
        case TriageOrder():
            return Act.TRIAGED
        case FollowUpOrder():
            return Act.FOLLOWED_UP
        case FileOrder():
            return Act.ATTACHED
        case ReasonOrder(act, _):
            return act


def _may_do(caller: Caller, act: Act) -> bool:
    return may(caller.role, f"POST /api/v1/incidents/{{incident_id}}/{_ROUTES[act]}")


def _read(tx: Connection, incident_id: int, caller: Caller) -> Dossier:
    found = service.read_dossier(tx, incident_id)
    if not caller.sees_any(found.incident.sites):
        raise UnknownIncidentError(f"there is no incident {incident_id}")
    return found
