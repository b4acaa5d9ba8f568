"""What people were told against what is on record: nothing lost, doubled, invented or out of order.

The scanners' own logs say what was told; the spool of each edge and the hub's table say what is
true. Source: promises P1, P2 and P3.
"""

import base64
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from edge.spool_reader import SpoolReader
from simulators.pull_log import Pull, read_pulls
from tests.rig.programs import Edge, Hub, wait_until
from wire.names import Signal

LINES_PER_PAGE = 1_000
BYTES_PER_PAGE = 2**26
LOOKS, LOOK_S = 40, 0.1
Item = dict[str, Any]
Spools = dict[str, list[bytes]]
"""The lines of each spool, the oldest spool first."""


STOPPED = "75599999999"
"""What the waybills begin with that a laboratory stops; no other label of its does."""


def usual_tone(code: str) -> Signal:
    """What a laboratory's scanner must sound: its codes are waybills, some of high value."""
    if code.startswith(STOPPED):
        return Signal.STOP
    return Signal.WANTED if code.startswith("103") else Signal.OK


def wait_equal(hub: Hub, edges: Sequence[Edge], timeout_s: float = 30.0) -> None:
    """Until the hub has every line of every edge, as receipts and both sides' heads say."""
    for edge in edges:
        wait_until(lambda edge=edge: edge.depth() == 0, f"{edge.name} has its receipts", timeout_s)


def check_truth(
    hub: Hub,
    pulls: Mapping[tuple[str, str], Path],
    edges: Sequence[Edge],
    tone: Callable[[str], Signal] = usual_tone,
) -> dict[str, int]:
    """Compare everything; ``pulls`` are the logs by edge and device.

    Raises:
        AssertionError: something is lost, doubled, invented, out of order, or a tone was wrong.
    """
    spools, items = _at_rest(hub, edges)
    for edge in edges:
        _check_lines(edge, spools[edge.edge], [i for i in items if i["edge"] == edge.edge])
    told = lost_answers = 0
    for (edge_name, device), path in pulls.items():
        log = read_pulls(path)
        on_record = [
            item["waybill"]
            for item in _in_order(items, edge_name, list(spools[edge_name]))
            if (item["kind"], item["device"]) == ("scan", device)
        ]
        told += _check_device(log, on_record, tone)
        lost_answers += sum(each.answer is None for each in log)
    kept = sum(map(len, spools.values()))
    figures = {"spools": kept, "events": len(items), "told": told, "unanswered": lost_answers}
    return {**figures, "lost": 0, "doubled": 0, "reordered": 0, "tones without row": 0}


def _at_rest(hub: Hub, edges: Sequence[Edge]) -> tuple[dict[str, Spools], list[Item]]:
    """Both sides at one moment: a line that was written in between is waited for."""
    for _ in range(LOOKS):
        spools = {edge.edge: _spools(edge) for edge in edges}
        items = hub.events("")
        at_hub = Counter(item["spool"] for item in items)
        if all(at_hub[s] == len(lines) for kept in spools.values() for s, lines in kept.items()):
            break
        time.sleep(LOOK_S)
    return spools, items


def _check_lines(edge: Edge, spools: Spools, items: list[Item]) -> None:
    """The hub has the bytes of every line once, in the order in which it got them, to the head."""
    arrived: dict[str, list[tuple[int, bytes]]] = {}
    for item in items:
        line = base64.b64decode(item["line_b64"])
        arrived.setdefault(item["spool"], []).append((item["seq"], line))
    for spool, lines in spools.items():
        found = arrived.pop(spool, [])
        assert [seq for seq, _ in found] == list(range(1, len(lines) + 1)), (edge.name, spool)
        assert [line for _, line in found] == lines, f"{edge.name}: other bytes of {spool}"
    assert not arrived, f"{edge.name} never had the spools {list(arrived)}"


def count_lines(edge: Edge) -> int:
    """How many lines are on an edge's disk."""
    return sum(len(lines) for lines in _spools(edge).values())


def _spools(edge: Edge) -> Spools:
    """Every line of each spool, the oldest spool first, as on the edge's disk."""
    reader = SpoolReader(edge.data_dir / "spool.sqlite")
    try:
        kept = [spool.id for spool in reader.spools()]
        found: dict[str, list[bytes]] = {spool: [] for spool in kept}
        for page in reader.pages(None, LINES_PER_PAGE, BYTES_PER_PAGE):
            for line in page:
                found[json.loads(line)["spool"]].append(line)
    finally:
        reader.close()
    return found


def _in_order(items: list[Item], edge_name: str, spools: list[str]) -> list[Item]:
    """An edge's events in the order in which it recorded them, over its spools."""
    place = {spool: n for n, spool in enumerate(spools)}
    mine = [item for item in items if item["edge"] == edge_name]
    return sorted(mine, key=lambda item: (place[item["spool"]], item["seq"]))


def _check_device(log: list[Pull], on_record: list[str], tone: Callable[[str], Signal]) -> int:
    """One scanner's pulls against its events; how many were told that they are recorded."""
    place = {bytes.fromhex(each.code_hex).decode(): n for n, each in enumerate(log)}
    assert len(place) == len(log), "a laboratory's codes are all different"
    told = {
        code: log[n].answer
        for code, n in place.items()
        # While an earlier one was never answered, nobody knows which of them an answer is for.
        if log[n].answer not in (None, Signal.NOT_RECORDED) and not log[n].unanswered_before
    }
    lost = told.keys() - set(on_record)
    assert not lost, f"told as recorded, and nowhere: {sorted(lost)}"
    invented = set(on_record) - place.keys()
    assert not invented, f"recorded, and never scanned: {sorted(invented)}"
    assert all(place[a] < place[b] for a, b in pairwise(on_record)), "doubled or reordered"
    wrong = {code: str(heard) for code, heard in told.items() if heard is not tone(code)}
    assert not wrong, f"wrong tones: {wrong}"
    return len(told)
