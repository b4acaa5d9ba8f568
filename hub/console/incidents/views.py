"""What the incident screens show, as values. Times are aware UTC; ``None`` is a gap."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hub.evidence import Look
from hub.incidents.service import (
    Act,
    Attachment,
    Deadline,
    HistoryLine,
    Incident,
    TimerRow,
    TriageLevel,
)
from hub.mail.service import MailReceipt


@dataclass(frozen=True, slots=True)
class SearchLine:
    """One search in the list; ``due`` is what time will do to it next."""

    incident: Incident
    due: Deadline | None


@dataclass(frozen=True, slots=True)
class SearchList:
    """Searches that are on, the next deadline first, and those that ended, newest first.

    ``is_cut``: more are on than the list shows.
    """

    on: tuple[SearchLine, ...]
    over: tuple[SearchLine, ...]
    is_cut: bool


class StepState(StrEnum):
    """Where a step of a search stands."""

    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the state line: ``at`` its beginning or end, ``due_at`` its deadline."""

    name: str
    state: StepState
    at: datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """What somebody has to do in a search: ``site`` owns it; ``done_at`` None: not yet."""

    name: str
    site: str
    due_at: datetime | None
    done_at: datetime | None
    who: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class SearchSight:
    """One search with all that belongs to it, and what the person who looks may do now."""

    incident: Incident
    names: dict[str, str]
    """Of the sites that it names, by code."""
    looks: tuple[Look, ...]
    """What its evidence says is looked at next, as far as that is ahead."""
    steps: tuple[Step, ...]
    tasks: tuple[Task, ...]
    timers: tuple[TimerRow, ...]
    mails: tuple[MailReceipt, ...]
    history: tuple[HistoryLine, ...]
    documents: tuple[Attachment, ...]
    acts: tuple[Act, ...]
    own_sites: tuple[str, ...]
    """Of the searching sites, those for which the person may answer."""
    asked_sites: tuple[str, ...]
    """Of the sites that were asked to follow up, those for which the person may answer."""
    may_save: bool
    """Whether the documents are shown to this person, each time with a reason (CS-P1)."""


@dataclass(frozen=True, slots=True)
class CheckOrder:
    """A site has looked for it."""

    site: str
    is_found: bool
    checks: tuple[str, ...]
    note: str | None


@dataclass(frozen=True, slots=True)
class TriageOrder:
    """Monitoring staff say which link was abnormal."""

    level: TriageLevel
    abnormal_site: str
    note: str


@dataclass(frozen=True, slots=True)
class FollowUpOrder:
    """A site has followed up what was found abnormal there."""

    site: str
    note: str


@dataclass(frozen=True, slots=True)
class ReasonOrder:
    """An act that needs a reason and no more."""

    act: Act
    reason: str


@dataclass(frozen=True, slots=True)
class FileOrder:
    """A document to be filed; ``police``: the region's claims contact is told (HV-3a)."""

    name: str
    content: bytes
    police: bool
    note: str


Order = CheckOrder | TriageOrder | FollowUpOrder | ReasonOrder | FileOrder
