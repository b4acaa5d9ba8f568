"""Arriving footage, what cameras tell of themselves, and the events whose footage is asked for.

Source: design section 8, HV-2.11.3.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter
from sqlalchemy import Connection

from hub.alerts.service import AlertKind, Finding, close_alert, raise_alert
from hub.fact import YEAR_MIN, Fact, is_simulated
from hub.ingest.service import events_at
from hub.network import Network
from hub.parcels.service import high_value_among
from hub.video.damage import tell_damage_at_edge
from hub.video.rules.asking import asked_of
from hub.video.rules.coverage import CertificateState, Stretch
from hub.video.rules.own_clock import own_clock_of
from hub.video.rules.picture_clock import PictureClock
from hub.video.rules.troubles import VIEW_FACTS, doubt_of, words_of
from hub.video.store import cameras, certificates, deletions, footage
from hub.video.store.cameras import Trouble
from hub.video.store.certificates import Certificate, News
from hub.video.store.deletions import Deletion
from hub.video.store.footage import FoundGap, FoundSegment
from wire.events import Act, Camera, CameraFact, Scan, Segment
from wire.names import Result, parse_at
from wire.policy import Policy

_log = structlog.get_logger()
_clocks_refused = Counter("custos_hub_camera_clocks_refused", "Camera clocks too far off to be")

OLD_AFTER = timedelta(days=1)
"""A gap that is told later than this is history: nobody can mend that day any more."""
_WATCHED = frozenset({Result.HV, Result.WANTED, Result.STOP})


@dataclass(slots=True)
class _Heard:
    """What a batch tells of one camera: when last, from when to when of its footage."""

    edge: str
    at: datetime
    footage_at: datetime | None = None
    source: str | None = None
    stretches: list[Stretch] = field(default_factory=list)


class VideoProjection:
    """Keeps the index of footage, raises the cameras' alerts, and asks for certificates."""

    name = "video"

    def __init__(self, policy: Policy, network: Network, rate: float) -> None:
        self._policy = policy
        self._network = network
        self._rate = rate

    def apply(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> None:
        """Work through events in the order in which they were stored."""
        heard: dict[tuple[str, str], _Heard] = {}
        segments: list[FoundSegment] = []
        for fact in facts:
            event = fact.event
            if isinstance(event, Segment) and event.device is not None:
                segments.append(_segment(tx, fact, event, event.device))
                _hear(heard, fact, event.device, segments[-1])
            elif isinstance(event, Camera) and event.fact is CameraFact.SHORT:
                _tell_short(tx, fact, event, now)
            elif isinstance(event, Camera) and event.device is not None:
                _hear(heard, fact, event.device, self._tell(tx, fact, event, event.device, now))
        footage.add_segments(tx, deletions.marked(tx, segments))
        _note_cameras(tx, heard)
        for (site, _), each in heard.items():
            if each.stretches:
                since = min(stretch.since for stretch in each.stretches)
                until = max(stretch.until for stretch in each.stretches)
                certificates.wake(tx, site, Stretch(since, until), now, News.FOOTAGE)
        self._ask(tx, facts, now)

    # ------------------------------------------------------------ what cameras tell

    def _tell(
        self, tx: Connection, fact: Fact, event: Camera, camera: str, now: datetime
    ) -> FoundGap | None:
        match event.fact:
            case CameraFact.GAP:
                return self._tell_gap(tx, fact, event, camera, now)
            case CameraFact.DELETED if event.since and event.until:
                _delete(tx, fact, event, camera, now)
            case CameraFact.CLOCK if event.offset_ms is not None and event.error_ms is not None:
                self._note_clock(tx, fact, event, camera)
            case CameraFact.OWN_CLOCK:
                own = own_clock_of(event, fact.occurred_at)
                if own is not None:
                    cameras.note_own_clock(tx, event.site, camera, event.edge, own)
            case CameraFact.LOST if not _is_history(tx, fact, event, camera):
                self._begin(tx, fact, event, camera, AlertKind.CAMERA_LOST, now)
            case CameraFact.BACK:
                _end(tx, fact, event, camera, AlertKind.CAMERA_LOST, now)
            case CameraFact.DAMAGED:
                tell_damage_at_edge(tx, fact, event, camera, now)
            case each if each in VIEW_FACTS:
                self._tell_view(tx, fact, event, camera, now)
        return None

    def _note_clock(self, tx: Connection, fact: Fact, event: Camera, camera: str) -> None:
        assert event.offset_ms is not None and event.error_ms is not None
        clock = PictureClock(event.offset_ms, event.error_ms)
        if not clock.is_believed(self._rate):
            _clocks_refused.inc()
            _log.warning("camera clock refused", site=event.site, edge=event.edge, camera=camera)
            return
        told = (clock, fact.occurred_at, event.reason or "")
        cameras.note_clock(tx, event.site, camera, event.edge, *told)

    def _tell_gap(
        self, tx: Connection, fact: Fact, event: Camera, camera: str, now: datetime
    ) -> FoundGap:
        ended = fact.occurred_at
        length = timedelta(milliseconds=event.length_ms or 0)
        gap = FoundGap(event.site, camera, ended - length, ended, event.reason or "")
        footage.add_gaps(tx, [gap])
        is_long = length >= timedelta(seconds=self._policy.video.gap_s)
        if is_long and now - ended <= OLD_AFTER:
            zone = self._network.zone_of(event.site)
            words = {
                "camera": camera,
                "since": f"{gap.began_at.astimezone(zone):%m-%d %H:%M:%S}",
                "length": f"{length.total_seconds():.0f}",
            }
            subject = _subject(event, camera)
            _raise(tx, AlertKind.FOOTAGE_GAP, subject, fact, gap.began_at, words, now)
        return gap

    def _tell_view(
        self, tx: Connection, fact: Fact, event: Camera, camera: str, now: datetime
    ) -> None:
        kind = AlertKind.CAMERA_VIEW
        if event.is_over:
            trouble = _end(tx, fact, event, camera, kind, now)
        elif _is_history(tx, fact, event, camera):
            # Whoever mends cameras has no use for it; what is certified has.
            trouble = _trouble(fact, event, camera)
            cameras.begin_trouble(tx, trouble, fact.occurred_at)
        else:
            trouble = self._begin(tx, fact, event, camera, kind, now)
        # Its end is not known, or was not until now: everything since may read otherwise.
        since = trouble.since - timedelta(milliseconds=trouble.doubt_ms)
        certificates.wake(tx, event.site, Stretch(since, now), now, News.TROUBLE)

    def _begin(
        self,
        tx: Connection,
        fact: Fact,
        event: Camera,
        camera: str,
        kind: AlertKind,
        now: datetime,
    ) -> Trouble:
        trouble = _trouble(fact, event, camera)
        cameras.begin_trouble(tx, trouble, fact.occurred_at)
        words = {"camera": camera, **words_of(event.fact)}
        subject = _trouble_subject(event, camera, kind)
        _raise(tx, kind, subject, fact, trouble.since, words, now)
        return trouble

    # ------------------------------------------------------------ events with footage

    def _ask(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> None:
        asked = [(each, waybill) for each in facts for waybill in asked_of(each.event) if waybill]
        asked += list(_of_acts(tx, facts))
        if not asked:
            return
        high = high_value_among(tx, {waybill for _, waybill in asked}, self._policy)
        certificates.add(
            tx,
            [
                self._certificate(fact, waybill, now)
                for fact, waybill in asked
                if waybill in high or _is_watched(fact)
            ],
        )

    def _certificate(self, fact: Fact, waybill: str, now: datetime) -> Certificate:
        event, policy = fact.event, self._policy.video
        assert isinstance(event, Scan | Act)
        error = timedelta(milliseconds=event.clock.error_ms or 0)
        room = timedelta(seconds=policy.margin_s) + error
        is_seen = bool(self._network.channels_seeing(event.site, event.place))
        until = fact.occurred_at + room
        return Certificate(
            id=0,
            site=event.site,
            edge=event.edge,
            spool=event.spool,
            seq=event.seq,
            waybill=waybill,
            place=event.place,
            what=event.act if isinstance(event, Act) else str(event.step),
            occurred_at=fact.occurred_at,
            since=fact.occurred_at - room,
            until=until,
            is_clock_sure=event.clock.error_ms is not None,
            due_at=now + timedelta(minutes=policy.certificate_min),
            look_at=max(now, until) if is_seen else None,
            state=None if is_seen else CertificateState.UNSEEN,
            cameras=(),
            issued_at=None if is_seen else now,
            first_issued_at=None if is_seen else now,
        )


def _of_acts(tx: Connection, facts: Sequence[Fact]) -> Iterable[tuple[Fact, str]]:
    """Acts that name no parcel are of those that their scans read."""
    for fact in facts:
        act = fact.event
        if not isinstance(act, Act) or act.waybill is not None or not asked_of(act):
            continue
        covered = events_at(tx, act.site, act.edge, act.spool, act.scans)
        found = {each.event.waybill for each in covered if isinstance(each.event, Scan)}
        yield from ((fact, waybill) for waybill in sorted(each for each in found if each))


def _is_watched(fact: Fact) -> bool:
    return isinstance(fact.event, Scan) and fact.event.result in _WATCHED


def _segment(tx: Connection, fact: Fact, event: Segment, camera: str) -> FoundSegment:
    source = event.source
    if source is None:
        # What a crash left is told before the camera was opened again: it is what it was.
        known = cameras.find(tx, event.site, camera)
        source = None if known is None else known.source
    return FoundSegment(
        site=event.site,
        camera=camera,
        edge=event.edge,
        began_at=fact.occurred_at - timedelta(milliseconds=event.length_ms),
        ended_at=fact.occurred_at,
        told_at=parse_at(event.at),
        error_ms=event.error_ms,
        length_ms=event.length_ms,
        sha256=event.sha256,
        bytes=event.bytes,
        codec=event.codec,
        frames=event.frames,
        salvaged=event.salvaged,
        is_simulated=is_simulated(source),
        clock_error_ms=event.clock.error_ms,
    )


def _hear(
    heard: dict[tuple[str, str], _Heard],
    fact: Fact,
    camera: str,
    found: FoundSegment | FoundGap | None,
) -> None:
    event, at = fact.event, fact.occurred_at
    mine = heard.setdefault((event.site, camera), _Heard(event.edge, at))
    mine.edge, mine.at = event.edge, max(mine.at, at)
    mine.source = event.source or mine.source
    if found is not None:
        mine.stretches.append(Stretch(found.began_at, found.ended_at))
    if isinstance(found, FoundSegment):
        mine.footage_at = max(at, mine.footage_at or at)


def _note_cameras(tx: Connection, heard: dict[tuple[str, str], _Heard]) -> None:
    for (site, camera), each in heard.items():
        cameras.note(tx, site, camera, each.edge, each.at, each.footage_at, each.source)


def _delete(tx: Connection, fact: Fact, event: Camera, camera: str, now: datetime) -> None:
    assert event.since is not None and event.until is not None
    ends = (parse_at(event.since), parse_at(event.until), fact.occurred_at)
    found = deletions.add(tx, Deletion(event.site, event.edge, camera, *ends))
    if found is not None:
        certificates.wake(tx, event.site, Stretch(*found), now, News.DELETION)


def _is_history(tx: Connection, fact: Fact, event: Camera, camera: str) -> bool:
    """An older spool that drains behind a newer one tells of a time that is over."""
    known = cameras.find(tx, event.site, camera)
    return known is not None and known.heard_at > fact.occurred_at


def _trouble(fact: Fact, event: Camera, camera: str, *, until: datetime | None = None) -> Trouble:
    what = CameraFact.LOST if event.fact is CameraFact.BACK else event.fact
    since = fact.occurred_at
    if event.since is not None:
        # Both by the edge's clock: what lies between them holds by any.
        since -= max(timedelta(), parse_at(event.at) - parse_at(event.since))
    doubt = doubt_of(what, is_since_told=event.since is not None)
    return Trouble(
        site=event.site,
        camera=camera,
        fact=what,
        since=max(since, YEAR_MIN),
        until=until,
        picture=event.picture,
        reason=event.reason,
        doubt_ms=round(doubt / timedelta(milliseconds=1)),
    )


def _end(
    tx: Connection, fact: Fact, event: Camera, camera: str, kind: AlertKind, now: datetime
) -> Trouble:
    trouble = _trouble(fact, event, camera, until=fact.occurred_at)
    if cameras.end_trouble(tx, trouble, is_whole=event.since is not None):
        close_alert(tx, kind, _trouble_subject(event, camera, kind), now)
    return trouble


def _raise(
    tx: Connection,
    kind: AlertKind,
    subject: str,
    fact: Fact,
    at: datetime,
    words: dict[str, str],
    now: datetime,
) -> None:
    site = fact.event.site
    raise_alert(tx, Finding(kind, subject, at, fact.late, site=site, words=words), now)


def _tell_short(tx: Connection, fact: Fact, event: Camera, now: datetime) -> None:
    subject = f"{event.site}/{event.edge}"
    # The newest forecast counts: an alert tells one number of days.
    close_alert(tx, AlertKind.FOOTAGE_SHORT, subject, now)
    if not event.is_over:
        words = {"fit": str(event.days_fit or 0), "asked": str(event.days_asked or 0)}
        _raise(tx, AlertKind.FOOTAGE_SHORT, subject, fact, fact.occurred_at, words, now)


def _trouble_subject(event: Camera, camera: str, kind: AlertKind) -> str:
    subject = _subject(event, camera)
    return f"{subject}/{event.fact}" if kind is AlertKind.CAMERA_VIEW else subject


def _subject(event: Camera, camera: str) -> str:
    return f"{event.site}/{event.edge}/{camera}"
