"""Which colour and which picture a thing has; each colour has one meaning. Source: console.md."""

from collections.abc import Mapping
from enum import StrEnum

from hub.alerts.service import AlertKind
from hub.custody.service import Standing
from wire.names import Result


class Meaning(StrEnum):
    """The colours; each has one meaning and never stands without its word and icon."""

    RECORDED = "green"
    STOP = "red"
    OPEN = "amber"
    UNPROVEN = "violet"
    NO_DATA = "grey"
    INFORMATION = "blue"


MEANING_OF: Mapping[str, Meaning] = {
    AlertKind.HV_PASSAGE: Meaning.INFORMATION,
    AlertKind.WANTED: Meaning.STOP,
    AlertKind.STOP: Meaning.STOP,
    AlertKind.WANTED_PAST: Meaning.OPEN,
    AlertKind.HOSTILE_LABEL: Meaning.OPEN,
    AlertKind.SCANNER_REPROGRAMMED: Meaning.OPEN,
    AlertKind.DEVICE_LOST: Meaning.OPEN,
    AlertKind.EDGE_SILENT: Meaning.NO_DATA,
    AlertKind.EDGE_REFUSED: Meaning.UNPROVEN,
    AlertKind.EDGE_CONFLICT: Meaning.UNPROVEN,
    AlertKind.LINE_QUARANTINED: Meaning.UNPROVEN,
    AlertKind.PROJECTION_ERROR: Meaning.UNPROVEN,
    AlertKind.ROLE_RESTARTED: Meaning.OPEN,
    AlertKind.DISPATCH_UNSENT: Meaning.OPEN,
    AlertKind.DISPATCH_UNFORWARDED: Meaning.OPEN,
    AlertKind.DISPATCH_UNRECEIVED: Meaning.OPEN,
    AlertKind.FLIGHT_UNREGISTERED: Meaning.OPEN,
    AlertKind.SIGNED_RETURN_MISSING: Meaning.OPEN,
    AlertKind.LIST_OVERTAKEN: Meaning.UNPROVEN,
    AlertKind.SUSPECT: Meaning.OPEN,
    AlertKind.SUSPECTS_NOT_ASKED: Meaning.OPEN,
    AlertKind.ESCALATED: Meaning.OPEN,
    AlertKind.LOST: Meaning.OPEN,
    AlertKind.FOLLOW_UP_LATE: Meaning.OPEN,
    AlertKind.EXCEPTION: Meaning.STOP,
    AlertKind.PROBLEM_REPORTED: Meaning.OPEN,
    AlertKind.MAIL_STUCK: Meaning.OPEN,
    AlertKind.MAIL_REFUSED: Meaning.OPEN,
    AlertKind.UNDECLARED: Meaning.UNPROVEN,
    AlertKind.SERIES_MISUSED: Meaning.OPEN,
    AlertKind.SERIES_MISSING: Meaning.OPEN,
    AlertKind.ABOVE_BAND: Meaning.OPEN,
    AlertKind.OVERSIZE: Meaning.OPEN,
    AlertKind.SEVERAL_PIECES: Meaning.OPEN,
    AlertKind.OPEN_HANDOVER: Meaning.UNPROVEN,
    AlertKind.BAGGED_AT_BRANCH: Meaning.OPEN,
    AlertKind.NO_HANDOVER: Meaning.UNPROVEN,
    AlertKind.BAGGED_WITH_OTHERS: Meaning.OPEN,
    AlertKind.LEFT_SIBLINGS: Meaning.UNPROVEN,
    AlertKind.NOT_LOADED_FIRST: Meaning.OPEN,
    AlertKind.PALLET_APART: Meaning.OPEN,
    AlertKind.VEHICLE_UNLISTED: Meaning.UNPROVEN,
    AlertKind.VEHICLE_KIND: Meaning.OPEN,
    AlertKind.NO_SIGNER: Meaning.OPEN,
    AlertKind.UNDELIVERED: Meaning.OPEN,
    AlertKind.STORAGE: Meaning.OPEN,
    AlertKind.NO_CAMERA: Meaning.OPEN,
    AlertKind.NOT_STORED: Meaning.UNPROVEN,
    AlertKind.WRONG_RECEIVER: Meaning.OPEN,
    AlertKind.WRONG_DELIVERER: Meaning.OPEN,
    AlertKind.RETURN_UNSAID: Meaning.OPEN,
    AlertKind.STOPPED_MOVED: Meaning.STOP,
    AlertKind.OLD_WAYBILL: Meaning.OPEN,
}
STANDING_MEANING: Mapping[str, Meaning] = {
    Standing.CONFIRMED: Meaning.RECORDED,
    Standing.RECORDED: Meaning.RECORDED,
    Standing.OPEN: Meaning.OPEN,
    Standing.CLAIMED: Meaning.UNPROVEN,
    Standing.UNCONFIRMED: Meaning.UNPROVEN,
    Standing.CONTRADICTED: Meaning.UNPROVEN,
    Standing.NOBODY: Meaning.NO_DATA,
}
"""How well it is proven that somebody holds a parcel."""
RESULT_MEANING: Mapping[str, Meaning] = {
    Result.CLEAR: Meaning.RECORDED,
    Result.HV: Meaning.INFORMATION,
    Result.WANTED: Meaning.STOP,
    Result.STOP: Meaning.STOP,
    Result.NOT_A_PARCEL: Meaning.OPEN,
    Result.HOSTILE: Meaning.OPEN,
}
RESULT_ICON: Mapping[str, str] = {
    Result.CLEAR: "check",
    Result.HV: "parcel",
    Result.WANTED: "alarm",
    Result.STOP: "stop",
    Result.NOT_A_PARCEL: "label-bad",
    Result.HOSTILE: "label-bad",
}
ICON_OF: Mapping[str, str] = {
    AlertKind.SUSPECT: "parcel",
    AlertKind.SUSPECTS_NOT_ASKED: "incidents",
    AlertKind.ESCALATED: "alarm",
    AlertKind.LOST: "parcel",
    AlertKind.FOLLOW_UP_LATE: "alarm",
    AlertKind.EXCEPTION: "stop",
    AlertKind.PROBLEM_REPORTED: "parcel",
    AlertKind.MAIL_STUCK: "cable",
    AlertKind.MAIL_REFUSED: "cable",
    AlertKind.HV_PASSAGE: "parcel",
    AlertKind.WANTED: "alarm",
    AlertKind.STOP: "stop",
    AlertKind.WANTED_PAST: "alarm",
    AlertKind.HOSTILE_LABEL: "label-bad",
    AlertKind.SCANNER_REPROGRAMMED: "gear",
    AlertKind.DEVICE_LOST: "cable",
    AlertKind.EDGE_SILENT: "cable",
    AlertKind.EDGE_REFUSED: "broken",
    AlertKind.EDGE_CONFLICT: "broken",
    AlertKind.LINE_QUARANTINED: "broken",
    AlertKind.PROJECTION_ERROR: "broken",
    AlertKind.ROLE_RESTARTED: "gear",
    AlertKind.DISPATCH_UNSENT: "alarm",
    AlertKind.DISPATCH_UNFORWARDED: "alarm",
    AlertKind.DISPATCH_UNRECEIVED: "alarm",
    AlertKind.FLIGHT_UNREGISTERED: "alarm",
    AlertKind.SIGNED_RETURN_MISSING: "alarm",
    AlertKind.LIST_OVERTAKEN: "broken",
    AlertKind.UNDECLARED: "parcel",
    AlertKind.SERIES_MISUSED: "label-bad",
    AlertKind.SERIES_MISSING: "label-bad",
    AlertKind.ABOVE_BAND: "label-bad",
    AlertKind.OVERSIZE: "label-bad",
    AlertKind.SEVERAL_PIECES: "label-bad",
    AlertKind.OPEN_HANDOVER: "broken",
    AlertKind.BAGGED_AT_BRANCH: "parcel",
    AlertKind.NO_HANDOVER: "broken",
    AlertKind.BAGGED_WITH_OTHERS: "parcel",
    AlertKind.LEFT_SIBLINGS: "parcel",
    AlertKind.NOT_LOADED_FIRST: "parcel",
    AlertKind.PALLET_APART: "parcel",
    AlertKind.VEHICLE_UNLISTED: "parcel",
    AlertKind.VEHICLE_KIND: "parcel",
    AlertKind.NO_SIGNER: "parcel",
    AlertKind.UNDELIVERED: "clock",
    AlertKind.STORAGE: "parcel",
    AlertKind.NO_CAMERA: "gear",
    AlertKind.NOT_STORED: "parcel",
    AlertKind.WRONG_RECEIVER: "parcel",
    AlertKind.WRONG_DELIVERER: "parcel",
    AlertKind.RETURN_UNSAID: "parcel",
    AlertKind.STOPPED_MOVED: "stop",
    AlertKind.OLD_WAYBILL: "label-bad",
}
