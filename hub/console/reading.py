"""Alerts and scans as the console's values: what several pages read in the same way."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.access.service import person_of
from hub.alerts.service import Alert, AlertKind
from hub.console.views import Card, Level, Moment, ScanLine, ScanTimes, State, Still
from hub.ingest.service import EventFilter, EventView, events
from hub.parcels.service import find_parcel, high_value_among
from hub.video.service import is_camera_simulated, picture_near
from hub.web.context import HubContext
from wire.events import Scan

FILMED = frozenset({AlertKind.WANTED, AlertKind.STOP, AlertKind.STOPPED_MOVED})
"""Alerts whose card shows what a camera showed."""
PICTURES_WITHIN = 2
"""So many of the pictures that an edge sends by itself may lie between it and the moment."""


def read_card(hub: HubContext, tx: Connection, alert: Alert) -> Card:
    """An alert with what its card shows of the parcel and of the scan that it is about."""
    declared, moment, is_high_value = None, None, False
    if alert.waybill is not None:
        parcel = find_parcel(tx, alert.waybill)
        declared = None if parcel is None else parcel.declaration
        moment = _moment(hub, tx, alert.waybill, alert.site)
        is_high_value = bool(high_value_among(tx, [alert.waybill], hub.policy))
    site = None if alert.site is None else hub.network.sites.get(alert.site)
    return Card(
        id=alert.id,
        kind=alert.kind,
        level=Level(alert.level),
        state=State(alert.state),
        subject=alert.subject,
        waybill=alert.waybill,
        site=alert.site,
        site_name=None if site is None else site.name,
        raised_at=alert.raised_at,
        last_at=alert.last_at,
        late=alert.late,
        count=alert.count,
        text_zh=alert.text_zh,
        text_en=alert.text_en,
        value_cny=None if declared is None else declared.declared_value_cny,
        is_high_value=is_high_value,
        moment=moment,
        still=find_still(hub, tx, alert.site, moment, alert.last_at)
        if alert.kind in FILMED
        else None,
    )


def find_still(
    hub: HubContext, tx: Connection, site: str | None, moment: Moment | None, at: datetime
) -> Still | None:
    """The picture nearest to an alert's moment, of a camera that sees where it was."""
    if site is None:
        return None
    place = None if moment is None else moment.place
    within = PICTURES_WITHIN * timedelta(seconds=hub.policy.video.still_s)
    found = [
        picture_near(tx, site, channel.camera, at, within)
        for channel in hub.network.channels_seeing(site, place)
    ]
    nearest = min(
        (each for each in found if each is not None),
        key=lambda each: abs(each.at - at),
        default=None,
    )
    if nearest is None:
        return None
    simulated = is_camera_simulated(tx, nearest.site, nearest.camera)
    return Still(nearest.sha256, nearest.site, nearest.camera, nearest.at, simulated)


def _moment(hub: HubContext, tx: Connection, waybill: str, site: str | None) -> Moment | None:
    wanted = EventFilter(waybill=waybill, site=site, kind="scan")
    found = events(tx, wanted, hub.keys.bodies, limit=1, newest_first=True)
    line = scan_line(found[0]) if found else None
    if line is None:
        return None
    who = None if line.by is None else person_of(tx, hub.network, line.site, line.by)
    return Moment(
        site=line.site,
        edge=line.edge,
        place=line.place,
        step=line.step,
        by=line.by,
        person=None if who is None else who.name,
        device=line.device,
        source=line.source,
        list_version=line.list_version,
    )


def scan_line(view: EventView) -> ScanLine | None:
    """A recorded scan; None: the event is none."""
    scan, stored, feedback = view.event, view.stored, view.feedback
    if not isinstance(scan, Scan):
        return None
    return ScanLine(
        site=scan.site,
        edge=scan.edge,
        spool=scan.spool,
        seq=scan.seq,
        at=stored.occurred_at,
        received_at=stored.received_at,
        late=stored.late,
        doubted=stored.doubted,
        place=scan.place,
        step=scan.step,
        by=scan.by,
        container=scan.container,
        device=scan.device,
        source=scan.source,
        result=scan.result,
        signal=None if feedback is None else feedback.signal,
        repeats=0 if feedback is None else feedback.repeats,
        maybe_repeat_of=scan.maybe_repeat_of,
        list_version=scan.list_version,
        list_age_s=scan.list_age_s,
        symbology=scan.symbology,
        aim=scan.aim,
        code_hex=scan.code_hex,
        clock_error_ms=scan.clock.error_ms,
        times=ScanTimes(
            decode_us=scan.timing_us.decode,
            verdict_us=scan.timing_us.verdict,
            commit_us=None if feedback is None else feedback.commit_us,
            feedback_us=None if feedback is None else feedback.feedback_us,
        ),
    )
