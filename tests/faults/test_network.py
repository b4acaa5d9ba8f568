"""What is around hub and edges fails while people scan: network, disk, strangers, listeners.

Each fault in both forms, "failed" and "failed after it had happened", where there are two. A real
mosquitto, hub and two edges; our proxies stand in their cables. What the scanners heard is compared
with what the hub has (tests/faults/truth.py).
"""

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from ledger.keys import SigningKey
from tests.faults.laboratory import Laboratory, open_laboratory
from tests.faults.listeners import deaf_client, memory_mib
from tests.faults.poison import by_an_edge, by_the_hub, enrolled, send_all, unreadable
from tests.faults.proxy import Act, Proxy, Way
from tests.faults.truth import count_lines
from tests.rig.programs import Hub, wait_until
from tests.rig.small_disk import clear_disk, fill_disk, small_disk
from wire.topics import TO_EDGES, Channel, Topic

SCANS = 4
CUTS = (Act.CUT_BEFORE, Act.CUT_AFTER)
FAULT_S = 0.3
DISK_MIB = 48
FULL_S = 1.1
"""Longer than a heartbeat and a retry: each role meets the full disk."""
PAUSE_S = 0.02
HUB_PER_MESSAGE_S = 0.3
SLOW_S = 0.5
GROWTH_MIB_MAX = 24
DEAF_CLIENTS = 8
ALERTS_HEARD = 3
HEARD_BY_EDGES = 40
"""Of the hub's rightly signed ones, what an edge rightly takes up: it asks and finds nothing."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    directory = tmp_path_factory.mktemp("network")
    with (
        small_disk(directory / "hub", DISK_MIB),
        open_laboratory(directory, [["pty"], ["tcp"]]) as lab,
    ):
        yield lab


# The first one: once the database has copied its log back, it has room of its own within it.
def test_a_full_disk_at_the_hub_costs_time_and_nothing_else(lab: Laboratory) -> None:
    if not lab.hub.data_dir.is_mount():
        return  # nobody may mount one here
    fill_disk(lab.hub.data_dir)
    try:
        lab.scan_all(SCANS)
        wait_until(lambda: not readiness(lab.hub)["ready"], "the hub says so", FULL_S)
        assert not readiness(lab.hub)["room"]
        with pytest.raises(AssertionError, match="receipts for all lines"):
            lab.settle(FULL_S)
        # In this order: a line that is recorded, or stored, in between is no receipt. Some may be
        # stored, in the log's own room.
        recorded = sum(count_lines(edge) for edge in lab.edges)
        waiting = sum(edge.depth() for edge in lab.edges)
        stored = len(lab.hub.events(""))
        assert recorded - waiting <= stored, "a receipt without a commit"
        assert stored < recorded, "the disk was never full"
        assert "disk is full" in lab.hub.tail(100_000)
    finally:
        clear_disk(lab.hub.data_dir)

    lab.settle()
    wait_until(lambda: readiness(lab.hub)["ready"], "the hub is well again", FULL_S)
    print("full disk", lab.check())
    assert "role died" not in lab.hub.log.read_text()


def meet(lab: Laboratory, act: Act, armed: dict[Proxy, tuple[Way, str]]) -> None:
    """Scan until the packets have met ``act``, and on until all is receipted."""
    before = {wire: wire.met[act] for wire in armed}
    for wire, (way, channel) in armed.items():
        wire.arm(way, act, channel)
    lab.scan_all(SCANS)
    wait_until(lambda: all(wire.met[act] > n for wire, n in before.items()), f"packets {act}")
    lab.settle()
    print(act, lab.check())


@pytest.mark.parametrize("act", Act)
def test_a_batch_may_meet_any_fault_before_and_behind_the_broker(lab: Laboratory, act: Act) -> None:
    meet(lab, act, {lab.edge_wire: (Way.UP, "events"), lab.hub_wire: (Way.DOWN, "events")})


@pytest.mark.parametrize("act", Act)
def test_a_receipt_may_meet_any_fault_behind_and_before_the_broker(
    lab: Laboratory, act: Act
) -> None:
    armed = {lab.edge_wire: (Way.DOWN, "receipt")}
    if act not in CUTS:  # the hub's connection is cut with the batches
        armed[lab.hub_wire] = (Way.UP, "receipt")
    meet(lab, act, armed)


def test_a_half_open_connection_is_told_to_nobody_and_costs_nothing(lab: Laboratory) -> None:
    for wire in (lab.edge_wire, lab.hub_wire):
        wire.is_swallowing = True
    lab.scan_all(SCANS)
    time.sleep(FAULT_S)
    assert all(edge.depth() >= SCANS for edge in lab.edges), "something got through"
    lab.heal()
    lab.settle()
    print("half-open", lab.check())


def test_a_network_that_is_away_and_back_brings_all_of_it(lab: Laboratory) -> None:
    for wire in (lab.edge_wire, lab.hub_wire):
        wire.is_refusing = True
        wire.cut()
    lab.scan_all(5 * SCANS)
    lab.heal()
    lab.settle()
    print("away", lab.check())


def test_a_slow_line_delays_events_and_no_tone(lab: Laboratory) -> None:
    lab.edge_wire.delay_s = 0.2
    began_s = time.monotonic()
    lab.scan_all(2 * SCANS)
    scans = 2 * SCANS * len(lab.benches)
    assert time.monotonic() - began_s < scans * 0.2, "tones waited for the network"
    lab.heal()
    lab.settle()
    print("slow line", lab.check())


def test_poison_in_every_topic_stops_no_good_event(lab: Laboratory) -> None:
    ghost = enrolled(lab.hub)
    hub_key = SigningKey(bytes.fromhex((lab.hub.data_dir / "hub.key").read_text()))
    poisons = [
        (Topic("755A", edge, channel), payload)
        for edge, step in (("e0", 1), ("ghost", 9), ("nobody", 9))
        for channel in Channel
        for payload in list(unreadable())[::step]
    ]
    poisons += [
        (Topic("755A", "ghost", channel), payload) for channel, payload in by_an_edge(ghost)
    ]
    poisons += [
        (Topic("755A", "e0", channel), payload)
        for channel, payload in by_the_hub(hub_key, "755A", "e0")
    ]
    refused = refused_by_edges(lab)
    with lab.scanning(PAUSE_S):
        sent = send_all(lab.broker.port, poisons)
    lab.settle()
    lab.stop_one(0)
    print("poison", sent, lab.check())
    for_e0 = [t for t, _ in poisons if t.edge == "e0" and t.channel in TO_EDGES]
    assert refused_by_edges(lab) - refused >= len(for_e0) - HEARD_BY_EDGES
    kinds = {alert["kind"] for alert in lab.hub.get("alerts?limit=1000")["items"]}
    assert kinds > {"edge_refused", "line_quarantined", "spool_diverged", "list_overtaken"}
    assert len(lab.hub.get("quarantine?limit=1000")["items"]) < sent / 4, "kept once per hash"
    log = lab.hub.log.read_text() + "".join(edge.log.read_text() for edge in lab.edges)
    for failure in ("cannot be worked on", "role died", "uplink failed", "station failed"):
        assert failure not in log


def refused_by_edges(lab: Laboratory) -> int:
    return sum(figure(edge.metrics(), "custos_edge_refused_messages_total") for edge in lab.edges)


def figure(metrics: str, name: str) -> int:
    found = re.search(rf"^{name} (.*)$", metrics, re.MULTILINE)
    assert found is not None, name
    return int(float(found[1]))


def test_a_hub_that_takes_its_time_is_waited_for_by_lines_and_by_no_tone(lab: Laboratory) -> None:
    before_mib = memory_mib(lab)
    lab.hub_wire.delay_s = HUB_PER_MESSAGE_S
    began_s = time.monotonic()
    scans = 0
    while time.monotonic() - began_s < SLOW_S:
        lab.scan_all(1)
        scans += 1
    assert all(edge.depth() for edge in lab.edges), "it was not slow"
    lab.heal()
    lab.settle()
    print("slow hub", scans, "tones a scanner", memory_mib(lab) - before_mib, "MiB", lab.check())
    assert scans > 3 * SLOW_S / HUB_PER_MESSAGE_S, "tones waited for the hub"
    assert memory_mib(lab) - before_mib < GROWTH_MIB_MAX


def test_listeners_that_do_not_read_cost_neither_memory_nor_the_others_anything(
    lab: Laboratory,
) -> None:
    bearer = {"Authorization": f"Bearer {lab.hub.token}"}
    edge, before_mib = lab.edges[0], memory_mib(lab)
    with ExitStack() as stack:
        for _ in range(DEAF_CLIENTS):
            stack.enter_context(deaf_client(lab.hub.port, "/api/v1/live", bearer))
            stack.enter_context(deaf_client(edge.port, "/ws", {"Origin": edge.url}))
        address = f"ws://127.0.0.1:{lab.hub.port}/api/v1/live"
        live = stack.enter_context(connect(address, additional_headers=bearer, close_timeout=0.1))
        with lab.scanning(0.0):
            time.sleep(SLOW_S)
        began_s = time.monotonic()
        alerts = [json.loads(live.recv(timeout=5)) for _ in range(ALERTS_HEARD)]
        assert edge.page()["scan"]["seq"]
        served_s = time.monotonic() - began_s
        lab.settle()
    print("deaf listeners", round(served_s, 3), "s", memory_mib(lab) - before_mib, lab.check())
    assert "hv_passage" in {alert["kind"] for alert in alerts}
    assert memory_mib(lab) - before_mib < GROWTH_MIB_MAX


def test_a_hub_that_starts_on_a_full_disk_says_so_in_one_sentence(tmp_path: Path) -> None:
    with small_disk(tmp_path / "hub", DISK_MIB) as mounted:
        if not mounted:
            return
        hub = Hub(tmp_path, "mqtt://127.0.0.1:1")
        fill_disk(hub.data_dir)
        hub.launch()
        process = hub.process
        assert process is not None
        wait_until(lambda: process.poll() is not None, "the hub ends")
        assert process.poll() == 2, hub.tail()
        (sentence,) = hub.tail().splitlines()
        assert "full" in sentence


def readiness(hub: Hub) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(f"{hub.url}/readyz", timeout=5) as answer:
            found = json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            found = json.load(error)
    assert isinstance(found, dict)
    return found
