"""Poison and slow listeners while people scan: the next good event flows, and others are served."""

import json
import os
import re
import socket
import time
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psutil
import pytest
from websockets.sync.client import connect

from ledger.keys import SigningKey
from ledger.signing import seal
from tests.faults.laboratory import Laboratory, open_laboratory
from tests.faults.poison import by_an_edge, by_the_hub, send_all, unreadable
from tests.hub_parts import SigningEdge
from tests.rig.programs import Hub
from wire.topics import TO_EDGES, Channel, Topic

PAUSE_S = 0.02
HUB_PER_MESSAGE_S = 0.3
SLOW_S = 1.0
GROWTH_MIB_MAX = 24
DEAF_CLIENTS = 8
ALERTS_HEARD = 3
HEARD_BY_EDGES = 40
"""Of the hub's rightly signed ones, what an edge rightly takes up: it asks and finds nothing."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with open_laboratory(tmp_path_factory.mktemp("strangers"), [["pty"], ["pty"]]) as lab:
        yield lab


def enrolled(hub: Hub) -> SigningEdge:
    """An edge whose key somebody hostile has."""
    ghost = SigningEdge(edge="ghost", key=SigningKey(os.urandom(32)))
    message = seal(ghost.enrol_message(), ghost.key)
    request = urllib.request.Request(f"{hub.url}/api/v1/edge/enrol", data=message, method="POST")
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert answer.status == 200
    return ghost


def test_poison_in_every_topic_stops_no_good_event(lab: Laboratory) -> None:
    ghost = enrolled(lab.hub)
    hub_key = SigningKey(bytes.fromhex((lab.hub.data_dir / "hub.key").read_text()))
    poisons = [
        (Topic("755A", edge, channel), payload)
        for edge in ("e0", "ghost", "nobody")
        for channel in Channel
        for payload in unreadable()
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
    memory_mib = memory_of(lab)
    lab.hub_wire.delay_s = HUB_PER_MESSAGE_S
    began_s = time.monotonic()
    scans = 0
    while time.monotonic() - began_s < SLOW_S:
        lab.scan_all(1)
        scans += 1
    assert all(edge.depth() > scans / 2 for edge in lab.edges), "it was not slow"
    lab.heal()
    lab.settle()
    print("slow hub", scans, "tones a scanner", memory_of(lab) - memory_mib, "MiB", lab.check())
    assert scans > 20 * SLOW_S
    assert memory_of(lab) - memory_mib < GROWTH_MIB_MAX


def test_listeners_that_do_not_read_cost_neither_memory_nor_the_others_anything(
    lab: Laboratory,
) -> None:
    bearer = {"Authorization": f"Bearer {lab.hub.token}"}
    edge, memory_mib = lab.edges[0], memory_of(lab)
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
    print("deaf listeners", round(served_s, 3), "s", memory_of(lab) - memory_mib, lab.check())
    assert {alert["kind"] for alert in alerts} == {"hv_passage"}
    assert served_s < SLOW_S
    assert memory_of(lab) - memory_mib < GROWTH_MIB_MAX


def memory_of(lab: Laboratory) -> int:
    """MiB that edges, hub and its roles have for themselves."""
    programs = [psutil.Process(each.pid) for each in (lab.hub, *lab.edges)]
    everybody = programs + [child for each in programs for child in each.children()]
    return int(sum(each.memory_full_info().uss for each in everybody) / 2**20)


@contextmanager
def deaf_client(port: int, path: str, headers: dict[str, str]) -> Iterator[None]:
    """Opens a WebSocket and never reads what comes."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", port))
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: Upgrade"]
        lines += ["Upgrade: websocket", "Sec-WebSocket-Version: 13"]
        lines += [f"Sec-WebSocket-Key: {b64encode(os.urandom(16)).decode()}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        client.sendall("\r\n".join([*lines, "", ""]).encode())
        assert client.recv(12) == b"HTTP/1.1 101"
        yield
