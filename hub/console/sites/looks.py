"""Which colour and picture a station, a scanner and a line of a story has."""

from collections.abc import Mapping

from hub.console.looks import MEANING_OF, Meaning
from hub.console.sites.views import Link, Scanner, StoryLine, Told

LINK_MEANING: Mapping[Link, Meaning] = {
    Link.ONLINE: Meaning.RECORDED,
    Link.SILENT: Meaning.NO_DATA,
    Link.NEVER: Meaning.NO_DATA,
    Link.REVOKED: Meaning.UNPROVEN,
}
LINK_ICON: Mapping[Link, str] = {
    Link.ONLINE: "pulse",
    Link.SILENT: "cable",
    Link.NEVER: "ahead",
    Link.REVOKED: "broken",
}
TOLD_MEANING: Mapping[Told, Meaning] = {
    Told.PROGRAM_STARTED: Meaning.INFORMATION,
    Told.ENROLLED: Meaning.INFORMATION,
    Told.CLOCK_STEP: Meaning.UNPROVEN,
    Told.DEVICE_LOST: Meaning.OPEN,
    Told.DEVICE_BACK: Meaning.RECORDED,
    Told.SCANNER_REPROGRAMMED: Meaning.OPEN,
    Told.SPOOL_START: Meaning.INFORMATION,
    Told.SPOOL_END: Meaning.INFORMATION,
    Told.ROTATED: Meaning.INFORMATION,
    Told.REVOKED: Meaning.UNPROVEN,
    Told.REPLACEMENT_ALLOWED: Meaning.INFORMATION,
    Told.REPLACED: Meaning.UNPROVEN,
    Told.SPOOL_CLOSED: Meaning.NO_DATA,
}
TOLD_ICON: Mapping[Told, str] = {
    Told.PROGRAM_STARTED: "pulse",
    Told.ENROLLED: "check",
    Told.CLOCK_STEP: "clock",
    Told.DEVICE_LOST: "cable",
    Told.DEVICE_BACK: "check",
    Told.SCANNER_REPROGRAMMED: "gear",
    Told.SPOOL_START: "label",
    Told.SPOOL_END: "label",
    Told.ROTATED: "check",
    Told.REVOKED: "broken",
    Told.REPLACEMENT_ALLOWED: "label",
    Told.REPLACED: "label",
    Told.SPOOL_CLOSED: "broken",
    Told.ALERT: "alarm",
}


def meaning_of(line: StoryLine) -> Meaning:
    """A line's colour; an alert has that of its kind."""
    return MEANING_OF[line.kind] if line.kind is not None else TOLD_MEANING[line.told]


def scanner_meaning(scanner: Scanner, link: Link) -> Meaning:
    """A scanner's colour; of a silent station's scanners nobody knows."""
    if link is not Link.ONLINE:
        return Meaning.NO_DATA
    return Meaning.RECORDED if scanner.is_connected else Meaning.OPEN
