"""What other rooms and the screens ask of footage. The caller owns the transaction.

Source: design section 8, HV-2.11.3, interface (REST: ``cameras``, ``clips``).

    UnknownHoldError    no hold that stands has this id
    HoldError           the hold cannot be: its time is none, or too many stand at the site
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.fact import is_simulated
from hub.network import Channel, Network
from hub.packs.service import footage_days, renew_packs
from hub.video.certificates import CameraCoverage, CertificateDuty, find_coverage
from hub.video.channels import ChannelDuty
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
from hub.video.store import cameras, certificates, footage, holds, issues, logs
from hub.video.store.cameras import CameraRow, Trouble
from hub.video.store.certificates import CameraShare, Certificate
from hub.video.store.footage import FoundGap, FoundSegment, Span
from hub.video.store.holds import FootageHold
from hub.video.store.issues import Issue
from hub.video.store.logs import MadeLog
from wire.limits import PACK_HOLDS_MAX
from wire.names import format_at
from wire.policy import Policy
from wire.site_pack import PackHold

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

HOLDS_MAX = 1000
HOLD_LONGEST = timedelta(days=31)


class HoldError(ValueError):
    """No hold was made; the sentence says why."""


class UnknownHoldError(Exception):
    """There is no such hold, or it has ended."""


@dataclass(frozen=True, slots=True)
class CameraClock:
    """``offset_ms`` is added to a picture's time to get its edge's, wrong by ``error_ms``."""

    offset_ms: int
    error_ms: int
    measured_at: datetime
    measured_by: str


@dataclass(frozen=True, slots=True)
class CameraView:
    """A camera as network file and edges tell of it; ``edge`` null: none has told of it yet.

    ``own_clock`` is what it writes into its picture, off by more than the policy allows if
    ``is_own_clock_wrong``; footage is timed by ``clock`` alone.
    ``is_simulated``: by what its edge says of its other end it is no real camera (P6).
    """

    site: str
    camera: str
    edge: str | None
    name: str | None
    role: str | None
    places: tuple[str, ...]
    is_lost: bool
    troubles: tuple[Trouble, ...]
    heard_at: datetime | None
    last_footage_at: datetime | None
    clock: CameraClock | None
    footage_days: int
    own_clock: OwnClock | None = None
    is_own_clock_wrong: bool = False
    is_simulated: bool = False


def list_cameras(
    tx: Connection, network: Network, policy: Policy, sites: Collection[str] | None = None
) -> list[CameraView]:
    """Every camera that the network file names or an edge has told of, by site and name."""
    heard = {(each.site, each.camera): each for each in cameras.every(tx, sites)}
    named = {
        (each.site, each.camera): each
        for each in network.channel
        if sites is None or each.site in sites
    }
    troubles: dict[tuple[str, str], list[Trouble]] = {}
    for trouble in cameras.open_troubles(tx, sites):
        troubles.setdefault((trouble.site, trouble.camera), []).append(trouble)
    return [
        _view(key, heard.get(key), named.get(key), troubles.get(key, []), network, policy)
        for key in sorted(heard.keys() | named.keys())
    ]


def is_camera_simulated(tx: Connection, site: str, camera: str) -> bool:
    """Say whether a camera is no real one, by what its edge says of its other end (P6)."""
    known = cameras.find(tx, site, camera)
    return known is not None and is_simulated(known.source)


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
    """Told gaps with some of this time, oldest first, at most ``footage.SEGMENTS_MAX``."""
    return footage.gaps_between(tx, site, camera, since, until)


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


# ---------------------------------------------------------------- holds


def hold_footage(
    tx: Connection,
    site: str,
    camera: str,
    asked: Stretch,
    waybill: str | None,
    reason: str,
    who: str,
    now: datetime,
) -> FootageHold:
    """Keep a camera's footage of a time, whatever its days and the disk say.

    Raises:
        HoldError: the time ends before it begins or is longer than ``HOLD_LONGEST``, or the site's
            edges hold as much as a pack can tell.
    """
    if not timedelta() < asked.until - asked.since <= HOLD_LONGEST:
        raise HoldError(f"a hold is of some time, at most {HOLD_LONGEST.days} days")
    if len(holds.standing(tx, [site], PACK_HOLDS_MAX)) >= PACK_HOLDS_MAX:
        raise HoldError(f"{PACK_HOLDS_MAX} holds stand at {site}: end one first")
    row: dict[str, object] = {
        "site": site,
        "camera": camera,
        "since": asked.since,
        "until": asked.until,
        "waybill": waybill,
        "reason": reason,
        "held_by": who,
        "held_at": now,
    }
    found = holds.add(tx, row)
    renew_packs(tx, [site])
    return found


def end_hold(tx: Connection, hold_id: int, who: str, now: datetime) -> FootageHold:
    """Let footage go when its days are over.

    Raises:
        UnknownHoldError: it is not held by this.
    """
    found = find_hold(tx, hold_id)
    holds.end(tx, hold_id, who, now)
    renew_packs(tx, [found.site])
    return found


def find_hold(tx: Connection, hold_id: int) -> FootageHold:
    """A hold that stands.

    Raises:
        UnknownHoldError: there is none.
    """
    found = holds.find(tx, hold_id)
    if found is None or found.ended_at is not None:
        raise UnknownHoldError(f"no hold {hold_id} stands")
    return found


def list_holds(tx: Connection, sites: Collection[str] | None = None) -> list[FootageHold]:
    """Holds that stand, the oldest first, at most ``HOLDS_MAX``."""
    return holds.standing(tx, sites, HOLDS_MAX)


def pack_holds(tx: Connection, site: str) -> list[PackHold]:
    """A site's holds as its edges are told of them."""
    return [
        PackHold(
            id=f"hold-{each.id}",
            camera=each.camera,
            since=format_at(each.since),
            until=format_at(each.until),
        )
        for each in holds.standing(tx, [site], PACK_HOLDS_MAX)
    ]


# ---------------------------------------------------------------- the monitoring log


def list_logs(tx: Connection, sites: Collection[str] | None, limit: int) -> list[MadeLog]:
    """Monitoring logs that were made, the newest first."""
    return logs.page(tx, sites, limit)


def log_document(tx: Connection, site: str, period: str) -> str | None:
    """A monitoring log as a page that can be printed; None: none was made."""
    return logs.document(tx, site, period)


def _view(
    key: tuple[str, str],
    heard: CameraRow | None,
    channel: Channel | None,
    troubles: list[Trouble],
    network: Network,
    policy: Policy,
) -> CameraView:
    site, camera = key
    retention = policy.retention
    days = max(retention.days, retention.area_days)
    own, limit_s = None if heard is None else heard.own_clock, policy.video.own_clock_s
    return CameraView(
        site=site,
        camera=camera,
        edge=None if heard is None else heard.edge,
        name=None if channel is None else channel.name,
        role=None if channel is None else channel.role,
        places=() if channel is None else channel.places,
        is_lost=any(each.fact == "lost" for each in troubles),
        troubles=tuple(troubles),
        heard_at=None if heard is None else heard.heard_at,
        last_footage_at=None if heard is None else heard.last_footage_at,
        clock=None if heard is None else _clock(heard),
        footage_days=days if channel is None else footage_days(channel, network, policy),
        own_clock=own,
        is_own_clock_wrong=bool(own and limit_s and own.is_off_by_more(limit_s)),
        is_simulated=heard is not None and is_simulated(heard.source),
    )


def _clock(heard: CameraRow) -> CameraClock | None:
    if heard.offset_ms is None or heard.error_ms is None or heard.measured_at is None:
        return None
    return CameraClock(heard.offset_ms, heard.error_ms, heard.measured_at, heard.measured_by or "")
