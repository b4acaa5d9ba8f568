"""The ingest loop: commit, then acknowledge, then answer; and what a kill in between costs."""

import contextlib
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection

from hub.clock import Clock, SystemClock
from hub.db.engine import Database, open_database
from hub.db.outbox import POLL_S
from hub.ingest.commands import HEAD_EVERY_S, CommandDesk
from hub.ingest.intake import Incoming
from hub.ingest.link import BrokerLink, Received
from hub.ingest.projecting import Projection
from hub.ingest.pushes import PackPusher, WantedPusher
from hub.ingest.worker import Worker
from ledger.signing import peek, seal
from tests.broker_parts import EdgeCable, mosquitto, wait_for
from tests.hub_parts import HubHome, SigningEdge
from tests.rig.programs import free_port
from wire.limits import MESSAGE_BYTES_MAX
from wire.messages import MessageBase, Receipt, WantedDelta, WantedFetch, WantedHead
from wire.topics import Channel, Topic


class FakeLink:
    """A broker that checks the order of what the worker does."""

    def __init__(self, hub: HubHome) -> None:
        self._hub = hub
        self.listening_since: datetime | None = hub.clock.now()
        self.waiting: list[Received] = []
        self.acknowledged: list[int] = []
        self.sent: list[tuple[Topic, MessageBase]] = []
        self.events_at_ack: list[int] = []
        self._next_id = 0

    def bring(self, payload: bytes, channel: Channel = Channel.EVENTS) -> None:
        self._next_id += 1
        topic = str(Topic("755A", "dock", channel))
        incoming = Incoming(topic, payload, self._hub.clock.now())
        self.waiting.append(Received(incoming, self._next_id, 1, 1))

    def take(self, count_max: int, bytes_max: int, timeout_s: float) -> list[Received]:
        taken, self.waiting = self.waiting[:count_max], self.waiting[count_max:]
        return taken

    def acknowledge(self, received: Sequence[Received]) -> None:
        self.events_at_ack.append(self._hub.count("event"))
        self.acknowledged += [each.packet_id for each in received]

    def send(self, topic: Topic, payload: bytes) -> None:
        if topic.channel is Channel.RECEIPT:
            assert self.acknowledged, "a receipt before the acknowledgement"
        self.sent.append((topic, peek(payload, MESSAGE_BYTES_MAX)))

    def receipts(self) -> list[Receipt]:
        return [message for _, message in self.sent if isinstance(message, Receipt)]


def make_worker(
    hub: HubHome,
    link: FakeLink | BrokerLink,
    projections: list[Projection] | None = None,
    database: Database | None = None,
    clock: Clock | None = None,
) -> Worker:
    desk = CommandDesk(hub.clock.random_bytes)
    return Worker(
        database or hub.database,
        link,
        hub.intake(projections),
        (WantedPusher(desk), PackPusher(desk)),
        hub.keys.statement,
        clock or hub.clock,
    )


STOP = threading.Event()


def test_a_group_is_committed_then_acknowledged_then_answered(
    hub: HubHome, edge: SigningEdge
) -> None:
    link = FakeLink(hub)
    for _ in range(3):
        link.bring(edge.batch([edge.line(edge.scan())]))
    make_worker(hub, link).step(STOP)
    assert link.events_at_ack == [3]
    assert link.acknowledged == [1, 2, 3]
    assert [each.heads[0].seq for each in link.receipts()] == [1, 2, 3]


def test_the_receipt_says_when_it_came_and_when_the_answer_left(
    hub: HubHome, edge: SigningEdge
) -> None:
    class Slow(FakeLink):
        def acknowledge(self, received: Sequence[Received]) -> None:
            super().acknowledge(received)
            hub.clock.move(2)

    link = Slow(hub)
    link.bring(edge.batch([edge.line(edge.scan())]))
    make_worker(hub, link).step(STOP)
    (receipt,) = link.receipts()
    assert receipt.received_at == "2026-11-22T01:00:00.000Z"
    assert receipt.sent_at == "2026-11-22T01:00:02.000Z"


def test_a_message_of_ours_and_its_resend_in_one_group_are_stored_once(
    hub: HubHome, edge: SigningEdge
) -> None:
    link = FakeLink(hub)
    batch = edge.batch([edge.line(edge.scan())])
    link.bring(batch)
    link.bring(batch)
    make_worker(hub, link).step(STOP)
    assert hub.count("event") == 1
    assert len(link.receipts()) == 2


def test_nothing_is_acknowledged_while_the_database_fails_and_all_is_stored_after(
    hub: HubHome, edge: SigningEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.ingest.worker.RETRY_S", 0.01)
    monkeypatch.setattr("hub.db.engine.BUSY_TIMEOUT_MS", 10)
    impatient = open_database(hub.url)
    link = FakeLink(hub)
    link.bring(edge.batch([edge.line(edge.scan())]))
    worker = make_worker(hub, link, database=impatient)
    with hub.database.writing():
        thread = threading.Thread(target=worker.step, args=(STOP,))
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
        assert link.acknowledged == []
    thread.join(10)
    impatient.close()
    assert link.acknowledged == [1]
    assert hub.count("event") == 1


class _FailsOnOneSpool:
    """A bug in the hub's own code, outside any projection's savepoint."""

    def __init__(self, hub: HubHome) -> None:
        self._intake = hub.intake()

    def take_group(self, tx: Connection, group: Sequence[Incoming]) -> object:
        outgoing = self._intake.take_group(tx, group)
        if any(b"abab" in each.payload for each in group):
            raise ZeroDivisionError("our bug")
        return outgoing


def test_a_message_that_our_code_fails_on_is_kept_and_stops_nothing(
    hub: HubHome, edge: SigningEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = FakeLink(hub)
    other = hub.enrol(SigningEdge(spool="ab" * 16))
    for each in (edge, other, edge):
        link.bring(each.batch([each.line(each.scan())]))
    worker = make_worker(hub, link)
    monkeypatch.setattr(worker, "_intake", _FailsOnOneSpool(hub))
    worker.step(STOP)
    assert hub.count("event") == 2
    assert hub.count("quarantine") == 1
    assert link.acknowledged == [1, 2, 3]
    assert len(link.receipts()) == 2


# ---------------------------------------------------------------- pushes


def test_changes_are_pushed_at_once_and_a_head_each_minute(hub: HubHome, edge: SigningEdge) -> None:
    link = FakeLink(hub)
    worker = make_worker(hub, link)

    def pushed() -> list[MessageBase]:
        link.sent.clear()
        hub.clock.move(POLL_S)
        worker.step(STOP)
        return [message for _, message in link.sent]

    (fetch,) = pushed()
    assert isinstance(fetch, WantedFetch)
    assert pushed() == []
    held = hub.list_head()
    link.bring(seal(edge.state(held), edge.key), Channel.STATE)
    pushed()
    for version in (2, 3):
        hub.put_wanted(f"75512345678{version}")
        (delta,) = pushed()
        assert isinstance(delta, WantedDelta)
        # The edge has taken the earlier push, though its last state is older.
        assert (delta.from_version, delta.head.version) == (version - 1, version)
    hub.clock.move(HEAD_EVERY_S - 2 * POLL_S)
    assert pushed() == []
    (head,) = pushed()
    assert isinstance(head, WantedHead)
    assert head.head.version == 3


def test_nothing_is_pushed_without_a_connection_and_all_of_it_after(
    hub: HubHome, edge: SigningEdge
) -> None:
    link = FakeLink(hub)
    link.listening_since = None
    worker = make_worker(hub, link)
    worker.step(STOP)
    assert link.sent == []
    hub.clock.move(POLL_S)
    link.listening_since = hub.clock.now()
    worker.step(STOP)
    assert len(link.sent) == 1


# ---------------------------------------------------------------- kills, over a real broker


def run_worker(hub: HubHome, port: int, killed: str) -> subprocess.Popen[bytes]:
    root = Path(__file__).parents[3]
    arguments = [str(hub.data_dir), str(hub.url), str(port), killed]
    return subprocess.Popen([sys.executable, "-m", "tests.dying_worker", *arguments], cwd=root)


@pytest.mark.parametrize(
    ("kind", "killed", "stored_then"),
    [
        ("sqlite", "before-commit", 0),
        ("sqlite", "after-commit", 1),
        ("sqlite", "after-ack", 1),
        # The server must notice the death and free the writers' lock.
        ("postgresql", "before-commit", 0),
    ],
    indirect=["kind"],
)
def test_a_kill_around_the_commit_loses_and_doubles_nothing(
    tmp_path: Path, hub: HubHome, edge: SigningEdge, killed: str, stored_then: int
) -> None:
    port = free_port()
    with mosquitto(tmp_path, port):
        cable = EdgeCable(port, "755A", "dock", hub.keys.statement.public_key)
        dying = run_worker(hub, port, killed)
        batch = edge.batch([edge.line(edge.scan())])
        try:
            while dying.poll() is None:
                cable.publish(batch)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    dying.wait(0.3)
            assert dying.returncode == -signal.SIGKILL
            assert hub.count("event") == stored_then
            living = run_worker(hub, port, "never")
            try:
                receipt = resend_until_receipt(cable, batch)
            finally:
                living.kill()
                living.wait()
        finally:
            cable.close()
    assert receipt.heads[0].seq == 1
    assert hub.count("event") == 1


def resend_until_receipt(cable: EdgeCable, batch: bytes) -> Receipt:
    for _ in range(40):
        cable.publish(batch)
        try:
            receipt = cable.receive(Receipt, deadline_s=0.5)
        except queue.Empty:
            continue
        assert isinstance(receipt, Receipt)
        return receipt
    raise AssertionError("no receipt")


def test_a_new_entry_reaches_a_connected_edge_in_under_a_second(
    tmp_path: Path, hub: HubHome, edge: SigningEdge
) -> None:
    port = free_port()
    with mosquitto(tmp_path, port):
        cable = EdgeCable(port, "755A", "dock", hub.keys.statement.public_key)
        link = BrokerLink(f"mqtt://127.0.0.1:{port}", "hub-test", hub.clock.now)
        stop = threading.Event()
        worker = make_worker(hub, link, clock=SystemClock())
        thread = threading.Thread(target=lambda: run_until(worker, stop))
        link.start()
        thread.start()
        try:
            wait_for("the subscription", lambda: link.listening_since)
            held = hub.list_head()
            cable.publish(seal(edge.state(held), edge.key), Channel.STATE)
            cable.receive(Receipt)
            begun = time.monotonic()
            hub.put_wanted("755123456789")
            delta = cable.receive(WantedDelta)
            assert time.monotonic() - begun < 1.0
            assert isinstance(delta, WantedDelta)
            assert [each.waybill for each in delta.put] == ["755123456789"]
        finally:
            stop.set()
            thread.join()
            link.stop()
            cable.close()


def run_until(worker: Worker, stop: threading.Event) -> None:
    while not stop.is_set():
        worker.step(stop)


def test_the_link_comes_back_with_the_broker(tmp_path: Path, hub: HubHome) -> None:
    port = free_port()
    link = BrokerLink(f"mqtt://127.0.0.1:{port}", "hub-test", hub.clock.now)
    link.start()
    try:
        for _ in range(2):
            assert link.listening_since is None
            with mosquitto(tmp_path, port):
                wait_for("a connection", lambda: link.listening_since)
            wait_for("its end", lambda: link.listening_since is None)
            link.send(Topic("755A", "dock", Channel.CMD), b"dropped, not kept")
    finally:
        link.stop()


def test_a_full_inbox_stops_reading_and_drops_nothing(
    tmp_path: Path, hub: HubHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.ingest.link.INBOX_MAX", 2)
    port = free_port()
    with mosquitto(tmp_path, port):
        link = BrokerLink(f"mqtt://127.0.0.1:{port}", "hub-test", hub.clock.now)
        cable = EdgeCable(port, "755A", "dock", hub.keys.statement.public_key)
        link.start()
        try:
            wait_for("the subscription", lambda: link.listening_since)
            for n in range(10):
                cable.publish(b"%d" % n)
            taken: list[Received] = []
            while len(taken) < 10:
                found = link.take(3, 1_000_000, timeout_s=10)
                assert 0 < len(found) <= 3
                taken += found
            link.acknowledge(taken)
        finally:
            link.stop()
            cable.close()
    assert [each.incoming.payload for each in taken] == [b"%d" % n for n in range(10)]
