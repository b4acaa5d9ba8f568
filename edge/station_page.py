"""Draw the station page's state from the station as it stands.

Pure. Source: console ("Station page").
"""

from datetime import datetime

from edge.page_state import (
    ClockView,
    DeliveryView,
    HandoverView,
    LinkView,
    ListView,
    PackView,
    PageState,
    Screen,
    SessionView,
    SpoolView,
    TaskView,
)
from edge.seams import Clock
from edge.station import StationCore
from edge.verdict import judge_waybill
from edge.views import delivery_view, handover_now, session_view, task_view
from wire.names import Result, parse_at

TASKS_SHOWN_MAX = 20
DELIVERIES_SHOWN_MAX = 10
"""The page is sent whole each second, so it holds the most urgent of each and their number."""


def draw_page(station: StationCore, n: int, clock: Clock) -> PageState:
    """The whole page; the station is read, never changed.

    Args:
        station: as it stands.
        n: grows with each page.
        clock: for the ages.
    """
    now, mono_ms = clock.now(), clock.boottime_ms()
    hub_now = station.time.hub_time(now)
    setup = station.setup
    shown = station.screen.current(mono_ms)
    handover = shown.scan.handover if shown else _handover(station, now)
    screen, scan = Screen.READY, station.screen.latest_scan()
    if shown is not None:
        screen, scan = shown.screen, shown.scan
    elif handover is not None:
        # A verdict that has left the screen does not come back with the two halves.
        screen, scan = Screen.HANDOVER, None
    tasks, deliveries = _tasks(station, hub_now), _deliveries(station, hub_now)
    return PageState(
        n=n,
        site=setup.site,
        edge=setup.edge,
        version=setup.version,
        test_clock=setup.test_clock,
        screen=screen,
        ack_needed=shown is not None and shown.is_alarming,
        alarm=station.screen.alarm(mono_ms),
        scan=scan,
        recent=station.screen.recent(),
        session=_sessions(station, now),
        devices=tuple(desk.view() for desk in station.desks.values()),
        link=_link(station, hub_now, mono_ms),
        spool=_spool(station, now),
        list=_list(station, hub_now),
        pack=PackView(version=station.known.roster.version, problem=station.pack_problem),
        clock=ClockView(
            offset_ms=station.time.reading.offset_ms, error_ms=station.time.reading.error_ms
        ),
        handover=handover,
        tasks=tasks[:TASKS_SHOWN_MAX],
        task_count=sum(task.found is None for task in tasks),
        deliveries=deliveries[:DELIVERIES_SHOWN_MAX],
        delivery_count=len(deliveries),
        handhelds=station.handhelds.view(),
    )


def _sessions(station: StationCore, now: datetime) -> tuple[SessionView, ...]:
    return tuple(
        session_view(desk.id, desk.work.shown(station.known, now), station.known.roster)
        for desk in station.desks.values()
    )


def _handover(station: StationCore, now: datetime) -> HandoverView | None:
    """The handover that was scanned for last and has not ended; it stays on the screen."""
    sessions = [(desk, desk.work.shown(station.known, now)) for desk in station.desks.values()]
    begun = [(desk, session) for desk, session in sessions if session.handover is not None]
    if not begun:
        return None
    desk, session = max(begun, key=lambda found: found[1].used_at or "")
    return handover_now(desk.id, session, station.known.roster)


def _tasks(station: StationCore, hub_now: datetime) -> tuple[TaskView, ...]:
    """The searches, those without an answer first, the most urgent at the top."""
    views = [task_view(task, station.work, hub_now) for task in station.known.roster.tasks.values()]
    views.sort(key=lambda view: (view.found is not None, view.due_in_s, view.incident))
    return tuple(views)


def _deliveries(station: StationCore, hub_now: datetime) -> tuple[DeliveryView, ...]:
    """Deliveries that ask for a signer, newest first.

    What the scanner did not admit (a covert entry) is not asked for either.
    """
    site, held = station.setup.site, station.known.held
    return tuple(
        delivery_view(waybill, scan, station.known.roster)
        for waybill, scan in reversed(station.work.deliveries.items())
        if judge_waybill(waybill, held, site, hub_now).shown is not Result.CLEAR
    )


def _link(station: StationCore, hub_now: datetime, mono_ms: int) -> LinkView:
    link, policy = station.link, station.known.policy
    age_s = None if link.receipt_ms is None else max(0, mono_ms - link.receipt_ms) // 1000
    is_silent = age_s is None or age_s > policy.link.hub_silent_s
    return LinkView(
        connected=link.connected,
        enrolled=station.known.site_salt is not None,
        receipt_age_s=age_s,
        offline=is_silent or station.known.held.is_stale(hub_now, policy.list),
        problem=link.problem,
    )


def _spool(station: StationCore, now: datetime) -> SpoolView:
    spool = station.spool
    oldest_at = spool.oldest_at() if station.depth else None
    age_s = None
    if oldest_at is not None:
        age_s = max(0, int((now - parse_at(oldest_at)).total_seconds()))
    return SpoolView(
        depth=station.depth,
        oldest_age_s=age_s,
        fill_percent=min(100, round(100 * spool.fill_ratio())),
        forgotten_early=spool.forgotten_early,
        refuses=station.refuses,
    )


def _list(station: StationCore, hub_now: datetime) -> ListView:
    held = station.known.held
    return ListView(
        version=held.version,
        age_s=held.age_s(hub_now),
        stale=held.is_stale(hub_now, station.known.policy.list),
        problem=station.list_problem,
    )
