"""What the incident screens make of a search: order, state line, tasks."""

from dataclasses import replace
from datetime import timedelta

from hub.console.incidents.story import most_urgent_first, steps_of, tasks_of
from hub.console.incidents.views import SearchLine, StepState
from hub.incidents.service import (
    Act,
    Deadline,
    Dossier,
    HistoryLine,
    Incident,
    Kind,
    State,
    Timer,
    TimerRow,
)
from hub.mail.service import MailReceipt, MailState
from tests.hub_parts import START
from tests.incident_parts import suspicion

HOUR = timedelta(hours=1)


def incident(
    incident_id: int = 1, state: State = State.SELF_CHECK, ago: timedelta = HOUR
) -> Incident:
    found = suspicion()
    return Incident(incident_id, found, state, START - ago, START, found.waybills)


def line(act: Act, minutes: int, site: str | None = None, note: str | None = None) -> HistoryLine:
    return HistoryLine(START + timedelta(minutes=minutes), act, "chen", site, note)


def mail(state: MailState) -> MailReceipt:
    sent_at = START if state is MailState.SENT else None
    return MailReceipt("incident/1/upstream", "<1@x>", ("a@b",), START, state, 1, sent_at, None)


def dossier(
    *history: HistoryLine,
    state: State = State.SELF_CHECK,
    timers: tuple[TimerRow, ...] = (),
    mails: tuple[MailReceipt, ...] = (),
    kind: Kind = Kind.PARCEL,
) -> Dossier:
    found = incident(state=state)
    found = replace(found, suspicion=replace(found.suspicion, kind=kind))
    return Dossier(found, list(history), list(timers), list(mails), [])


def timer(
    kind: Timer, minutes: int | None = None, fired: int | None = None, site: str | None = None
) -> TimerRow:
    at = [None if m is None else START + timedelta(minutes=m) for m in (minutes, fired)]
    return TimerRow(1, kind, site, *at)


def states(found: Dossier) -> list[tuple[str, StepState]]:
    return [(step.name, step.state) for step in steps_of(found)]


def test_the_next_deadline_stands_first_and_what_waits_for_no_time_last() -> None:
    soon = SearchLine(incident(1), Deadline(Timer.ESCALATE, START + HOUR))
    later = SearchLine(incident(2, ago=5 * HOUR), Deadline(Timer.LOSE, START + 2 * HOUR))
    stopped_long = SearchLine(incident(3, ago=9 * HOUR), None)
    stopped = SearchLine(incident(4), None)
    assert most_urgent_first([stopped, later, stopped_long, soon]) == [
        soon,
        later,
        stopped_long,
        stopped,
    ]


def test_a_search_begins_with_its_self_check_and_the_mail_to_the_link_before() -> None:
    found = dossier(timers=(timer(Timer.ESCALATE, 60),), mails=(mail(MailState.QUEUED),))
    first, upstream, *ahead = steps_of(found)
    assert (first.state, first.due_at) == (StepState.NOW, START + HOUR)
    assert upstream.state is StepState.NOW
    assert [(step.name, step.state) for step in ahead] == [
        ("escalated", StepState.AHEAD),
        ("end", StepState.AHEAD),
    ]


def test_a_mail_that_was_given_up_is_a_step_that_failed_and_no_address_is_one_not_taken() -> None:
    assert states(dossier(mails=(mail(MailState.GIVEN_UP),)))[1] == ("upstream", StepState.FAILED)
    assert states(dossier())[1] == ("upstream", StepState.SKIPPED)


def test_an_escalated_search_counts_down_to_lost() -> None:
    found = dossier(
        line(Act.ESCALATED, 60), state=State.ESCALATED, timers=(timer(Timer.LOSE, 600),)
    )
    step = steps_of(found)[2]
    assert (step.name, step.state, step.due_at) == (
        "escalated",
        StepState.NOW,
        START + timedelta(minutes=600),
    )


def test_a_find_before_the_region_was_told_skips_that_step() -> None:
    found = dossier(line(Act.FOUND, 12), state=State.FOUND)
    assert states(found)[2:] == [("escalated", StepState.SKIPPED), ("found", StepState.DONE)]


def test_a_stop_stands_in_the_line_only_where_there_was_one() -> None:
    stopped = dossier(line(Act.STOPPED, 5), state=State.STOPPED)
    assert states(stopped)[3:] == [("stopped", StepState.NOW), ("end", StepState.AHEAD)]
    released = dossier(line(Act.STOPPED, 5), line(Act.FOUND, 9), state=State.FOUND)
    assert states(released)[3:] == [("stopped", StepState.DONE), ("found", StepState.DONE)]
    assert "stopped" not in dict(states(dossier()))


def test_an_anomaly_is_reported_stopped_and_released_and_nobody_looks_for_it() -> None:
    """HV-3."""
    lines = (line(Act.REPORTED, 5, "755A"), line(Act.STOPPED, 5))
    stopped = dossier(*lines, state=State.STOPPED, kind=Kind.ANOMALY)
    assert states(stopped) == [
        ("reported", StepState.DONE),
        ("stopped", StepState.NOW),
        ("released", StepState.AHEAD),
    ]
    assert tasks_of(stopped) == ()
    over = dossier(*lines, line(Act.RELEASED, 9), state=State.FOUND, kind=Kind.ANOMALY)
    assert [step.state for step in steps_of(over)] == [StepState.DONE] * 3


def test_lost_is_no_success() -> None:
    assert states(dossier(line(Act.LOST, 9), state=State.LOST))[-1] == ("lost", StepState.FAILED)


def test_each_searching_site_owns_a_task_and_its_newest_answer_counts() -> None:
    found = dossier(
        line(Act.CHECKED, 5, "021W", "first"),
        line(Act.CHECKED, 8, "021W", "second"),
        timers=(timer(Timer.ESCALATE, fired=60),),
    )
    mine, theirs = tasks_of(found)
    assert (mine.site, mine.note, mine.done_at) == ("021W", "second", START + timedelta(minutes=8))
    assert (theirs.site, theirs.done_at, theirs.due_at) == ("755W", None, START + HOUR)


def test_a_follow_up_is_owed_by_each_abnormal_link_until_it_was_recorded_after_it() -> None:
    asked = line(Act.TRIAGED, 10, "755W")
    timers = (timer(Timer.FOLLOW_UP, 150, site="021W"), timer(Timer.FOLLOW_UP, 130, site="755W"))
    waiting = tasks_of(dossier(asked, timers=timers))[-1]
    assert (waiting.name, waiting.site, waiting.done_at) == ("follow_up", "755W", None)
    assert waiting.due_at == START + timedelta(minutes=130)
    answer = line(Act.FOLLOWED_UP, 20, "755W")
    done = tasks_of(dossier(asked, answer))[-1]
    assert done.done_at == START + timedelta(minutes=20)
    first, second = tasks_of(dossier(asked, answer, line(Act.TRIAGED, 30, "021W")))[-2:]
    assert (first.site, first.done_at) == ("755W", START + timedelta(minutes=20))
    assert (second.site, second.done_at) == ("021W", None)
    again = tasks_of(dossier(asked, answer, line(Act.TRIAGED, 30, "755W")))[-1]
    assert (again.site, again.done_at) == ("755W", None)
