"""Which colour and picture a list has by how far it has come."""

from collections.abc import Mapping

from hub.console.looks import Meaning
from hub.dispatch.service import ListState

STATE_MEANING: Mapping[ListState, Meaning] = {
    ListState.DRAFT: Meaning.OPEN,
    ListState.SENT: Meaning.INFORMATION,
    ListState.FORWARDED: Meaning.INFORMATION,
    ListState.RECEIVED: Meaning.RECORDED,
}
STATE_ICON: Mapping[ListState, str] = {
    ListState.DRAFT: "clock",
    ListState.SENT: "dispatch",
    ListState.FORWARDED: "dispatch",
    ListState.RECEIVED: "check",
}
