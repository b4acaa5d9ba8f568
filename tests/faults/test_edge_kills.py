"""SIGKILL of the real edge at every step of a scan's way: what was answered is never missing.

Each fail-point kills the program at its n-th passing; the scanner, the broker and the hub live on.
The simulated scanner's own log says what the person was told; the hub's table says what is true.
"""

import json
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.rig.house import House, open_house
from tests.rig.programs import wait_until

FAIL_POINTS = (
    "read",
    "before_commit",
    "after_commit",
    "after_tone",
    "after_publish",
    "after_receipt",
)
KILLS_PER_POINT = 5
SCANS_PER_LIFE = 8
BETWEEN_SCANS_S = 0.04


def _live_until_killed(house: House, point: str, hit: int, first: int) -> None:
    """Start the edge with an armed fail-point and scan until it has died there.

    A start commits, publishes and is receipted too, so a small ``hit`` may kill it before any scan.
    """
    house.edge.env["CUSTOS_FAIL_POINT"] = f"{point}:{hit}"
    house.edge.launch()
    process = house.edge.process
    assert process is not None
    wait_until(
        lambda: process.poll() is not None or house.scanner.wait_host(0.0),
        "the edge opens its port, or dies on the way",
    )
    for number in range(first, first + SCANS_PER_LIFE):
        if process.poll() is not None:
            break
        house.scan(str(number), timeout_s=1.0)
        # Longer than the publisher's linger: each scan is a batch with a receipt of its own.
        time.sleep(BETWEEN_SCANS_S)
    wait_until(lambda: process.poll() is not None, f"the edge dies at {point}:{hit}", 15)
    assert process.returncode == -signal.SIGKILL, house.edge.tail()
    house.edge.process = None


def _answered(pulls: Path) -> list[str]:
    """The codes that the scanner's log says were answered with anything but not_recorded."""
    records = [json.loads(line) for line in pulls.read_text().splitlines()]
    told = [r for r in records if r["answer"] not in (None, "not_recorded")]
    return [bytes.fromhex(record["code_hex"]).decode() for record in told]


@pytest.mark.timeout(300)
def test_thirty_kills_lose_and_double_nothing_that_was_answered(tmp_path: Path) -> None:
    with open_house(tmp_path) as house:
        house.edge.stop()
        killed: Counter[str] = Counter()
        number = 755_200_000_000
        for round_ in range(KILLS_PER_POINT):
            for point in FAIL_POINTS:
                _live_until_killed(house, point, 2 + round_ % 4, number)
                number += SCANS_PER_LIFE
                killed[point] += 1
        assert all(killed[point] >= 4 for point in FAIL_POINTS)

        house.edge.env.pop("CUSTOS_FAIL_POINT")
        house.start_edge()
        answered = _answered(house.pulls)
        print(f"killed at {dict(killed)}; {len(answered)} scans were answered")
        assert len(answered) > sum(killed.values())
        wait_until(
            lambda: set(answered) <= {item["waybill"] for item in house.hub.events()},
            "every answered scan is at the hub",
            timeout_s=60,
        )
        items = house.hub.events("")
        places = Counter((item["edge"], item["spool"], item["seq"]) for item in items)
        assert set(places.values()) == {1}
        assert [seq for _, _, seq in sorted(places)] == list(range(1, len(items) + 1))
        by_waybill = Counter(item["waybill"] for item in items if item["kind"] == "scan")
        assert [code for code in answered if by_waybill[code] != 1] == []
