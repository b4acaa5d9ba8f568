"""The quarantine worked off: by words, or read again once its cause was cured; each thing once."""

import threading
from datetime import datetime

import httpx
import pytest
from sqlalchemy import Connection

from hub.access.service import Caller, Role
from hub.alerts.service import AlertKind
from hub.console.quarantine.desk import QuarantineDesk
from hub.ingest import again, quarantine_store, rules, service
from hub.ingest.again import READ_AGAIN
from hub.ingest.intake import Intake
from hub.ingest.link import Received
from hub.ingest.projecting import Projection
from hub.ingest.quarantine_store import AskedItem, QuarantinedItem
from hub.ingest.worker import Worker
from ledger.keys import SigningKey
from tests.hub_parts import HubHome, SigningEdge, receipt_of
from tests.postgres_parts import on_both_databases
from tests.rest_parts import problem
from wire.events import Event
from wire.lines import LineError, parse_line
from wire.messages import Batch
from wire.names import Result
from wire.topics import Topic

pytestmark = on_both_databases
WAYBILL = "103123456789"


class QuietLink:
    """Nothing comes, nothing is heard."""

    listening_since: datetime | None = None

    def take(self, count_max: int, bytes_max: int, timeout_s: float) -> list[Received]:
        del count_max, bytes_max, timeout_s
        return []

    def acknowledge(self, received: object) -> None:
        assert not received

    def send(self, topic: Topic, payload: bytes) -> None:
        raise AssertionError(f"nobody waits for {topic}: {payload!r}")


def turn(hub: HubHome, projections: list[Projection] | None = None) -> None:
    """One turn of ingest in which a heartbeat is due."""
    hub.clock.move(5)
    intake = hub.intake(projections)
    key = hub.keys.statement
    Worker(hub.database, QuietLink(), intake, (), key, hub.clock).step(threading.Event())


def items(hub: HubHome) -> list[QuarantinedItem]:
    with hub.database.reading() as tx:
        return service.quarantined(tx, 0, 100)


def ask(hub: HubHome, item_id: int) -> None:
    with hub.database.writing() as tx:
        assert service.ask_again(tx, item_id, None, "li", hub.clock.now())


@pytest.fixture
def older(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A program that cannot read scans of one waybill yet; ``undo`` makes it a newer one."""

    def read(line: bytes, batch: Batch, seq: int) -> Event:
        if f'"waybill":"{WAYBILL}"'.encode() in line:
            raise LineError("an unknown kind")
        return rules.read_line(line, batch, seq)

    monkeypatch.setattr("hub.ingest.arrivals.read_line", read)
    return monkeypatch


def test_a_line_that_a_newer_program_reads_is_stored_at_its_place_once_and_projected(
    hub: HubHome, edge: SigningEdge, older: pytest.MonkeyPatch
) -> None:
    lines = [edge.line(edge.scan("755000000001")), edge.line(edge.scan(WAYBILL, result=Result.HV))]
    batch = edge.batch([*lines, edge.line(edge.scan("755000000003"))])
    hub.take(batch)
    (item,) = items(hub)
    # The older program tries in vain: it is told, and stays open.
    ask(hub, item.id)
    turn(hub)
    (item,) = items(hub)
    assert (item.is_asked, item.tried, item.done_at) == (False, "an unknown kind", None)
    assert hub.alerts(AlertKind.HV_PASSAGE) == []

    older.undo()
    for _ in range(2):
        ask(hub, item.id)
        turn(hub)
    (item,) = items(hub)
    assert (item.done_by, item.done_why) == ("li", READ_AGAIN)
    assert item.raw == lines[1]
    assert sorted(view.stored.seq for view in hub.events()) == [1, 2, 3]
    (scan,) = [view for view in hub.events() if view.stored.seq == 2]
    assert scan.stored.line == lines[1]
    assert parse_line(scan.stored.line) == scan.event
    (passage,) = hub.alerts(AlertKind.HV_PASSAGE)
    assert (passage.waybill, passage.count) == (WAYBILL, 1)
    # The very batch again is a duplicate, whichever table its lines stand in.
    assert receipt_of(hub.take(batch)).problem is None
    assert len(hub.events()) == 3


def test_a_line_that_was_read_already_is_not_stored_twice(
    hub: HubHome, edge: SigningEdge, older: pytest.MonkeyPatch
) -> None:
    hub.take(edge.batch([edge.line(edge.scan(WAYBILL))]))
    older.undo()
    ask(hub, items(hub)[0].id)
    with hub.database.reading() as tx:
        (asked,) = quarantine_store.asked(tx, 10)
    for _ in range(2):
        with hub.database.writing() as tx:
            again.take_again(hub.intake(), tx, asked, hub.clock.now())
    assert [view.stored.seq for view in hub.events()] == [1]


def test_a_line_that_nobody_can_read_is_not_asked_for_ever(hub: HubHome, edge: SigningEdge) -> None:
    hub.take(edge.batch([edge.raw_line(b"garbage")]))
    (item,) = items(hub)
    ask(hub, item.id)
    turn(hub)
    with hub.database.reading() as tx:
        assert quarantine_store.asked(tx, 10) == []
    assert items(hub)[0].tried is not None


def test_a_batch_of_a_station_that_was_enrolled_later_is_taken_in(hub: HubHome) -> None:
    edge = SigningEdge()
    hub.take(edge.batch([edge.line(edge.scan()), edge.line(edge.scan())]))
    assert hub.events() == []
    (item,) = items(hub)
    ask(hub, item.id)
    turn(hub)
    assert items(hub)[0].tried == "unknown_key"
    hub.enrol(edge)
    ask(hub, item.id)
    turn(hub)
    assert [view.stored.seq for view in hub.events()] == [1, 2]
    assert items(hub)[0].done_why == READ_AGAIN


def test_a_batch_that_another_key_signed_never_comes_in_however_often_it_is_asked(
    hub: HubHome, edge: SigningEdge
) -> None:
    thief = SigningEdge(key=SigningKey(b"t" * 32))
    hub.take(thief.batch([thief.line(thief.scan())]))
    (item,) = items(hub)
    for _ in range(3):
        ask(hub, item.id)
        turn(hub)
    (item,) = items(hub)
    assert (hub.events(), item.tried, item.done_at) == ([], "bad_signature", None)


def test_a_batch_whose_lines_before_have_not_come_waits(hub: HubHome) -> None:
    edge = SigningEdge()
    edge.line(edge.scan())
    hub.take(edge.batch([edge.line(edge.scan())]))
    hub.enrol(edge)
    (item,) = items(hub)
    ask(hub, item.id)
    turn(hub)
    assert items(hub)[0].tried == "lines before it have not come"
    assert hub.events() == []


def test_an_item_on_which_the_program_fails_stops_neither_the_others_nor_ingest(
    hub: HubHome, edge: SigningEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.take(edge.batch([edge.raw_line(b"one"), edge.raw_line(b"two")]))
    first, second = items(hub)
    ask(hub, first.id)
    ask(hub, second.id)

    def fails_once(intake: Intake, tx: Connection, item: AskedItem, now: datetime) -> None:
        if item.id == first.id:
            raise RuntimeError("nobody foresaw this")
        again.take_again(intake, tx, item, now)

    monkeypatch.setattr("hub.ingest.worker.take_again", fails_once)
    turn(hub)
    one, two = items(hub)
    assert one.tried == "RuntimeError"
    assert two.tried not in (None, "RuntimeError")


def test_the_first_word_stands_and_nothing_done_is_asked_again(
    hub: HubHome, edge: SigningEdge
) -> None:
    hub.take(edge.batch([edge.raw_line(b"garbage")]))
    (item,) = items(hub)
    desk = QuarantineDesk(hub.web())
    administrator = Caller("sun", Role.ADMINISTRATOR, None)
    assert not desk.work_off(item.id, "nothing", Caller("li", Role.AUDITOR, None))
    assert not desk.ask_again(item.id, Caller("li", Role.AUDITOR, None))
    elsewhere = Caller("wu", Role.ADMINISTRATOR, frozenset({"021W"}))
    assert not desk.work_off(item.id, "nothing", elsewhere)
    assert desk.work_off(item.id, "a broken cable", administrator)
    assert desk.work_off(item.id, "something else", administrator)
    assert desk.ask_again(item.id, administrator)
    (head,) = desk.items(administrator, None).items
    assert (head.done_by, head.done_why, head.is_asked) == ("sun", "a broken cable", False)


@pytest.mark.anyio
async def test_administrators_work_off_by_rest(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    hub.take(edge.batch([edge.raw_line(b"garbage"), edge.raw_line(b"more")]))
    first, second = items(hub)
    done = await admin.post(f"/api/v1/quarantine/{first.id}/done", json={"reason": "seen"})
    again = await admin.post(f"/api/v1/quarantine/{second.id}/again")
    assert (done.status_code, again.status_code) == (204, 202)
    listed = (await admin.get("/api/v1/quarantine")).json()["items"]
    assert [(each["done_why"], each["is_asked"]) for each in listed] == [
        ("seen", False),
        (None, True),
    ]
    problem(await admin.post("/api/v1/quarantine/999/done", json={"reason": "seen"}), 404)
    problem(await admin.post(f"/api/v1/quarantine/{first.id}/done", json={"reason": ""}), 422)
