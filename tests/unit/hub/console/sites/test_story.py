"""A station's story and the order of the sites."""

from datetime import datetime, timedelta

from hub.alerts.service import Alert, AlertKind, AlertState, Level
from hub.console.feed import Snapshot
from hub.console.sites.story import in_order, matches, story_of
from hub.console.sites.trail import POINTS_KEPT_MAX, DepthTrail
from hub.console.sites.views import Link, Scanner, SiteRow, Station, StoryLine, Told
from hub.console.views import EdgeSight, Health, Ingest
from hub.ingest.service import StationFactView
from tests.hub_parts import START
from tests.samples import BOOT, CLOCK
from wire import events
from wire.events import StationFact
from wire.names import format_at

WELL = Scanner("dock-1", "ssi", "usb:1", is_connected=True)


def minutes(count: float) -> datetime:
    return START + timedelta(minutes=count)


def fact(kind: StationFact, at: float, device: str | None = "gun", **more: int) -> StationFactView:
    said = events.Station(
        site="755A",
        edge="dock",
        at=format_at(minutes(at)),
        mono_ms=1,
        boot=BOOT,
        clock=CLOCK,
        device=device,
        fact=kind,
        **more,
    )
    return StationFactView(minutes(at), said)


def alert(kind: AlertKind, subject: str, closed: float | None = None) -> Alert:
    closed_at = None if closed is None else minutes(closed)
    state = AlertState.OPEN if closed is None else AlertState.CLOSED
    at = minutes(1)
    return Alert(
        1,
        kind,
        Level.ACT,
        state,
        subject,
        None,
        "755A",
        at,
        at,
        at,
        closed_at,
        False,
        1,
        "中",
        "en",
    )


def story(*facts: StationFactView, alerts: tuple[Alert, ...] = ()) -> list[StoryLine]:
    newest_first = sorted(facts, key=lambda each: each.at, reverse=True)
    return story_of(newest_first, alerts, (), minutes(-100))[:-1]


def station(**fields: object) -> Station:
    plain: dict[str, object] = {
        "site": "755A",
        "edge": "dock",
        "link": Link.ONLINE,
        "heard_at": START,
        "enrolled_at": START,
        "program": "0.2.0",
        "depth": 0,
        "oldest_at": None,
        "depths": (),
        "offset_ms": 3,
        "error_ms": 2,
        "last_scan_at": None,
        "list_version": 1,
        "pack_version": 1,
        "scanners": (WELL,),
    }
    return Station(**{**plain, **fields})  # type: ignore[arg-type]  # a test's own fields


def site(code: str, *stations: Station, name: str | None = None) -> SiteRow:
    return SiteRow(code, name, "branch", stations, 1)


def test_an_outage_ends_with_the_next_return_of_the_same_device() -> None:
    lines = story(
        fact(StationFact.DEVICE_LOST, 0),
        fact(StationFact.DEVICE_LOST, 2, "other"),
        fact(StationFact.DEVICE_BACK, 5),
        fact(StationFact.DEVICE_LOST, 9),
    )
    outages = [(line.device, line.until) for line in lines if line.told is Told.DEVICE_LOST]
    assert outages == [("gun", None), ("other", None), ("gun", minutes(5))]


def test_a_clock_step_says_by_how_much() -> None:
    (line,) = story(fact(StationFact.CLOCK_STEP, 0, None, clock_step_ms=-1840))
    assert line.detail == "-1840 ms"


def test_an_alert_that_repeats_a_recorded_fact_is_told_once_and_others_stand_with_their_end() -> (
    None
):
    lines = story(
        fact(StationFact.DEVICE_LOST, 0),
        alerts=(
            alert(AlertKind.DEVICE_LOST, "755A/dock/gun"),
            alert(AlertKind.EDGE_SILENT, "755A/dock", closed=4),
        ),
    )
    assert [line.told for line in lines] == [Told.ALERT, Told.DEVICE_LOST]
    assert (lines[0].until, lines[0].device, lines[0].text_zh) == (minutes(4), None, "中")


def test_the_story_is_newest_first_and_ends_with_the_enrolment() -> None:
    lines = story_of([fact(StationFact.SPOOL_START, 3)], (), (minutes(8), minutes(1)), minutes(-5))
    assert [line.told for line in lines] == [
        Told.PROGRAM_STARTED,
        Told.SPOOL_START,
        Told.PROGRAM_STARTED,
        Told.ENROLLED,
    ]


def test_every_fact_of_a_station_can_be_told() -> None:
    assert {each.value for each in StationFact} < {each.value for each in Told}


def test_a_site_needs_a_look_when_a_station_is_silent_a_scanner_lost_or_a_clock_unsure() -> None:
    well = site("755A", station())
    assert not well.has_trouble
    for trouble in (
        station(link=Link.SILENT),
        station(link=Link.NEVER),
        station(offset_ms=None),
        station(scanners=(WELL, Scanner("gun", "ssi", None, is_connected=False))),
    ):
        assert site("755A", station(), trouble).has_trouble


def test_sites_with_trouble_come_first_each_part_by_code() -> None:
    bad, worse = site("755Z", station(link=Link.SILENT)), site("755B", station(link=Link.NEVER))
    good, best = site("755C", station()), site("021A", station())
    assert in_order([bad, good, worse, best]) == [worse, bad, best, good]


def test_a_site_is_found_by_a_part_of_its_code_or_name() -> None:
    row = site("755A", name="深圳一部")
    assert matches(row, " 55a ")
    assert matches(row, "一部")
    assert matches(row, "")
    assert not matches(row, "上海")
    assert not matches(site("755A"), "深圳")


# ---------------------------------------------------------------- the sparkline's values


def beat(heard: float | None, depth: int = 0, edge: str = "dock") -> Snapshot:
    heard_at = None if heard is None else minutes(heard)
    sight = EdgeSight("755A", edge, heard_at, True, depth)
    return Snapshot(health=Health(START, Ingest.LISTENING, None, (sight,)), beat=1)


def depths(trail: DepthTrail) -> list[int]:
    return [point.depth for point in trail.of("755A", "dock")]


def test_each_state_is_one_point_however_often_it_is_looked_at() -> None:
    trail = DepthTrail()
    for snapshot in (beat(1, 4), beat(1, 4), beat(2, 9), Snapshot(beat=2)):
        trail.follow(snapshot)
    assert depths(trail) == [4, 9]


def test_a_station_that_was_never_heard_has_no_points_and_one_that_is_gone_is_forgotten() -> None:
    trail = DepthTrail()
    trail.follow(beat(None))
    assert depths(trail) == []
    trail.follow(beat(1, 3))
    trail.follow(beat(1, 3, edge="other"))
    assert depths(trail) == []


def test_the_trail_keeps_the_newest_points() -> None:
    trail = DepthTrail()
    for number in range(POINTS_KEPT_MAX + 5):
        trail.follow(beat(number, number))
    assert depths(trail) == list(range(5, POINTS_KEPT_MAX + 5))
