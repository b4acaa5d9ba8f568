"""Which colour and picture a search's state has; the words stand beside them always."""

from collections.abc import Mapping

from hub.console.incidents.views import StepState
from hub.console.looks import Meaning
from hub.console.wording import Words
from hub.incidents.service import Incident, Kind, State
from hub.mail.service import MailState

STATE_MEANING: Mapping[State, Meaning] = {
    State.SELF_CHECK: Meaning.OPEN,
    State.ESCALATED: Meaning.OPEN,
    State.STOPPED: Meaning.STOP,
    State.FOUND: Meaning.RECORDED,
    State.LOST: Meaning.OPEN,
}
STATE_ICON: Mapping[State, str] = {
    State.SELF_CHECK: "incidents",
    State.ESCALATED: "alarm",
    State.STOPPED: "stop",
    State.FOUND: "check",
    State.LOST: "broken",
}
STEP_MEANING: Mapping[StepState, Meaning] = {
    StepState.DONE: Meaning.RECORDED,
    StepState.NOW: Meaning.OPEN,
    StepState.AHEAD: Meaning.NO_DATA,
    StepState.FAILED: Meaning.OPEN,
    StepState.SKIPPED: Meaning.NO_DATA,
}
STEP_ICON: Mapping[StepState, str] = {
    StepState.DONE: "check",
    StepState.NOW: "clock",
    StepState.AHEAD: "ahead",
    StepState.FAILED: "broken",
    StepState.SKIPPED: "skipped",
}
MAIL_MEANING: Mapping[MailState, Meaning] = {
    MailState.SENT: Meaning.RECORDED,
    MailState.QUEUED: Meaning.OPEN,
    MailState.GIVEN_UP: Meaning.OPEN,
}
MAIL_ICON: Mapping[MailState, str] = {
    MailState.SENT: "check",
    MailState.QUEUED: "clock",
    MailState.GIVEN_UP: "broken",
}


def state_word(words: Words, incident: Incident) -> str:
    """How an incident stands; of an anomaly nothing was lost, so nothing is found."""
    is_released = incident.suspicion.kind is Kind.ANOMALY and incident.state is State.FOUND
    return words.name("incident.state", "released" if is_released else incident.state)
