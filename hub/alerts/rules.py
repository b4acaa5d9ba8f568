"""What an alert is, and what may happen to it. Pure. Source: design section 5 ("Alerts")."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

SYSTEM = "custos"
"""Who stands in an alert's history where no person acted."""


class ClosedAlertError(Exception):
    """The act does not fit the alert's state; the sentence says why."""


class Level(StrEnum):
    """What an alert asks: nothing, a look, an act."""

    PASSAGE = "passage"
    WARN = "warn"
    ACT = "act"


class AlertKind(StrEnum):
    """The rule that raised an alert."""

    HV_PASSAGE = "hv_passage"
    WANTED = "wanted"
    STOP = "stop"
    WANTED_PAST = "wanted_past"
    HOSTILE_LABEL = "hostile_label"
    SCANNER_REPROGRAMMED = "scanner_reprogrammed"
    DEVICE_LOST = "device_lost"
    EDGE_SILENT = "edge_silent"
    EDGE_REFUSED = "edge_refused"
    EDGE_CONFLICT = "edge_conflict"
    EDGE_REVOKED = "edge_revoked"
    """A revoked edge still sends; nothing of it is taken."""
    EDGE_KEY_CHANGED = "edge_key_changed"
    SPOOL_LOST = "spool_lost"
    """An edge's disk was replaced: what it had not sent is a gap (design section 3)."""
    BROKER_CERTIFICATE = "broker_certificate"
    """The broker's certificate ends soon, and with it every edge's way to the hub."""
    REVOCATION_UNTOLD = "revocation_untold"
    """The list of revoked certificates could not be written where the broker reads it."""
    SPOOL_DIVERGED = "spool_diverged"
    """An edge and the hub contradict each other over a spool, and sending again cannot heal it."""
    SPOOL_LINK = "spool_link"
    """A spool does not begin where the one before it ended."""
    LINE_QUARANTINED = "line_quarantined"
    PROJECTION_ERROR = "projection_error"
    ROLE_RESTARTED = "role_restarted"
    SUSPECTS_NOT_ASKED = "suspects_not_asked"
    """A shift ended without a query of its site's suspects (HV-2.11.2)."""
    SUSPECT = "suspect"
    """A search is under way (HV-2.11.2); the subject is ``<kind>/<parcel, container or site>``."""
    ESCALATED = "escalated"
    LOST = "lost"
    FOLLOW_UP_LATE = "follow_up_late"
    """The responsible person has not followed up (HV-2.11.2.2)."""
    EXCEPTION = "exception"
    """A station reports an anomaly of a high-value parcel: it is stopped (HV-3)."""
    PROBLEM_REPORTED = "problem_reported"
    """The same of an ordinary parcel, which goes on (CS-D2)."""
    MAIL_STUCK = "mail_stuck"
    MAIL_REFUSED = "mail_refused"
    DISPATCH_UNSENT = "dispatch_unsent"
    DISPATCH_UNFORWARDED = "dispatch_unforwarded"
    DISPATCH_UNRECEIVED = "dispatch_unreceived"
    """Forwarded, and a destination's centre has not confirmed its part (HV-2.7)."""
    FLIGHT_UNREGISTERED = "flight_unregistered"
    """A flight took high-value parcels, and its manifest has not come (HV-2.4.2)."""
    SIGNED_RETURN_MISSING = "signed_return_missing"
    """Delivered with the signed return, and no copy of it was accepted in time (CS-D1)."""
    UNDECLARED = "undeclared"
    """Scanned in transit, and there is nothing to check it against (HV-2.4.1)."""
    SERIES_MISUSED = "series_misused"
    SERIES_MISSING = "series_missing"
    ABOVE_BAND = "above_band"
    OVERSIZE = "oversize"
    SEVERAL_PIECES = "several_pieces"
    OPEN_HANDOVER = "open_handover"
    BAGGED_AT_BRANCH = "bagged_at_branch"
    NO_HANDOVER = "no_handover"
    BAGGED_WITH_OTHERS = "bagged_with_others"
    LEFT_SIBLINGS = "left_siblings"
    NOT_LOADED_FIRST = "not_loaded_first"
    PALLET_APART = "pallet_apart"
    VEHICLE_UNLISTED = "vehicle_unlisted"
    VEHICLE_KIND = "vehicle_kind"
    NO_SIGNER = "no_signer"
    UNDELIVERED = "undelivered"
    """Out for delivery past the day's hour: who answers it gives the reason (HV-2.6)."""
    STORAGE = "storage"
    NO_CAMERA = "no_camera"
    """Of a site, not of each parcel that is stored there (HV-2.8)."""
    NOT_STORED = "not_stored"
    WRONG_RECEIVER = "wrong_receiver"
    WRONG_DELIVERER = "wrong_deliverer"
    RETURN_UNSAID = "return_unsaid"
    STOPPED_MOVED = "stopped_moved"
    OLD_WAYBILL = "old_waybill"
    SEEN_ELSEWHERE = "seen_elsewhere"
    """A camera read a label where its parcel is not believed to be (design section 6)."""
    CAMERA_LOST = "camera_lost"
    CAMERA_VIEW = "camera_view"
    """What a camera shows is not what it should; the subject ends in what is wrong."""
    FOOTAGE_GAP = "footage_gap"
    FOOTAGE_DAMAGED = "footage_damaged"
    """A file of footage was changed, swapped, or is missing, at its site or at the hub."""
    FOOTAGE_UNREAD = "footage_unread"
    """The hub cannot read stored footage just now; it counts as stored still."""
    FOOTAGE_SHORT = "footage_short"
    """An edge's disk will not hold footage for its days."""
    FOOTAGE_ROOM = "footage_room"
    """The hub's own disk has little or no room for footage."""
    CHANNEL_FAULT = "channel_fault"
    """A site's dedicated channel is not as HV-2.11.3 asks."""
    PLAYBACK_MISSED = "playback_missed"
    """Nobody viewed a hub's playback on a day (HV-2.11.3)."""
    MONITORING_LOG_LATE = "monitoring_log_late"
    LIST_OVERTAKEN = "list_overtaken"
    """An edge holds a wanted list that this hub never made: the hub was restored, or it lies."""


LEVEL_OF = {
    AlertKind.HV_PASSAGE: Level.PASSAGE,
    AlertKind.WANTED: Level.ACT,
    AlertKind.STOP: Level.ACT,
    AlertKind.WANTED_PAST: Level.ACT,
    AlertKind.HOSTILE_LABEL: Level.WARN,
    AlertKind.SCANNER_REPROGRAMMED: Level.ACT,
    AlertKind.DEVICE_LOST: Level.WARN,
    AlertKind.EDGE_SILENT: Level.ACT,
    AlertKind.EDGE_REFUSED: Level.ACT,
    AlertKind.EDGE_CONFLICT: Level.ACT,
    AlertKind.EDGE_REVOKED: Level.ACT,
    AlertKind.EDGE_KEY_CHANGED: Level.WARN,
    AlertKind.SPOOL_LOST: Level.ACT,
    AlertKind.BROKER_CERTIFICATE: Level.ACT,
    AlertKind.REVOCATION_UNTOLD: Level.ACT,
    AlertKind.SPOOL_DIVERGED: Level.ACT,
    AlertKind.SPOOL_LINK: Level.ACT,
    AlertKind.LINE_QUARANTINED: Level.WARN,
    AlertKind.PROJECTION_ERROR: Level.ACT,
    AlertKind.ROLE_RESTARTED: Level.WARN,
    AlertKind.SUSPECTS_NOT_ASKED: Level.WARN,
    AlertKind.SUSPECT: Level.ACT,
    AlertKind.ESCALATED: Level.ACT,
    AlertKind.LOST: Level.ACT,
    AlertKind.FOLLOW_UP_LATE: Level.ACT,
    AlertKind.EXCEPTION: Level.ACT,
    AlertKind.PROBLEM_REPORTED: Level.WARN,
    AlertKind.MAIL_STUCK: Level.ACT,
    AlertKind.MAIL_REFUSED: Level.ACT,
    AlertKind.DISPATCH_UNSENT: Level.ACT,
    AlertKind.DISPATCH_UNFORWARDED: Level.ACT,
    AlertKind.DISPATCH_UNRECEIVED: Level.ACT,
    AlertKind.FLIGHT_UNREGISTERED: Level.WARN,
    AlertKind.SIGNED_RETURN_MISSING: Level.WARN,
    AlertKind.UNDECLARED: Level.WARN,
    AlertKind.SERIES_MISUSED: Level.WARN,
    AlertKind.SERIES_MISSING: Level.WARN,
    AlertKind.ABOVE_BAND: Level.WARN,
    AlertKind.OVERSIZE: Level.WARN,
    AlertKind.SEVERAL_PIECES: Level.WARN,
    AlertKind.OPEN_HANDOVER: Level.WARN,
    AlertKind.BAGGED_AT_BRANCH: Level.WARN,
    AlertKind.NO_HANDOVER: Level.WARN,
    AlertKind.BAGGED_WITH_OTHERS: Level.WARN,
    AlertKind.LEFT_SIBLINGS: Level.ACT,
    AlertKind.NOT_LOADED_FIRST: Level.WARN,
    AlertKind.PALLET_APART: Level.WARN,
    AlertKind.VEHICLE_UNLISTED: Level.WARN,
    AlertKind.VEHICLE_KIND: Level.WARN,
    AlertKind.NO_SIGNER: Level.WARN,
    AlertKind.UNDELIVERED: Level.WARN,
    AlertKind.STORAGE: Level.WARN,
    AlertKind.NO_CAMERA: Level.WARN,
    AlertKind.NOT_STORED: Level.WARN,
    AlertKind.WRONG_RECEIVER: Level.WARN,
    AlertKind.WRONG_DELIVERER: Level.WARN,
    AlertKind.RETURN_UNSAID: Level.WARN,
    AlertKind.STOPPED_MOVED: Level.ACT,
    AlertKind.OLD_WAYBILL: Level.WARN,
    AlertKind.SEEN_ELSEWHERE: Level.ACT,
    AlertKind.CAMERA_LOST: Level.ACT,
    AlertKind.CAMERA_VIEW: Level.ACT,
    AlertKind.FOOTAGE_GAP: Level.WARN,
    AlertKind.FOOTAGE_DAMAGED: Level.ACT,
    AlertKind.FOOTAGE_UNREAD: Level.ACT,
    AlertKind.FOOTAGE_SHORT: Level.WARN,
    AlertKind.FOOTAGE_ROOM: Level.ACT,
    AlertKind.CHANNEL_FAULT: Level.WARN,
    AlertKind.PLAYBACK_MISSED: Level.WARN,
    AlertKind.MONITORING_LOG_LATE: Level.ACT,
    AlertKind.LIST_OVERTAKEN: Level.ACT,
}


class AlertState(StrEnum):
    """``open`` waits for a person; ``acked`` was seen and still counts; ``closed`` is history."""

    OPEN = "open"
    ACKED = "acked"
    CLOSED = "closed"


class Act(StrEnum):
    """What happened to an alert, by whom: one row each in its history."""

    RAISED = "raised"
    ACK = "ack"
    ACCEPT = "accept"
    REJECT = "reject"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found: an alert in the making.

    ``subject`` is what it is about (waybill, ``site/edge``, ``site/edge/device``); one alert of a
    kind is open for a subject. ``happened_at`` is event time; ``words`` fill the alert's text.
    """

    kind: AlertKind
    subject: str
    happened_at: datetime
    late: bool = False
    waybill: str | None = None
    site: str | None = None
    words: dict[str, str] = field(default_factory=dict)


def state_after(state: AlertState, act: Act) -> AlertState:
    """The state after a person's act.

    Raises:
        ClosedAlertError: the alert is closed.
    """
    if state is AlertState.CLOSED:
        raise ClosedAlertError("the alert is closed")
    return AlertState.ACKED if act is Act.ACK else AlertState.CLOSED


# ---------------------------------------------------------------- visits


@dataclass(frozen=True, slots=True)
class Visit:
    """A parcel's stay at one site, as its passage alert tells it: first to last scan there."""

    alert_id: int
    site: str
    first_at: datetime
    last_at: datetime
    state: AlertState


@dataclass(frozen=True, slots=True)
class VisitScan:
    """What a scan does to a parcel's passages.

    Either it counts in one (``counts_in``), or a new one is raised; ``closes`` are those that it
    ends, and ``over`` says that the new one is history already.
    """

    counts_in: int | None = None
    closes: tuple[int, ...] = ()
    over: bool = False


def place_scan(visits: Sequence[Visit], site: str, at: datetime) -> VisitScan:
    """Find the visit that a scan of a high-value parcel belongs to.

    A visit lasts from the first scan at a site until a scan at another; its passage closes itself.
    A scan after closing by hand opens a new alert, after an acknowledgement it only counts. A scan
    that arrives late takes its place among the visits by its own time.

    Args:
        visits: the parcel's known visits in the order of their first scans.
        site: where the scan was.
        at: when it was, event time.
    """
    before = [visit for visit in visits if visit.first_at <= at]
    after = [visit for visit in visits if visit.first_at > at]
    previous = before[-1] if before else None
    following = after[0] if after else None
    if previous is not None and previous.site == site:
        closed_by_hand = previous.state is AlertState.CLOSED and following is None
        if not closed_by_hand:
            return VisitScan(counts_in=previous.alert_id)
    elif following is not None and following.site == site:
        return VisitScan(counts_in=following.alert_id)
    standing = [visit for visit in before if visit.state is not AlertState.CLOSED]
    if standing and standing[-1].site == site:
        # Only a scan that came late, from in between, lies after it: the visit went on.
        return VisitScan(counts_in=standing[-1].alert_id)
    if following is not None or any(visit.last_at > at for visit in before):
        return VisitScan(over=True)
    return VisitScan(closes=tuple(visit.alert_id for visit in standing))
