"""What happens because time passes: expiry, silence, heartbeats, sweeping."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from hub import heartbeat
from hub.access.service import make_console_link
from hub.alerts.service import Alert, AlertKind, AlertState, list_alerts
from hub.app import make_duties
from hub.heartbeat import Role, heartbeats, is_alive
from hub.timers import Timers
from hub.wanted.rules import entry_id_of
from hub.wanted.service import current_list, find_entry, list_version, put_entry
from ledger.signing import seal
from tests.hub_parts import START, HubHome, SigningEdge
from tests.postgres_parts import on_both_databases
from wire.names import format_at
from wire.topics import Channel
from wire.wanted import WantedEntry, WantedResult

pytestmark = on_both_databases

SILENT_S = 90


def turn(hub: HubHome, timers: Timers | None = None) -> None:
    (timers or every_timer(hub)).turn(hub.clock.now(), hub.clock.mono_ns())


def every_timer(hub: HubHome) -> Timers:
    return Timers(hub.database, make_duties(hub.role))


def listen(hub: HubHome, since_s: float | None = 0) -> None:
    """Ingest beats now, and has listened since so many seconds after the start."""
    since = None if since_s is None else START + timedelta(seconds=since_s)
    with hub.database.writing() as tx:
        heartbeat.begin(tx, Role.INGEST, START)
        heartbeat.beat(tx, Role.INGEST, hub.clock.now(), since)


def silences(hub: HubHome) -> list[Alert]:
    with hub.database.reading() as tx:
        return [each for each in list_alerts(tx) if each.kind is AlertKind.EDGE_SILENT]


def test_an_entry_expires_at_its_very_instant_in_a_new_version(hub: HubHome) -> None:
    entry = WantedEntry(
        id=entry_id_of("755123456789"),
        waybill="755123456789",
        result=WantedResult.STOP,
        reason="r",
        expires_at=format_at(START + timedelta(seconds=60)),
    )
    with hub.database.writing() as tx:
        put_entry(tx, entry, hub.clock.now())
    hub.clock.move(59)
    turn(hub)
    with hub.database.reading() as tx:
        assert find_entry(tx, entry.waybill) == entry
    hub.clock.move(1)
    turn(hub)
    with hub.database.reading() as tx:
        assert find_entry(tx, entry.waybill) is None
        assert (list_version(tx), current_list(tx).entries) == (3, ())


def test_a_silent_edge_is_one_alert_that_closes_itself(hub: HubHome, edge: SigningEdge) -> None:
    hub.take(seal(edge.state(), edge.key), Channel.STATE)
    hub.clock.move(SILENT_S - 1)
    listen(hub)
    turn(hub)
    assert silences(hub) == []
    hub.clock.move(1)
    listen(hub)
    for _ in range(3):
        turn(hub)
    (alert,) = silences(hub)
    assert (alert.state, alert.count, alert.subject) == (AlertState.OPEN, 1, "755A/dock")
    hub.take(seal(edge.state(), edge.key), Channel.STATE)
    assert silences(hub)[0].state is AlertState.CLOSED


def test_an_edge_that_never_spoke_is_silent_too(hub: HubHome, edge: SigningEdge) -> None:
    hub.clock.move(SILENT_S)
    listen(hub)
    turn(hub)
    assert len(silences(hub)) == 1


def test_edges_are_not_blamed_for_the_hubs_own_deafness(hub: HubHome, edge: SigningEdge) -> None:
    hub.clock.move(3600)
    turn(hub)
    listen(hub, since_s=None)
    turn(hub)
    listen(hub, since_s=3600 - SILENT_S + 1)
    turn(hub)
    assert silences(hub) == []
    hub.clock.move(1)
    listen(hub, since_s=3600 - SILENT_S + 1)
    turn(hub)
    assert len(silences(hub)) == 1


@pytest.mark.parametrize("jump_s", [3600, -3600, 25 * 3600, -25 * 3600])
def test_a_clock_that_was_set_is_no_silence_and_hides_none(
    hub: HubHome, edge: SigningEdge, jump_s: float
) -> None:
    timers = every_timer(hub)
    hub.take(seal(edge.state(), edge.key), Channel.STATE)
    listen(hub)
    turn(hub, timers)
    hub.clock.move(jump_s)
    for _ in range(SILENT_S):
        listen(hub)
        turn(hub, timers)
        assert silences(hub) == []
        hub.clock.move(1)
    listen(hub)
    turn(hub, timers)
    assert len(silences(hub)) == 1


def test_a_role_is_alive_while_it_beats(hub: HubHome) -> None:
    listen(hub)

    def alive(rate: float = 1.0) -> bool:
        with hub.database.reading() as tx:
            return is_alive(heartbeats(tx).get(Role.INGEST), hub.clock.now(), rate)

    hub.clock.move(heartbeat.SILENT_S)
    assert alive()
    hub.clock.move(0.001)
    assert not alive()
    assert alive(rate=2.0)
    assert not is_alive(None, START, 1.0)


def test_what_is_over_is_swept_each_minute(hub: HubHome) -> None:
    timers = every_timer(hub)
    turn(hub, timers)
    with hub.database.writing() as tx:
        make_console_link(tx, START - timedelta(hours=2), hub.clock.random_bytes)
    before = hub.count("credential")
    hub.clock.move(59)
    turn(hub, timers)
    assert hub.count("credential") == before
    hub.clock.move(1)
    turn(hub, timers)
    assert hub.count("credential") == before - 1


class BrokenDuty:
    name = "broken"

    def run(self, tx: Connection, now: datetime) -> None:
        make_console_link(tx, now, bytes)
        raise RuntimeError("a room's mistake")


class PatientDuty:
    name = "patient"

    def __init__(self) -> None:
        self.ran_at: list[datetime] = []

    def run(self, tx: Connection, now: datetime) -> None:
        self.ran_at.append(now)


def test_a_duty_that_fails_leaves_nothing_behind_and_costs_the_others_nothing(
    hub: HubHome,
) -> None:
    patient, before = PatientDuty(), hub.count("credential")
    with hub.database.writing() as tx:
        heartbeat.begin(tx, Role.CLOCK, hub.clock.now() - timedelta(seconds=5))
    Timers(hub.database, [BrokenDuty(), patient]).turn(hub.clock.now(), hub.clock.mono_ns())
    assert patient.ran_at == [hub.clock.now()]
    assert hub.count("credential") == before
    with hub.database.reading() as tx:
        assert heartbeats(tx)[Role.CLOCK].beat_at == hub.clock.now()
