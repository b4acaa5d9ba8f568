"""What other rooms and the screens ask of footage. The caller owns the transaction.

Source: design section 8, HV-2.11.3, interface (REST: ``cameras``, ``clips``).

    UnknownHoldError    no hold that stands has this id
    HoldError           the hold cannot be: its time is none, or too many stand at the site
    +- UnknownCameraError    nobody knows the camera
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from hub.video.camera_views import (
    CameraClock,
    CameraView,
    is_camera_simulated,
    list_cameras,
)
from hub.video.certificates import CameraCoverage, CertificateDuty, find_coverage
from hub.video.channels import ChannelDuty
from hub.video.holding import (
    HoldError,
    UnknownCameraError,
    UnknownHoldError,
    end_hold,
    find_hold,
    hold_footage,
    list_holds,
    pack_holds,
)
from hub.video.looks import (
    NOTE_CHARS_MAX,
    Finding,
    FootageLook,
    TakenClip,
    UnknownPlaybackError,
    clips_at_camera,
    clips_for_parcel,
    looks_at_camera,
    looks_for_parcel,
    looks_of,
    note_finding,
)
from hub.video.media import (
    FileState,
    FileStatus,
    FoundPicture,
    Order,
    WantedFile,
    find_pictures,
    newest_order,
    newest_pictures,
    open_orders,
    order_files,
    orders_after,
    path_of,
    picture_near,
    states_of,
)
from hub.video.rules.coverage import CertificateState, Coverage, Missing, Stretch
from hub.video.rules.own_clock import OwnClock
from hub.video.rules.troubles import ToldTrouble
from hub.video.store import cameras, certificates, footage, issues, logs
from hub.video.store.cameras import Trouble
from hub.video.store.certificates import CameraShare, Certificate
from hub.video.store.footage import FoundGap, FoundSegment, Span
from hub.video.store.holds import FootageHold
from hub.video.store.issues import Issue
from hub.video.store.logs import MadeLog

__all__ = [
    "NOTE_CHARS_MAX",
    "CameraClock",
    "CameraCoverage",
    "CameraShare",
    "CameraView",
    "Certificate",
    "CertificateDuty",
    "CertificateState",
    "ChannelDuty",
    "Coverage",
    "FileState",
    "FileStatus",
    "Finding",
    "FootageHold",
    "FootageLook",
    "FoundGap",
    "FoundPicture",
    "FoundSegment",
    "HoldError",
    "Issue",
    "MadeLog",
    "Missing",
    "Order",
    "OwnClock",
    "Span",
    "Stretch",
    "TakenClip",
    "ToldTrouble",
    "Trouble",
    "UnknownCameraError",
    "UnknownHoldError",
    "UnknownPlaybackError",
    "WantedFile",
    "as_issued",
    "certificates_at",
    "certificates_of",
    "clips_at_camera",
    "clips_for_parcel",
    "earlier_issues",
    "end_hold",
    "find_coverage",
    "find_hold",
    "find_pictures",
    "gaps_between",
    "hold_footage",
    "is_camera_simulated",
    "list_cameras",
    "list_holds",
    "list_logs",
    "log_document",
    "looks_at_camera",
    "looks_for_parcel",
    "looks_of",
    "newest_order",
    "newest_pictures",
    "note_finding",
    "open_orders",
    "order_files",
    "orders_after",
    "pack_holds",
    "path_of",
    "picture_near",
    "segments_between",
    "spans_between",
    "states_of",
    "troubles_between",
]


def segments_between(
    tx: Connection, site: str, camera: str, since: datetime, until: datetime
) -> list[FoundSegment]:
    """Segments with some of this time, oldest first, at most ``footage.SEGMENTS_MAX``."""
    return footage.segments_between(tx, site, camera, since, until)


def spans_between(
    tx: Connection, site: str, camera: str, since: datetime, until: datetime
) -> list[Span]:
    """When a camera has footage of this time, oldest first, at most ``footage.SPANS_MAX``."""
    return footage.spans_between(tx, site, camera, since, until)


def gaps_between(
    tx: Connection, site: str, camera: str, since: datetime, until: datetime
) -> list[FoundGap]:
    """Told gaps with some of this time, oldest first, at most ``footage.SPANS_MAX``.

    A day of a camera that is away is told of as 1440 gaps, of a minute each.
    """
    return footage.gaps_between(tx, site, camera, since, until, footage.SPANS_MAX)


def troubles_between(
    tx: Connection, site: str, camera: str, since: datetime, until: datetime
) -> list[Trouble]:
    """What was wrong with a camera in this time, oldest first."""
    return cameras.troubles_between(tx, site, camera, since, until)


def certificates_of(tx: Connection, waybill: str) -> list[Certificate]:
    """What is certain of the footage of a parcel's events, the oldest first."""
    return certificates.of_parcel(tx, waybill)


def earlier_issues(tx: Connection, waybill: str) -> Mapping[int, tuple[Issue, ...]]:
    """What a parcel's certificates said before, by their ids, the oldest first.

    Of each at most ``issues.EARLIER_MAX``, of all ``issues.EARLIER_OF_A_PARCEL_MAX``: the newest.
    """
    return issues.of_parcel(tx, waybill)


def as_issued(
    certificate: Certificate, earlier: Sequence[Issue], as_of: datetime
) -> Certificate | None:
    """What a certificate said at a moment; None: it was not issued yet, or nobody knows."""
    if certificate.issued_at is not None and certificate.issued_at <= as_of:
        return certificate
    for each in earlier:
        if each.issued_at <= as_of < each.ended_at:
            return certificates.changed(
                certificate, state=each.state, cameras=each.cameras, issued_at=each.issued_at
            )
    return None


def certificates_at(
    tx: Connection, site: str, since: datetime, until: datetime
) -> list[Certificate]:
    """What is certain of the footage of a site's events of a time, the oldest first."""
    return certificates.at_site(tx, site, since, until)


# ---------------------------------------------------------------- the monitoring log


def list_logs(tx: Connection, sites: Collection[str] | None, limit: int) -> list[MadeLog]:
    """Monitoring logs that were made, the newest first."""
    return logs.page(tx, sites, limit)


def log_document(tx: Connection, site: str, period: str) -> str | None:
    """A monitoring log as a page that can be printed; None: none was made."""
    return logs.document(tx, site, period)
