"""Certify what footage there is of each event: as soon as it is known, and in time in any case.

A certificate that holds for good is final. One that had to say "unknown" is looked at again when
its site tells of more, so that an edge that was away makes it whole. Source: design section 8.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.network import Network
from hub.video.media import order_segments
from hub.video.rules.coverage import (
    Coverage,
    Missing,
    Recorded,
    Stretch,
    best,
    cover,
)
from hub.video.store import cameras, certificates, footage
from hub.video.store.cameras import CameraRow
from hub.video.store.certificates import CameraShare, Certificate
from hub.video.store.footage import FoundSegment

PER_TURN_MAX = 50
GIVE_UP_AFTER = timedelta(days=30)
"""An edge that was away for longer than it keeps footage has nothing more to tell."""


@dataclass(frozen=True, slots=True)
class CertificateDuty:
    """Looks at what is due, and orders the footage of what it certifies from the edges."""

    network: Network
    name = "certificates"

    def run(self, tx: Connection, now: datetime) -> None:
        """Look at most ``PER_TURN_MAX`` certificates through."""
        for each in certificates.due(tx, now, PER_TURN_MAX):
            self._look(tx, each, now)

    def _look(self, tx: Connection, asked: Certificate, now: datetime) -> None:
        shares: list[CameraShare] = []
        found: list[FoundSegment] = []
        for channel in self.network.channels_seeing(asked.site, asked.place):
            recorded = find_coverage(tx, asked.site, channel.camera, asked.since, asked.until)
            shares.append(CameraShare(channel.camera, recorded.coverage))
            found += recorded.segments
        is_known = not any(share.coverage.unknown for share in shares)
        state = best(share.coverage.state for share in shares)
        if not is_known and now < asked.due_at:
            # News of the site's footage wakes it before.
            certificates.put(tx, certificates.changed(asked, look_at=asked.due_at))
            return
        is_over = is_known or now - asked.occurred_at >= GIVE_UP_AFTER
        issued = certificates.changed(
            asked,
            state=state,
            cameras=tuple(shares),
            issued_at=now,
            first_issued_at=asked.first_issued_at or now,
            # Until then only news of the site's footage wakes it.
            look_at=None if is_over else asked.occurred_at + GIVE_UP_AFTER,
        )
        certificates.put(tx, issued)
        order_segments(tx, found, now)


@dataclass(frozen=True, slots=True)
class CameraCoverage:
    """What is known of one camera's footage of a time, and the segments that hold some of it."""

    coverage: Coverage
    segments: tuple[FoundSegment, ...]


def find_coverage(
    tx: Connection, site: str, camera: str, since: datetime, until: datetime
) -> CameraCoverage:
    """What is known of a camera's footage of a time by the hub's clock.

    Where the camera's own clock was measured, its pictures are looked for at their own time, and
    so far around it as that may be wrong.
    """
    asked = shift(cameras.find(tx, site, camera), Stretch(since, until))
    segments = footage.segments_between(tx, site, camera, asked.since, asked.until)
    gaps = footage.gaps_between(tx, site, camera, asked.since, asked.until)
    coverage = cover(
        asked,
        [_recorded(each) for each in segments],
        [Missing(each.began_at, each.ended_at, each.reason) for each in gaps],
    )
    kept = {*coverage.segments}
    return CameraCoverage(coverage, tuple(each for each in segments if each.sha256 in kept))


def shift(camera: CameraRow | None, asked: Stretch) -> Stretch:
    """The time of the pictures that show ``asked``, by the footage's own clock."""
    if camera is None or camera.offset_ms is None or camera.error_ms is None:
        return asked
    offset, error = (timedelta(milliseconds=ms) for ms in (camera.offset_ms, camera.error_ms))
    return Stretch(asked.since - offset - error, asked.until - offset + error)


def _recorded(segment: FoundSegment) -> Recorded:
    return Recorded(
        segment.sha256,
        Stretch(segment.began_at, segment.ended_at),
        is_deleted=segment.deleted_at is not None,
    )
