"""How a search went: its place in the list, its steps, its tasks; computed, nothing is read here.

Source: console.md ("Suspects and incidents"), HV-2.11.2.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from hub.console.incidents.views import SearchLine, Step, StepState, Task
from hub.incidents.service import Act, Dossier, HistoryLine, Kind, State, Timer
from hub.mail.service import MailState

_NEVER = datetime.max.replace(tzinfo=UTC)
_MAIL_STEP = {
    MailState.SENT: StepState.DONE,
    MailState.QUEUED: StepState.NOW,
    MailState.GIVEN_UP: StepState.FAILED,
}


def most_urgent_first(lines: Iterable[SearchLine]) -> list[SearchLine]:
    """The next deadline first; what waits for no time comes after, the longest open first."""
    return sorted(
        lines,
        key=lambda line: (
            _NEVER if line.due is None else line.due.due_at,
            line.incident.opened_at,
            line.incident.id,
        ),
    )


def steps_of(found: Dossier) -> tuple[Step, ...]:
    """The state line: self-check, upstream, escalated, stopped where it was, and the end.

    Of an anomaly: reported, stopped, released.
    """
    incident = found.incident
    if incident.suspicion.kind is Kind.ANOMALY:
        return _anomaly(found)
    steps = [_self_check(found), _upstream(found), _escalated(found)]
    stopped_at = _last_at(found.history, Act.STOPPED)
    if incident.state is State.STOPPED:
        steps.append(Step("stopped", StepState.NOW, stopped_at))
    elif stopped_at is not None:
        steps.append(Step("stopped", StepState.DONE, stopped_at))
    return (*steps, _end(found))


def _anomaly(found: Dossier) -> tuple[Step, ...]:
    is_over = found.incident.state is State.FOUND
    released_at = _last_at(found.history, Act.RELEASED)
    return (
        Step("reported", StepState.DONE, found.incident.opened_at),
        Step(
            "stopped",
            StepState.DONE if is_over else StepState.NOW,
            _last_at(found.history, Act.STOPPED),
        ),
        Step("released", StepState.DONE if is_over else StepState.AHEAD, released_at),
    )


def _self_check(found: Dossier) -> Step:
    incident = found.incident
    is_now = incident.state is State.SELF_CHECK
    due_at = _due_at(found, Timer.ESCALATE) if is_now else None
    state = StepState.NOW if is_now else StepState.DONE
    return Step("self_check", state, incident.opened_at, due_at)


def _upstream(found: Dossier) -> Step:
    mail = next((each for each in found.mails if each.key.endswith("/upstream")), None)
    if mail is None:
        return Step("upstream", StepState.SKIPPED)
    return Step("upstream", _MAIL_STEP[mail.state], mail.sent_at or mail.queued_at)


def _escalated(found: Dossier) -> Step:
    at = _last_at(found.history, Act.ESCALATED)
    if found.incident.state is State.ESCALATED:
        return Step("escalated", StepState.NOW, at, _due_at(found, Timer.LOSE))
    if at is not None:
        return Step("escalated", StepState.DONE, at)
    is_on = found.incident.state is State.SELF_CHECK
    return Step("escalated", StepState.AHEAD if is_on else StepState.SKIPPED)


def _end(found: Dossier) -> Step:
    state = found.incident.state
    if state is State.FOUND:
        return Step("found", StepState.DONE, _last_at(found.history, Act.FOUND))
    if state is State.LOST:
        return Step("lost", StepState.FAILED, _last_at(found.history, Act.LOST))
    return Step("end", StepState.AHEAD)


def tasks_of(found: Dossier) -> tuple[Task, ...]:
    """What sites have to do in it: look for it, and follow up what was found abnormal."""
    history = found.history
    check_due_at = _was_due_at(found, Timer.ESCALATE)
    checks = [
        _task("check", site, check_due_at, _answer(history, Act.CHECKED, site))
        for site in found.incident.sites
        if found.incident.suspicion.kind is not Kind.ANOMALY
    ]
    asked = {line.site: line.at for line in history if line.act is Act.TRIAGED and line.site}
    return (*checks, *(_follow_up(found, site, at) for site, at in asked.items()))


def _follow_up(found: Dossier, site: str, asked_at: datetime) -> Task:
    """What a site was asked last counts: an answer from before does not answer it."""
    answer = _answer(found.history, Act.FOLLOWED_UP, site)
    done = answer if answer is not None and answer.at >= asked_at else None
    return _task("follow_up", site, _was_due_at(found, Timer.FOLLOW_UP, site), done)


def _task(name: str, site: str, due_at: datetime | None, done: HistoryLine | None) -> Task:
    if done is None:
        return Task(name, site, due_at, None, None, None)
    return Task(name, site, due_at, done.at, done.who, done.note)


def _answer(history: Sequence[HistoryLine], act: Act, site: str) -> HistoryLine | None:
    return next((line for line in reversed(history) if (line.act, line.site) == (act, site)), None)


def _last_at(history: Sequence[HistoryLine], act: Act) -> datetime | None:
    return next((line.at for line in reversed(history) if line.act is act), None)


def _due_at(found: Dossier, timer: Timer) -> datetime | None:
    return next((row.due_at for row in found.timers if row.timer is timer), None)


def _was_due_at(found: Dossier, timer: Timer, site: str | None = None) -> datetime | None:
    """When a task is or was to be done: a timer that has fired says so by when it fired."""
    rows = [row for row in found.timers if (row.timer, row.site) == (timer, site)]
    return next((row.due_at or row.fired_at for row in rows), None)
