"""What strangers and thieves get of a real mosquitto on the folder that we write: nothing.

Each test asserts on what was received: a broker grants a subscription to ``#`` and delivers nothing
(facts.md). The hub's end is a client with the hub's own certificate.
"""

import os
import ssl
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
import trustme

from hub.access.service import revoke
from hub.broker_folder import PACKET_BYTES_MAX, Told, refresh_revocations
from hub.broker_identity import BrokerIdentity, keep_certificate
from hub.ingest.link import BrokerLink
from tests.rig.closed import Authority, Caller, ClosedBroker, Pair, authority
from tests.rig.programs import free_port, running, wait_until
from wire.topics import BY_EDGES, HUB_SUBSCRIPTIONS, TO_EDGES, Channel, Topic, edge_subscriptions

SITE = "755A"
MARK = b"the last one"

LET_IN = "Success"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Authority, ClosedBroker]]:
    directory = tmp_path_factory.mktemp("closed")
    with authority(directory) as hub:
        broker = ClosedBroker(directory, free_port())
        hub.folder(broker.port)
        with running(broker):
            yield hub, broker


@pytest.fixture(scope="module")
def hub(house: tuple[Authority, ClosedBroker]) -> Authority:
    return house[0]


@pytest.fixture(scope="module")
def broker(house: tuple[Authority, ClosedBroker]) -> ClosedBroker:
    return house[1]


@pytest.fixture(scope="module")
def dock(hub: Authority) -> Pair:
    return hub.edge(SITE, "dock")


@pytest.fixture(scope="module")
def cage(hub: Authority) -> Pair:
    return hub.edge(SITE, "cage")


@pytest.fixture
def callers() -> Iterator[list[Caller]]:
    found: list[Caller] = []
    yield found
    for each in found:
        each.close()


@pytest.fixture
def listener(hub: Authority, broker: ClosedBroker, callers: list[Caller]) -> Caller:
    """The hub's end, subscribed as the hub is."""
    caller = Caller(hub.hub().context(), broker.port)
    callers.append(caller)
    assert caller.connect() == LET_IN
    caller.subscribe(*HUB_SUBSCRIPTIONS)
    return caller


def call(broker: ClosedBroker, pair: Pair, callers: list[Caller], client_id: str = "") -> Caller:
    caller = Caller(pair.context(), broker.port, client_id)
    callers.append(caller)
    assert caller.connect() == LET_IN
    return caller


def topic(edge: str, channel: Channel) -> str:
    return str(Topic(SITE, edge, channel))


def wait_mark(listener: Caller, sender: Caller, edge: str) -> list[tuple[str, bytes]]:
    """All that the listener got before a last message, which must come through."""
    sender.publish(topic(edge, Channel.EVENTS), MARK)
    wait_until(lambda: (topic(edge, Channel.EVENTS), MARK) in listener.received, "the last one")
    return [each for each in listener.received if each[1] != MARK]


# ---------------------------------------------------------------- who comes in


def refused(broker: ClosedBroker, context: ssl.SSLContext, listener: Caller) -> None:
    """Not let in, and nothing of it received though it sends at once."""
    stranger = Caller(context, broker.port)
    try:
        assert stranger.connect() != LET_IN
        stranger.publish(topic("dock", Channel.EVENTS), b"forged")
        stranger.publish(topic("dock", Channel.STATE), b"forged")
    finally:
        stranger.close()
    assert not [each for each in listener.received if each[1] == b"forged"]


def test_an_edge_with_its_certificate_is_let_in_under_its_own_name(
    broker: ClosedBroker, dock: Pair, listener: Caller, callers: list[Caller]
) -> None:
    edge = call(broker, dock, callers)
    edge.subscribe(*edge_subscriptions(SITE, "dock"))
    assert wait_mark(listener, edge, "dock") == []
    for channel in TO_EDGES:
        listener.publish(topic("dock", channel), channel.encode())
    wait_until(lambda: len(edge.received) == 2, "receipt and command")
    assert set(edge.received) == {(topic("dock", each), each.encode()) for each in TO_EDGES}


def test_without_a_certificate_nobody_is_let_in(
    broker: ClosedBroker, dock: Pair, listener: Caller
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile=dock.authority)
    refused(broker, context, listener)


def test_a_certificate_of_a_foreign_authority_lets_nobody_in(
    broker: ClosedBroker, dock: Pair, listener: Caller, tmp_path: Path
) -> None:
    forged = trustme.CA().issue_cert(common_name=f"{SITE}/dock")
    pair = tmp_path / "forged.pem"
    forged.private_key_and_cert_chain_pem.write_to_path(pair)
    refused(broker, Pair(pair, dock.authority).context(), listener)


def test_tls_1_2_is_not_spoken(broker: ClosedBroker, dock: Pair, listener: Caller) -> None:
    context = dock.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    refused(broker, context, listener)


def test_a_certificate_that_has_ended_lets_nobody_in(
    hub: Authority, broker: ClosedBroker, listener: Caller
) -> None:
    refused(broker, hub.edge(SITE, "old", ago=timedelta(days=91)).context(), listener)


def test_the_brokers_own_certificate_is_no_clients(
    broker: ClosedBroker, dock: Pair, listener: Caller
) -> None:
    refused(broker, Pair(broker.folder / "broker.pem", dock.authority).context(), listener)


def test_a_revoked_certificate_lets_nobody_in_once_the_broker_was_told(
    hub: Authority, broker: ClosedBroker, listener: Caller, callers: list[Caller]
) -> None:
    home = hub.home
    enrolled(hub, "lost")
    pair, bystander = hub.edge(SITE, "lost"), hub.edge(SITE, "bystander")
    call(broker, pair, callers).close()
    with home.database.writing() as tx:
        assert revoke(tx, SITE, "lost", "li", "stolen from the office", home.clock.now())
    told = refresh_revocations(
        home.settings.data_dir, home.database, home.keys.authority, home.clock
    )
    assert told is Told.WRITTEN
    broker.reload()
    wait_until(lambda: not is_let_in(broker, pair), "the broker knows the revoked")
    refused(broker, pair.context(), listener)
    call(broker, bystander, callers)


def is_let_in(broker: ClosedBroker, pair: Pair) -> bool:
    caller = Caller(pair.context(), broker.port)
    try:
        return caller.connect() == LET_IN
    finally:
        caller.close()


def enrolled(hub: Authority, edge: str) -> None:
    with hub.home.database.writing() as tx:
        tx.exec_driver_sql(
            f"INSERT INTO edge (site, name, public_key, enrolled_at) VALUES ('{SITE}', '{edge}',"
            f" '{os.urandom(32).hex()}', 0)"
        )


def test_a_foreign_broker_is_not_believed(broker: ClosedBroker, dock: Pair, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.pem"
    trustme.CA().cert_pem.write_to_path(foreign)
    caller = Caller(Pair(dock.file, foreign).context(), broker.port)
    assert caller.connect() == "SSLCertVerificationError"


# ---------------------------------------------------------------- what one may do inside


def test_a_stolen_client_id_takes_over_nobodys_connection(
    broker: ClosedBroker, dock: Pair, cage: Pair, listener: Caller, callers: list[Caller]
) -> None:
    edge = call(broker, dock, callers, client_id=f"{SITE}.dock")
    edge.subscribe(*edge_subscriptions(SITE, "dock"))
    for stolen in (f"{SITE}.dock", f"{SITE}/dock", "custos-hub"):
        thief = call(broker, cage, callers, client_id=stolen)
        thief.subscribe(*edge_subscriptions(SITE, "dock"))
        edge.received.clear()
        listener.publish(topic("dock", Channel.CMD), MARK)
        wait_until(lambda: edge.received, "the edge still hears")
        assert thief.received == []
        thief.close()
    assert edge.ended.empty()
    assert listener.ended.empty()


@pytest.mark.parametrize("channel", BY_EDGES)
def test_an_edge_writes_on_no_other_edges_topic(
    broker: ClosedBroker,
    dock: Pair,
    cage: Pair,
    listener: Caller,
    callers: list[Caller],
    channel: Channel,
) -> None:
    thief = call(broker, cage, callers)
    for name in ("dock", "other"):
        thief.publish(topic(name, channel), b"forged")
    assert wait_mark(listener, thief, "cage") == []


@pytest.mark.parametrize("channel", TO_EDGES)
def test_an_edge_speaks_to_nobody_as_the_hub(
    broker: ClosedBroker,
    dock: Pair,
    cage: Pair,
    listener: Caller,
    callers: list[Caller],
    channel: Channel,
) -> None:
    edge = call(broker, dock, callers)
    edge.subscribe(*edge_subscriptions(SITE, "dock"))
    thief = call(broker, cage, callers)
    for name in ("dock", "cage"):
        thief.publish(topic(name, channel), b"forged")
    listener.publish(topic("dock", channel), MARK)
    wait_until(lambda: edge.received, "what the hub sends")
    assert edge.received == [(topic("dock", channel), MARK)]


@pytest.mark.parametrize(
    "pattern",
    ["#", "custos/#", "custos/v1/+/+/events", f"custos/v1/{SITE}/dock/#", "+/+/+/+/receipt",
     "$share/hub/custos/v1/+/+/events", "$SYS/#"],
)  # fmt: skip
def test_a_wildcard_subscription_delivers_nothing_of_others(
    broker: ClosedBroker,
    dock: Pair,
    cage: Pair,
    listener: Caller,
    callers: list[Caller],
    pattern: str,
) -> None:
    thief = call(broker, cage, callers)
    thief.subscribe(pattern)
    edge = call(broker, dock, callers)
    edge.publish(topic("dock", Channel.STATE), b"state")
    for channel in TO_EDGES:
        listener.publish(topic("dock", channel), b"for the dock")
    wait_mark(listener, edge, "dock")
    # What the broker would have sent the thief lies before this in its queue.
    thief.subscribe(topic("cage", Channel.CMD))
    listener.publish(topic("cage", Channel.CMD), MARK)
    wait_until(lambda: (topic("cage", Channel.CMD), MARK) in thief.received, "its own command")
    assert set(thief.received) == {(topic("cage", Channel.CMD), MARK)}


def test_retained_poison_is_given_to_nobody_who_comes_later(
    hub: Authority, broker: ClosedBroker, dock: Pair, listener: Caller, callers: list[Caller]
) -> None:
    thief = call(broker, dock, callers)
    thief.publish(topic("dock", Channel.EVENTS), b"poison", retain=True)
    wait_until(lambda: not thief.ended.empty(), "the broker ends who retains")
    listener.close()
    late = call(broker, hub.hub(), callers)
    late.subscribe(*HUB_SUBSCRIPTIONS)
    assert wait_mark(late, call(broker, dock, callers), "dock") == []


def test_a_retained_will_is_refused_at_the_door(
    broker: ClosedBroker, dock: Pair, listener: Caller, callers: list[Caller]
) -> None:
    thief = Caller(dock.context(), broker.port, retained_will=topic("dock", Channel.STATE))
    callers.append(thief)
    assert thief.connect() == "Retain not supported"
    assert wait_mark(listener, call(broker, dock, callers), "dock") == []


@pytest.mark.parametrize(("extra", "is_taken"), [(-200, True), (200, False)])
def test_a_packet_over_the_bound_ends_the_connection_and_goes_nowhere(
    broker: ClosedBroker,
    dock: Pair,
    listener: Caller,
    callers: list[Caller],
    extra: int,
    is_taken: bool,
) -> None:
    edge = call(broker, dock, callers)
    payload = b"x" * (PACKET_BYTES_MAX + extra)
    edge.publish(topic("dock", Channel.EVENTS), payload)
    sender = edge if is_taken else call(broker, dock, callers)
    got = wait_mark(listener, sender, "dock")
    assert got == ([(topic("dock", Channel.EVENTS), payload)] if is_taken else [])
    assert edge.ended.empty() is is_taken


# ---------------------------------------------------------------- the hub's own end


class WatchedSocket(ssl.SSLSocket):
    """Remembers which threads have written."""

    writers: ClassVar[set[str]] = set()

    def send(self, data: Any, flags: int = 0) -> int:
        self.writers.add(threading.current_thread().name)
        return super().send(data, flags)


def test_only_one_thread_of_the_hub_writes_on_its_connection(
    hub: Authority, broker: ClosedBroker, dock: Pair, callers: list[Caller]
) -> None:
    home = hub.home
    keep_certificate(home.settings.data_dir, home.database, home.keys, home.clock)
    identity = BrokerIdentity(home.settings.data_dir)
    identity.context.sslsocket_class = WatchedSocket
    link = BrokerLink(broker.url, "hub", home.clock.now, identity)
    link.start()
    try:
        wait_until(lambda: link.listening_since, "the hub listens")
        edge = call(broker, dock, callers)
        edge.subscribe(*edge_subscriptions(SITE, "dock"))
        for _ in range(20):
            edge.publish(topic("dock", Channel.EVENTS), MARK)
            link.acknowledge(link.take(10, 1_000_000, 5.0))
            link.send(Topic(SITE, "dock", Channel.RECEIPT), b"receipt")
            wait_until(lambda: edge.received, "its answer", 0.5)
            edge.received.clear()
        assert link.is_running
    finally:
        link.stop()
    # OpenSSL takes no two threads on one connection: it breaks, now and then.
    assert len(WatchedSocket.writers) == 1
    assert threading.current_thread().name not in WatchedSocket.writers
    assert not link.is_running
