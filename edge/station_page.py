"""Draw the station page's state from the station as it stands.

Pure. Source: console ("Station page").
"""

from datetime import datetime

from edge.page_state import (
    ClockView,
    LinkView,
    ListView,
    PageState,
    Screen,
    SpoolView,
)
from edge.seams import Clock
from edge.station import StationCore
from wire.names import parse_at


def draw_page(station: StationCore, n: int, clock: Clock) -> PageState:
    """The whole page; the station is read, never changed.

    Args:
        station: as it stands.
        n: grows with each page.
        clock: for the ages.
    """
    now, mono_ms = clock.now(), clock.boottime_ms()
    hub_now = station.hub_time(now)
    setup = station.setup
    shown = station.screen.current(mono_ms)
    desks = station.desks.values()
    return PageState(
        n=n,
        site=setup.site,
        edge=setup.edge,
        version=setup.version,
        test_clock=setup.test_clock,
        screen=shown.screen if shown else Screen.READY,
        ack_needed=shown is not None and shown.is_alarming,
        alarm=station.screen.alarm(mono_ms),
        scan=shown.scan if shown else station.screen.latest_scan(),
        recent=station.screen.recent(),
        session=tuple(desk.session_view(station.site_salt, now) for desk in desks),
        devices=tuple(desk.view() for desk in desks),
        link=_link(station, hub_now, mono_ms),
        spool=_spool(station, now),
        list=_list(station, hub_now),
        clock=ClockView(
            offset_ms=station.link.clock.offset_ms, error_ms=station.link.clock.error_ms
        ),
    )


def _link(station: StationCore, hub_now: datetime, mono_ms: int) -> LinkView:
    link, policy = station.link, station.setup.policy
    age_s = None if link.receipt_ms is None else max(0, mono_ms - link.receipt_ms) // 1000
    is_silent = age_s is None or age_s > policy.link.hub_silent_s
    return LinkView(
        connected=link.connected,
        enrolled=station.site_salt is not None,
        receipt_age_s=age_s,
        offline=is_silent or station.held.is_stale(hub_now, policy.list),
        problem=link.problem,
    )


def _spool(station: StationCore, now: datetime) -> SpoolView:
    if station.depth == 0:
        return SpoolView(depth=0, oldest_age_s=None)
    oldest_at = station.spool.recorded_at(station.spool.upto_seq + 1)
    age_s = None
    if oldest_at is not None:
        age_s = max(0, int((now - parse_at(oldest_at)).total_seconds()))
    return SpoolView(depth=station.depth, oldest_age_s=age_s)


def _list(station: StationCore, hub_now: datetime) -> ListView:
    held = station.held
    return ListView(
        version=held.version,
        age_s=held.age_s(hub_now),
        stale=held.is_stale(hub_now, station.setup.policy.list),
        problem=station.list_problem,
    )
