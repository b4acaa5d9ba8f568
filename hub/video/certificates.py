"""Certify what footage there is of each event: as soon as it is known, and in time in any case.

One that had to say "unknown" is looked at again when its site tells of more, so that an edge that
was away makes it whole. One that is final is looked at again when a file that it counts on is
damaged or comes again, and when its site tells of a trouble of that time. What a certificate said
before it says something else is kept. Source: design section 8.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from hub.fact import is_simulated
from hub.network import Network
from hub.video.media import losses_among, order_segments
from hub.video.rules.coverage import (
    Coverage,
    Missing,
    Recorded,
    Stretch,
    best,
    cover,
)
from hub.video.rules.picture_clock import UNMEASURED, PictureClock
from hub.video.rules.troubles import TOLD_WITHIN, VIEW_FACTS, ToldTrouble, hidden_in
from hub.video.store import cameras, certificates, footage, issues
from hub.video.store.cameras import CameraRow
from hub.video.store.certificates import CameraShare, Certificate
from hub.video.store.footage import FoundSegment

_log = structlog.get_logger()
_failures = Counter("custos_hub_certificate_failures", "Certificates that our own code fails on")

PER_TURN_MAX = 50
PUT_OFF = timedelta(minutes=10)
"""One that fails is looked at again after so long."""
GIVE_UP_AFTER = timedelta(days=30)
"""An edge that was away for longer than it keeps footage has nothing more to tell."""
ERROR_MAX = timedelta(minutes=1)
"""No segment is longer: its pictures cannot have come later than so much after its own times."""
CLOCK_ERROR_MAX_MS = 60_000
"""By a clock that may be further off nothing is sure."""
LOOKED_ROUND = ERROR_MAX + max(TOLD_WITHIN.values())
"""So far around the time that matters a told trouble may still reach into it."""


@dataclass(frozen=True, slots=True)
class CertificateDuty:
    """Looks at what is due, and orders the footage of what it certifies from the edges."""

    network: Network
    name = "certificates"

    def run(self, tx: Connection, now: datetime) -> None:
        """Look at most ``PER_TURN_MAX`` certificates through."""
        for each in certificates.due(tx, now, PER_TURN_MAX):
            self._try(tx, each, now)

    def _try(self, tx: Connection, asked: Certificate, now: datetime) -> None:
        try:
            with tx.begin_nested():
                self._look(tx, asked, now)
        except OperationalError:
            raise
        except Exception:  # noqa: BLE001 - what fails on one event must not stop all others
            _failures.inc()
            _log.exception("certificate failed", id=asked.id, site=asked.site)
            certificates.put(tx, certificates.changed(asked, look_at=now + PUT_OFF))

    def _look(self, tx: Connection, asked: Certificate, now: datetime) -> None:
        shares: list[CameraShare] = []
        found: list[FoundSegment] = []
        for camera in self._cameras_of(asked):
            share, segments = _share(tx, asked, camera)
            shares.append(share)
            found += segments
        is_known = not any(share.coverage.unknown for share in shares)
        if not is_known and now < asked.due_at and asked.issued_at is None:
            # News of the site's footage wakes it before.
            certificates.put(tx, certificates.changed(asked, look_at=asked.due_at, news=None))
            return
        # From when the event was heard of: one that was long on its way comes before its footage.
        gives_up_at = asked.due_at + GIVE_UP_AFTER
        # Until then only news of the site's footage wakes it.
        look_at = None if is_known or now >= gives_up_at else gives_up_at
        state, cameras = best(share.coverage.state for share in shares), tuple(shares)
        looked = certificates.changed(
            asked, look_at=look_at, news=None, state=state, cameras=cameras
        )
        if asked.issued_at is None or (state, cameras) != (asked.state, asked.cameras):
            if asked.issued_at is not None:
                issues.keep(tx, asked, now)
            first_issued_at = asked.first_issued_at or now
            looked = certificates.changed(looked, issued_at=now, first_issued_at=first_issued_at)
        certificates.put(tx, looked)
        order_segments(tx, found, now)

    def _cameras_of(self, asked: Certificate) -> list[str]:
        """Who saw the place: of what was issued those of then, wherever cameras look by now."""
        if asked.issued_at is not None:
            return [each.camera for each in asked.cameras]
        seeing = self.network.channels_seeing(asked.site, asked.place)
        return [each.camera for each in seeing]


@dataclass(frozen=True, slots=True)
class CameraCoverage:
    """What is known of one camera's footage of a time, and the segments that hold some of it."""

    coverage: Coverage
    segments: tuple[FoundSegment, ...]
    troubles: tuple[ToldTrouble, ...] = ()


def find_coverage(
    tx: Connection, site: str, camera: str, since: datetime, until: datetime
) -> CameraCoverage:
    """What is known of a camera's footage of a time by the hub's clock.

    Where the camera's own clock was measured, its pictures are looked for at their own time, and
    so far around it as that may be wrong.
    """
    clock = _clock_of(cameras.find(tx, site, camera))
    return _cover(tx, site, camera, clock.footage_of(Stretch(since, until)))


def _share(
    tx: Connection, asked: Certificate, camera: str
) -> tuple[CameraShare, tuple[FoundSegment, ...]]:
    """A camera's part in a certificate: files alone do not do, their pictures must show something.

    Also returns the segments that it counts on.
    """
    known = cameras.find(tx, asked.site, camera)
    clock = _kept_clock(asked, camera) or _clock_of(known)
    shown = _widened(tx, asked, camera, clock.footage_of(Stretch(asked.since, asked.until)))
    troubles = cameras.troubles_between(
        tx, asked.site, camera, shown.since - LOOKED_ROUND, shown.until + LOOKED_ROUND
    )
    told = [
        ToldTrouble(each.fact, each.since, each.until, each.doubt_ms)
        for each in troubles
        if each.fact in VIEW_FACTS
    ]
    found = _cover(tx, asked.site, camera, shown, told)
    sources = {each.is_simulated for each in found.segments}
    is_of_none = not sources and known is not None and is_simulated(known.source)
    is_marked = True in sources or is_of_none
    clock_errors = _clock_errors(asked, found.segments)
    is_sure = all(each is not None and each <= CLOCK_ERROR_MAX_MS for each in clock_errors)
    share = CameraShare(camera, found.coverage, found.troubles, is_marked, clock, is_sure)
    return share, found.segments


def _widened(tx: Connection, asked: Certificate, camera: str, shown: Stretch) -> Stretch:
    """The footage's time, as much longer as another edge's clock may be wrong."""
    segments = footage.segments_between(tx, asked.site, camera, shown.since, shown.until)
    worst_ms = max((each or 0 for each in _clock_errors(asked, segments)), default=0)
    room = timedelta(milliseconds=min(worst_ms, CLOCK_ERROR_MAX_MS))
    return Stretch(shown.since - room, shown.until + room)


def _clock_errors(asked: Certificate, segments: Iterable[FoundSegment]) -> list[int | None]:
    """How far the footage's clocks may be from the event's; None: an edge did not know its own.

    What one edge tells of both is by the same clock, once it knows that.
    """
    return [
        0 if each.edge == asked.edge and each.clock_error_ms is not None else each.clock_error_ms
        for each in segments
    ]


def _kept_clock(asked: Certificate, camera: str) -> PictureClock | None:
    """What a camera's part was judged by before: today's clock says nothing of old footage."""
    judged = (each for each in asked.cameras if each.camera == camera and each.is_judged)
    return next((each.clock for each in judged), None)


def _clock_of(camera: CameraRow | None) -> PictureClock:
    return (camera and camera.clock) or UNMEASURED


def _cover(
    tx: Connection, site: str, camera: str, asked: Stretch, troubles: Sequence[ToldTrouble] = ()
) -> CameraCoverage:
    """What is known of ``asked`` by the footage's own clock."""
    segments = footage.segments_between(tx, site, camera, asked.since, asked.until)
    gaps = footage.gaps_between(tx, site, camera, asked.since, asked.until)
    losses = losses_among(tx, segments)
    error = _error_of(segments)
    coverage = cover(
        asked,
        [_recorded(each, losses.get(each.sha256)) for each in segments],
        [Missing(each.began_at, each.ended_at, each.reason) for each in gaps],
        hidden_in(asked, troubles, error),
    )
    kept = {*coverage.segments}
    return CameraCoverage(
        coverage,
        tuple(each for each in segments if each.sha256 in kept),
        tuple(each for each in troubles if each.touches(asked, error)),
    )


def _error_of(segments: Iterable[FoundSegment]) -> timedelta:
    """How far the pictures' times may be from when they came and were looked at."""
    worst_ms = max((each.error_ms for each in segments), default=0)
    return min(timedelta(milliseconds=worst_ms), ERROR_MAX)


def _recorded(segment: FoundSegment, lost: str | None) -> Recorded:
    return Recorded(segment.sha256, Stretch(segment.began_at, segment.ended_at), lost)
