"""Sites and stations as the console reads them."""

from datetime import timedelta

import pytest

from hub.access.service import Caller, Role, revoke
from hub.console.sites.desk import SiteDesk
from hub.console.sites.trail import DepthTrail
from hub.console.sites.views import Link, Told
from hub.ingest.store import LOOK_BACK
from hub.network import Network
from ledger.signing import seal
from tests.hub_parts import START, HubHome, SigningEdge
from tests.incident_parts import turn
from tests.network_parts import NETWORK
from tests.postgres_parts import on_both_databases
from tests.samples import CLOCK
from wire import events
from wire.events import StationFact
from wire.messages import SpoolHead
from wire.names import format_at
from wire.topics import Channel

pytestmark = [pytest.mark.anyio, on_both_databases]

EVERYWHERE = Caller("zhao", Role.MONITOR, None)
HERE = Caller("li", Role.SUPERVISOR, frozenset({"755A"}))


@pytest.fixture
def network() -> Network:
    return NETWORK


@pytest.fixture
def desk(hub: HubHome) -> SiteDesk:
    return SiteDesk(hub.web(), DepthTrail())


def tell_state(hub: HubHome, edge: SigningEdge, **fields: object) -> None:
    payload = seal(edge.state(**fields), edge.key)
    hub.take(payload, Channel.STATE, edge.site, edge.edge)


def fact(edge: SigningEdge, kind: StationFact, minutes: int) -> bytes:
    said = events.Station(
        site=edge.site,
        edge=edge.edge,
        at=format_at(START + timedelta(minutes=minutes)),
        mono_ms=1,
        boot="ab" * 16,
        clock=CLOCK,
        device="gun",
        fact=kind,
    )
    return edge.line(said)


def test_a_station_shows_what_it_last_said_and_when_it_scanned_last(
    hub: HubHome, desk: SiteDesk
) -> None:
    edge = hub.enrol(SigningEdge())
    tell_state(hub, edge, depth=7, oldest_at=format_at(START), pack_version=3)
    hub.take(edge.batch([edge.line(edge.scan()), fact(edge, StationFact.SPOOL_START, 1)]))
    (row,) = desk.sites(EVERYWHERE).rows
    (station,) = row.stations
    assert (row.name, row.kind) == ("深圳一部", "branch")
    assert (station.link, station.depth, station.pack_version) == (Link.ONLINE, 7, 3)
    assert station.last_scan_at == START
    assert station.oldest_at == START
    assert [scanner.id for scanner in station.scanners] == ["dock-1"]


def test_a_station_that_was_never_heard_says_nothing_of_itself(
    hub: HubHome, desk: SiteDesk
) -> None:
    hub.enrol(SigningEdge())
    (row,) = desk.sites(EVERYWHERE).rows
    (station,) = row.stations
    assert (station.link, station.depth, station.offset_ms) == (Link.NEVER, None, None)
    assert station.last_scan_at is None


def test_a_station_turns_silent_by_the_policys_time(hub: HubHome, desk: SiteDesk) -> None:
    edge = hub.enrol(SigningEdge())
    tell_state(hub, edge)
    silent_s = hub.role.policy.link.hub_silent_s
    hub.clock.move(silent_s - 1)
    assert desk.sites(EVERYWHERE).rows[0].stations[0].link is Link.ONLINE
    hub.clock.move(1)
    assert desk.sites(EVERYWHERE).rows[0].stations[0].link is Link.SILENT


def test_a_revoked_station_says_so_and_its_story_says_by_whom_and_why(
    hub: HubHome, desk: SiteDesk
) -> None:
    edge = hub.enrol(SigningEdge())
    tell_state(hub, edge)
    with hub.database.writing() as tx:
        revoke(tx, "755A", "dock", "zhao", "stolen at night", hub.clock.now())
    sight = desk.station("755A", "dock", EVERYWHERE)
    assert sight is not None
    assert sight.station.link is Link.REVOKED
    (line,) = [each for each in sight.story if each.told is Told.REVOKED]
    assert line.detail == "zhao: stolen at night"


def test_sites_without_a_station_are_named_apart_and_strange_ones_have_no_name(
    hub: HubHome, desk: SiteDesk
) -> None:
    hub.enrol(SigningEdge(site="999", edge="x"))
    found = desk.sites(EVERYWHERE)
    assert [(row.code, row.name) for row in found.rows] == [("999", None)]
    assert found.bare == ("021W", "755A", "755W")


def test_nobody_sees_another_sites_stations(hub: HubHome, desk: SiteDesk) -> None:
    hub.enrol(SigningEdge())
    hub.enrol(SigningEdge(site="021W", edge="belt"))
    found = desk.sites(HERE)
    assert ([row.code for row in found.rows], found.bare) == (["755A"], ())
    assert desk.station("021W", "belt", HERE) is None
    assert desk.station("021W", "belt", EVERYWHERE) is not None
    assert desk.station("755A", "nobody", HERE) is None


def test_a_station_that_scanned_long_ago_says_none_lately(hub: HubHome, desk: SiteDesk) -> None:
    edge = hub.enrol(SigningEdge())
    hub.take(edge.batch([edge.line(edge.scan())]))
    with hub.database.writing() as tx:
        tx.exec_driver_sql(f"UPDATE spool_head SET upto_seq = upto_seq + {LOOK_BACK}")
    assert desk.sites(EVERYWHERE).rows[0].stations[0].last_scan_at is None


def test_a_story_has_the_stations_facts_the_alerts_about_it_and_its_starts(
    hub: HubHome, desk: SiteDesk
) -> None:
    edge = hub.enrol(SigningEdge())
    neighbour = hub.enrol(SigningEdge(edge="dock2", spool="cd" * 16))
    tell_state(hub, edge)
    tell_state(hub, edge, boot="cd" * 16)
    hub.take(
        edge.batch(
            [
                edge.line(edge.scan()),
                fact(edge, StationFact.DEVICE_LOST, 1),
                fact(edge, StationFact.DEVICE_BACK, 4),
            ]
        )
    )
    hub.take(neighbour.batch([fact(neighbour, StationFact.DEVICE_LOST, 2)]), edge="dock2")
    garbled = edge.raw_line(b'{"v":1')
    hub.take(edge.batch([garbled]))
    sight = desk.station("755A", "dock", EVERYWHERE)
    assert sight is not None
    told = sorted(line.told for line in sight.story)
    assert told == sorted(
        [
            Told.ENROLLED,
            Told.PROGRAM_STARTED,
            Told.PROGRAM_STARTED,
            Told.DEVICE_LOST,
            Told.DEVICE_BACK,
            Told.ALERT,
        ]
    )
    (outage,) = [line for line in sight.story if line.told is Told.DEVICE_LOST]
    assert outage.until is not None
    assert outage.until - outage.at == timedelta(minutes=3)


def test_the_newest_pack_stands_beside_the_one_that_is_held(hub: HubHome, desk: SiteDesk) -> None:
    edge = hub.enrol(SigningEdge())
    tell_state(hub, edge)
    turn(hub)
    sight = desk.station("755A", "dock", EVERYWHERE)
    assert sight is not None
    assert (sight.station.pack_version, sight.pack_version) == (0, 1)


ADMINISTRATOR = Caller("sun", Role.ADMINISTRATOR, None)


async def test_a_stations_page_shows_its_spools_and_an_administrator_closes_one(
    hub: HubHome, desk: SiteDesk
) -> None:
    edge = hub.enrol(SigningEdge())
    hub.take(edge.batch([edge.line(edge.scan()), edge.line(edge.scan())]))
    tell_state(hub, edge)

    def close(caller: Caller, spool: str = edge.spool) -> bool:
        return desk.close_spool("755A", "dock", spool, "its disk died", caller)

    assert not close(EVERYWHERE)
    assert not close(Caller("sun", Role.ADMINISTRATOR, frozenset({"021W"})))
    assert not close(ADMINISTRATOR, "c" * 32)
    assert close(ADMINISTRATOR)
    sight = desk.station("755A", "dock", EVERYWHERE)
    assert sight is not None
    (view,) = sight.spools
    assert (view.upto_seq, view.edge_seq) == (2, 2)
    assert view.closing is not None
    assert (view.closing.by, view.closing.why) == ("sun", "its disk died")


async def test_a_spool_is_in_doubt_while_its_edge_and_the_hub_contradict(
    hub: HubHome, desk: SiteDesk
) -> None:
    def is_in_doubt() -> bool:
        sight = desk.station("755A", "dock", EVERYWHERE)
        assert sight is not None
        (view,) = sight.spools
        return view.is_in_doubt

    edge = hub.enrol(SigningEdge())
    hub.take(edge.batch([edge.line(edge.scan())]))
    tell_state(hub, edge)
    assert not is_in_doubt()
    forged = SpoolHead(spool=edge.spool, seq=1, head="f" * 64)
    hub.take(seal(edge.state(heads=(forged,)), edge.key), Channel.STATE)
    assert is_in_doubt()
    hub.clock.move(30)
    tell_state(hub, edge)
    assert not is_in_doubt()
