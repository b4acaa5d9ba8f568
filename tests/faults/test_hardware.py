"""Cables pulled in the middle of a code, clocks that jump, ten times as many scans as usual.

Real serial bytes and TCP, a real edge, hub and broker. What the scanners heard is compared with
what the hub has (tests/faults/truth.py).
"""

import base64
import itertools
import json
import time
from collections.abc import Iterator
from datetime import datetime
from statistics import quantiles
from typing import Any

import pytest

from simulators.pull_log import read_pulls
from simulators.scanner import Faults, frame_packets
from tests.faults.laboratory import ANSWER_S, Laboratory, open_laboratory
from tests.rig.programs import Edge, wait_until

HALVES = ("pty", "pty:plain", "pty:ssi", "pty:newland", "tcp", "tcp:plain", "listen:plain")
READ_S = 0.1
"""The edge has read by then what came before the plug was pulled."""
USUAL_PAUSE_S = 0.3
RUSH_S = 0.5
HOUR_S, DAY_S = 3600.0, 86_400.0
JUMPS = (HOUR_S, -HOUR_S, DAY_S + HOUR_S, -DAY_S - HOUR_S)
CLOSE_S = 300.0
"""Of the programs' time: on a machine that stands still for a moment their clocks run on."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    directory = tmp_path_factory.mktemp("hardware")
    with open_laboratory(directory, [HALVES, ["pty"]]) as lab:
        yield lab


def facts_of(lab: Laboratory, fact: str) -> list[dict[str, Any]]:
    lines = (json.loads(base64.b64decode(e["line_b64"])) for e in lab.hub.events("kind=station"))
    return [line for line in lines if line["fact"] == fact]


def pull_plugs(lab: Laboratory) -> None:
    """Out and in again, every scanner at once; both are told."""
    before = {fact: len(facts_of(lab, fact)) for fact in ("device_lost", "device_back")}
    for bench in lab.benches:
        bench.scanner.unplug()
    for edge in lab.edges:
        wait_until(lambda edge=edge: not any(is_plugged(edge)), "the loss is seen")
    for bench in lab.benches:
        bench.scanner.replug()
    lab.wait_scanners()
    lab.scan_all(1)
    lab.settle()
    for fact, count in before.items():
        assert len(facts_of(lab, fact)) == count + len(lab.benches)


def is_plugged(edge: Edge) -> Iterator[bool]:
    return (device["connected"] for device in edge.page()["devices"])


def test_a_plug_pulled_within_a_code_records_nothing_of_it(lab: Laboratory) -> None:
    for bench, share in zip(lab.benches, itertools.cycle([0.5, 1.0, 0.0]), strict=False):
        (frame,) = frame_packets(bench.scanner.protocol, next(bench.codes).encode(), "C0")
        bench.scanner.cable.write(frame[: max(1, int(share * (len(frame) - 1)))])
        bench.scanner.faults = Faults(split_bytes=1, pause_ms=1)
    time.sleep(READ_S)
    pull_plugs(lab)
    for bench in lab.benches:
        bench.scanner.faults = Faults()
    print("half a code", lab.check())


def test_a_plug_pulled_before_the_answer_leaves_a_whole_scan_or_none(lab: Laboratory) -> None:
    for bench in lab.benches:
        bench.scanner.pull(next(bench.codes))
    pull_plugs(lab)
    print("no answer", lab.check())


def test_a_scanner_that_comes_back_while_its_edge_is_away_is_told_to_be_back(
    lab: Laboratory,
) -> None:
    bench = lab.benches[-1]
    before = len(facts_of(lab, "device_back"))
    bench.scanner.unplug()
    wait_until(lambda: open_alerts(lab, "device_lost"), "the loss is told")
    bench.edge.kill()
    bench.scanner.replug()
    bench.edge.start()
    lab.wait_scanners()
    bench.scan_all(1)
    lab.settle()
    print("back", lab.check())
    assert len(facts_of(lab, "device_back")) == before + 1
    wait_until(lambda: not open_alerts(lab, "device_lost"), "the alert is over")


def open_alerts(lab: Laboratory, kind: str) -> list[dict[str, Any]]:
    found = lab.hub.get("alerts?state=open&limit=1000")["items"]
    return [each for each in found if each["kind"] == kind]


def test_ten_times_the_usual_rate_is_told_rightly_and_drains(lab: Laboratory) -> None:
    usual = rate_and_tones(lab, USUAL_PAUSE_S)
    burst = rate_and_tones(lab, 0.0)
    began_s = time.monotonic()
    wait_until(lambda: all(edge.depth() == 0 for edge in lab.edges), "the backlog drains")
    drained_s = time.monotonic() - began_s
    print("usual", usual, "burst", burst, "drained_s", round(drained_s, 2), lab.check())
    assert burst["scans_per_s"] >= 10 * usual["scans_per_s"]


def rate_and_tones(lab: Laboratory, pause_s: float) -> dict[str, float]:
    """Scan for a while with every scanner that answers; how many a second, how long for a tone."""
    benches = [bench for bench in lab.benches if not bench.is_deaf]
    before = [len(read_pulls(bench.pulls)) for bench in benches]
    began_s = time.monotonic()
    with lab.scanning(pause_s, benches):
        time.sleep(RUSH_S)
    took_s = time.monotonic() - began_s
    told_ms = [
        pull.answer_ms or ANSWER_S * 1000
        for bench, n in zip(benches, before, strict=True)
        for pull in read_pulls(bench.pulls)[n:]
    ]
    cuts = quantiles(told_ms, n=100)
    return {
        "scans_per_s": round(len(told_ms) / took_s, 1),
        "tone_ms_p50": cuts[49],
        "tone_ms_p99": cuts[98],
    }


def test_an_edge_whose_clock_jumps_keeps_its_order_and_tells_the_jump(lab: Laboratory) -> None:
    bench = lab.benches[-1]
    name = bench.edge.edge
    for jump_s in JUMPS:
        lab.clocks[name].jump(jump_s)
        bench.scan_all(2)
        lab.settle()
        bench.scan_all(2)
    lab.settle()
    print("edge clock", lab.check())
    told = facts_of(lab, "clock_step")
    steps = [each["clock_step_ms"] / 1000 for each in told if each["edge"] == name]
    assert [step for step in steps if abs(step) > CLOSE_S] == [
        pytest.approx(jump_s, abs=CLOSE_S) for jump_s in JUMPS
    ]
    check_times(lab)


def test_a_hub_whose_clock_jumps_keeps_the_order_and_its_list_goes_on(lab: Laboratory) -> None:
    for n, jump_s in enumerate(JUMPS):
        lab.clocks["hub"].jump(jump_s)
        lab.scan_all(2)
        lab.settle()
        lab.stop_one(n)
    print("hub clock", lab.check())


def check_times(lab: Laboratory) -> None:
    """Each event counts at its own time put right, or, where nobody knows that, as it says."""
    for item in lab.hub.events("kind=scan"):
        clock = json.loads(base64.b64decode(item["line_b64"]))["clock"]
        own_s = (moment(item["at"]) - moment(item["received_at"])).total_seconds()
        ahead_s = (moment(item["occurred_at"]) - moment(item["received_at"])).total_seconds()
        if item["time_doubted"]:
            assert own_s > DAY_S, item
            assert ahead_s == 0, item
        elif clock["offset_ms"] is None:
            assert ahead_s == own_s, item
        else:
            assert abs(ahead_s) < CLOSE_S, item


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
