"""What an incident is, and what may happen to it. Pure. Source: HV-2.11.2, HV-3, design section 7.

self_check --(policy.self_check_min without a find)--> escalated --(lost_h)--> lost
self_check | escalated --stop--> stopped --release--> found, or the search goes on where it stood
any of them --a scan anywhere--> found; a stopped parcel stays stopped until it is released
escalated --a person confirms--> lost
an anomaly begins stopped and ends with its release, as found: whoever reported it had it
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from hub.evidence import Evidence, SecondLook
from wire.policy import IncidentPolicy

REASONS_MAX = 8
REASON_CHARS_MAX = 300
WAYBILLS_MAX = 500
"""Parcels of one incident: a bag's or a vehicle's."""
NOTE_CHARS_MAX = 2_000


class IncidentError(Exception):
    """The act does not fit the incident's state; the sentence says why, nothing has changed."""


class Kind(StrEnum):
    """What an incident is about.

    Searched for are one parcel, a bag or vehicle with its parcels, or a whole site; an anomaly is a
    parcel that a station reports something of (HV-3): nobody searches, it is stopped.
    """

    PARCEL = "parcel"
    GROUP = "group"
    SITE = "site"
    ANOMALY = "anomaly"


class State(StrEnum):
    """Where the search stands (interface: ``GET incidents``)."""

    SELF_CHECK = "self_check"
    ESCALATED = "escalated"
    STOPPED = "stopped"
    FOUND = "found"
    LOST = "lost"


SEARCHED = frozenset({State.SELF_CHECK, State.ESCALATED})
OPEN = SEARCHED | {State.STOPPED}


class Act(StrEnum):
    """What stands in an incident's history: acts of people, timers, and scans."""

    OPENED = "opened"
    REPORTED = "reported"
    CHECKED = "checked"
    TRIAGED = "triaged"
    FOLLOWED_UP = "followed_up"
    ESCALATED = "escalated"
    STOPPED = "stopped"
    RELEASED = "released"
    ATTACHED = "attached"
    SEEN = "seen"
    SIGHTED = "sighted"
    """By a camera; told once for each site."""
    FOUND = "found"
    LOST = "lost"
    NO_CONTACT = "no_contact"
    """A mail was due and nobody's address is on file."""
    NOT_WANTED = "not_wanted"
    """The wanted list could not take the parcel; the note says why."""
    DOUBTFUL = "doubtful"
    """These five are a later look's (``hub.evidence.Verdict``): what explained it does no more."""
    SURER = "surer"
    VEHICLE_LATE = "vehicle_late"
    CUT_OFF = "cut_off"
    NOT_DUE = "not_due"


class Timer(StrEnum):
    """What happens because time passes; a row each, fired once."""

    ESCALATE = "escalate"
    LOSE = "lose"
    FOLLOW_UP = "follow_up"


class TriageLevel(StrEnum):
    """Which level of monitoring staff analysed a suspect (HV-2.11.2.2)."""

    SITE = "site"
    REGION = "region"
    HEADQUARTERS = "headquarters"


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Why a search begins.

    ``site`` is the one that must look for it, ``previous_site`` the link before; ``since`` is the
    last scan, ``expected_by`` when the next was due at ``expected_site``; ``tier`` names the
    scorer and ``p_lost`` its estimate, where it makes one. The reasons are for people; of a silent
    parcel they are the lines of its ``evidence``, which older suspicions do not have.
    """

    kind: Kind
    subject: str
    waybills: tuple[str, ...]
    site: str
    previous_site: str | None
    since: datetime
    expected_site: str | None
    expected_by: datetime | None
    p_lost: float | None
    tier: str
    reasons_zh: tuple[str, ...]
    reasons_en: tuple[str, ...]
    evidence: Evidence | None = None

    def __post_init__(self) -> None:
        if len(self.waybills) > WAYBILLS_MAX:
            raise ValueError(f"an incident has at most {WAYBILLS_MAX} parcels")
        if max(len(self.reasons_zh), len(self.reasons_en)) > REASONS_MAX:
            raise ValueError(f"a suspicion has at most {REASONS_MAX} reasons")


@dataclass(frozen=True, slots=True)
class Incident:
    """One search; ``unseen`` are its parcels that no scan has shown since.

    ``suspicion`` is as it began; ``look`` is the newest look since, of a group at the one of its
    parcels that is the most likely to be lost; null where there was none.
    """

    id: int
    suspicion: Suspicion
    state: State
    opened_at: datetime
    changed_at: datetime
    unseen: tuple[str, ...]
    look: SecondLook | None = None

    @property
    def newest(self) -> Suspicion:
        """The suspicion as the newest look tells it; as it began where there was none."""
        return self.suspicion if self.look is None else replace(self.suspicion, **self.look.told)

    @property
    def sites(self) -> tuple[str, ...]:
        """The sites that search: the checking one and the link before it."""
        return sites_of(self.suspicion.site, self.suspicion.previous_site)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A timer to be set; ``site``: whose time it is, null where it is the search's own."""

    timer: Timer
    due_at: datetime
    site: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What one incident has to do with one of its parcels; ``sites`` are those that search."""

    incident_id: int
    state: State
    sites: tuple[str, ...]
    is_seen: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """What the wanted list must say of a parcel; ``sites`` null: at all."""

    incident_id: int
    is_stop: bool
    sites: tuple[str, ...] | None


def sites_of(site: str, previous_site: str | None) -> tuple[str, ...]:
    """The sites that search: the checking one and the link before it, each once."""
    return tuple(dict.fromkeys(each for each in (site, previous_site) if each is not None))


def first_deadlines(kind: Kind, opened_at: datetime, policy: IncidentPolicy) -> list[Deadline]:
    """One hour until it goes to the region (HV-2.11.2); a silent site's return is awaited."""
    if kind is Kind.SITE:
        return []
    return [Deadline(Timer.ESCALATE, opened_at + timedelta(minutes=policy.self_check_min))]


def state_after_timer(state: State, timer: Timer) -> State | None:
    """What a due timer makes of an incident; None: it has nothing to do any more."""
    if timer is Timer.ESCALATE and state is State.SELF_CHECK:
        return State.ESCALATED
    if timer is Timer.LOSE and state is State.ESCALATED:
        return State.LOST
    return None


def state_after_scan(state: State, unseen_left: int) -> State | None:
    """What a scan of one of its parcels makes of an incident; None: the state stays.

    Found is any scan (design section 7), also of what was declared lost. A group is found with its
    last parcel. What was stopped waits for a person's release (HV-3).
    """
    if unseen_left or state in (State.STOPPED, State.FOUND):
        return None
    return State.FOUND


_FITS = {
    Act.CHECKED: OPEN,
    Act.TRIAGED: OPEN,
    Act.FOLLOWED_UP: OPEN,
    Act.STOPPED: SEARCHED,
    Act.RELEASED: frozenset({State.STOPPED}),
    Act.LOST: frozenset({State.ESCALATED}),
}
_MISFIT = {
    Act.STOPPED: "an incident that is {state} cannot be stopped",
    Act.RELEASED: "only what was stopped can be released",
    Act.LOST: "a parcel is declared lost after the search went to the region",
}


def check_act(kind: Kind, state: State, act: Act) -> None:
    """Refuse a person's act that an incident does not allow as it stands.

    Raises:
        IncidentError: the act does not fit; a silent site has no flow that could be stopped, and
            an anomaly's parcel is not searched for.
    """
    if state not in _FITS[act]:
        raise IncidentError(_MISFIT.get(act, "the search is over: {state}").format(state=state))
    if act is Act.STOPPED and kind is Kind.SITE:
        raise IncidentError("a silent site has no parcel that could be stopped")
    if act is Act.CHECKED and kind is Kind.ANOMALY:
        raise IncidentError("nobody searches for a parcel that a station has reported")


def state_after_release(*, is_seen: bool, was_escalated: bool) -> State:
    """Where an incident goes from its stop (HV-3): the search goes on where it was interrupted.

    Nobody tells a region by releasing: a search that never went there is a self-check again, and
    goes there by its timer (HV-2.11.2).

    Args:
        is_seen: every parcel of it was scanned since it was opened.
        was_escalated: the region was told before the stop.
    """
    if is_seen:
        return State.FOUND
    return State.ESCALATED if was_escalated else State.SELF_CHECK


def wish_of(claims: Sequence[Claim]) -> Wish | None:
    """What the list must say of a parcel that these incidents are about; None: nothing.

    A stop holds at every site and outweighs any search (HV-3), also of a parcel that was seen. A
    search is for what was not seen: at its sites, and everywhere once its region knows.
    """
    stops = [claim for claim in claims if claim.state is State.STOPPED]
    if stops:
        return Wish(min(claim.incident_id for claim in stops), True, None)
    searches = [claim for claim in claims if not claim.is_seen]
    if not searches:
        return None
    sites: tuple[str, ...] | None = None
    if all(claim.state is State.SELF_CHECK for claim in searches):
        sites = tuple(dict.fromkeys(site for claim in searches for site in claim.sites))
    return Wish(min(claim.incident_id for claim in searches), False, sites)


def name_of(suspicion: Suspicion) -> tuple[str, str]:
    """What is searched for, in Chinese and English."""
    count = len(suspicion.waybills)
    match suspicion.kind:
        case Kind.PARCEL | Kind.ANOMALY:
            return f"快件 {suspicion.subject}", f"parcel {suspicion.subject}"
        case Kind.GROUP:
            return (
                f"{suspicion.subject} 内的 {count} 件快件",
                f"{count} parcels of {suspicion.subject}",
            )
        case Kind.SITE:
            return f"网点 {suspicion.subject} 全部扫描", f"every scan of site {suspicion.subject}"
