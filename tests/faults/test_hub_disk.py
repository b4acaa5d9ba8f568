"""A hub whose disk is full: nothing is acknowledged, everybody is told, and all of it comes later.

The real hub on a tmpfs of a few MiB. Where mounting is not allowed the words alone are shown.
"""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from hub.db import engine
from hub.db.engine import open_database, parse_url
from tests.faults.laboratory import open_laboratory
from tests.faults.truth import count_lines
from tests.rig.programs import Hub, wait_until
from tests.rig.small_disk import clear_disk, fill_disk, small_disk

DISK_MIB = 48
SCANS = 30
WAIT_S = 1.5
"""Longer than a heartbeat and a retry: each role meets the full disk."""


def test_a_database_says_whether_its_disk_takes_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_database(parse_url(None, tmp_path))
    assert database.has_room()
    monkeypatch.setattr(engine, "ROOM_BYTES_MIN", 2**62)
    assert not database.has_room()
    database.close()
    elsewhere = open_database(parse_url("postgresql://nobody@127.0.0.1:1/none", tmp_path))
    assert elsewhere.has_room()


def test_a_full_disk_at_the_hub_costs_time_and_nothing_else(tmp_path: Path) -> None:
    with small_disk(tmp_path / "hub", DISK_MIB) as mounted:
        if not mounted:
            return
        with open_laboratory(tmp_path, [["pty"]]) as lab:
            (bench,) = lab.benches
            lab.scan_all(SCANS)
            lab.settle()
            fill_disk(lab.hub.data_dir)
            stored = len(lab.hub.events(""))

            lab.scan_all(SCANS)
            wait_until(lambda: not readiness(lab.hub)["ready"], "the hub says so", WAIT_S)
            assert not readiness(lab.hub)["room"]
            with pytest.raises(AssertionError, match="receipts for all lines"):
                lab.settle(WAIT_S)
            assert len(lab.hub.events("")) == stored
            # In this order: a line that is recorded in between is no receipt.
            recorded = count_lines(bench.edge)
            assert recorded - bench.edge.depth() <= stored, "a receipt without a commit"
            assert "disk is full" in lab.hub.tail(100_000)

            clear_disk(lab.hub.data_dir)
            lab.settle()
            wait_until(lambda: readiness(lab.hub)["ready"], "the hub is well again", WAIT_S)
            print("full disk", lab.check())
            assert "role died" not in lab.hub.log.read_text()


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
