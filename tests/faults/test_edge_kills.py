"""SIGKILL of the real edge at every step of a scan's way: what was answered is never missing.

Each fail-point kills the program at its n-th passing; the scanner, the broker and the hub live on.
The simulated scanner's own log says what the person was told; the hub's table says what is true.
"""

import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.rig.house import House, open_house
from tests.rig.programs import wait_until
from wire.names import Signal

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


def _live_until_killed(house: House, point: str, hit: int, codes: list[str]) -> list[str]:
    """Start the edge with an armed fail-point and scan until it dies; the codes it answered."""
    house.edge.env["CUSTOS_FAIL_POINT"] = f"{point}:{hit}"
    house.edge.start()
    answered = []
    for code in codes:
        answer = house.scanner.scan(code, timeout_s=1.0)
        if answer is not None and answer.signal is not Signal.NOT_RECORDED:
            answered.append(code)
        if house.edge.process is not None and house.edge.process.poll() is not None:
            break
    process = house.edge.process
    assert process is not None
    wait_until(lambda: process.poll() is not None, f"the edge dies at {point}:{hit}", 15)
    assert process.returncode == -signal.SIGKILL, house.edge.tail()
    house.edge.process = None
    return answered


@pytest.mark.timeout(300)
def test_thirty_kills_lose_and_double_nothing_that_was_answered(tmp_path: Path) -> None:
    with open_house(tmp_path) as house:
        house.edge.stop()
        answered: list[str] = []
        killed: Counter[str] = Counter()
        number = 755_200_000_000
        for round_ in range(KILLS_PER_POINT):
            for point in FAIL_POINTS:
                codes = [str(number + n) for n in range(SCANS_PER_LIFE)]
                number += SCANS_PER_LIFE
                hit = 1 + round_ % 3
                answered += _live_until_killed(house, point, hit, codes)
                killed[point] += 1
        assert all(killed[point] >= 4 for point in FAIL_POINTS)
        print(f"killed at: {dict(killed)}; answered {len(answered)}")

        house.edge.env.pop("CUSTOS_FAIL_POINT")
        house.edge.start()
        wait_until(
            lambda: set(answered) <= {item["waybill"] for item in house.hub.events()},
            "every answered scan is at the hub",
            timeout_s=60,
        )
        items = house.hub.events("")
        places = Counter((item["edge"], item["spool"], item["seq"]) for item in items)
        assert max(places.values()) == 1
        by_waybill = Counter(item["waybill"] for item in items if item["kind"] == "scan")
        assert [code for code in answered if by_waybill[code] != 1] == []
