"""Faults that take longer to be noticed than a test run may wait; for ``make faults``.

Clocks run as the machine's do here: what is measured are the keep-alives of real connections.
"""

import random
import time
from collections import Counter
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.faults.laboratory import Laboratory, open_laboratory
from tests.faults.listeners import connected_ports, deaf_client, memory_mib
from tests.rig.programs import wait_until

NOTICED_S_MAX = 60.0
TLS_FAULTS = 15
PAUSE_S = 0.05
RUSH_S = 60.0
GROWTH_MIB_MAX = 64
DEAF_CLIENTS = 4
HV_LABELS = 103_000_000_000


def half_open_until_noticed(folder: Path, rng: random.Random) -> dict[str, object]:
    """Connections that swallow everything are given up by both sides, and nothing is lost."""
    with open_laboratory(folder, [["pty"], ["pty"]], rate=1.0) as lab:
        figures: dict[str, object] = {}
        for name, wire in (("edge", lab.edge_wire), ("hub", lab.hub_wire)):
            lab.scan_all(rng.randint(1, 5))
            wire.is_swallowing, began_s = True, time.monotonic()
            lab.scan_all(rng.randint(1, 5))
            wait_until(partial(is_noticed, lab, name), f"the {name} notices", NOTICED_S_MAX, 0.2)
            figures[f"{name}_noticed_s"] = round(time.monotonic() - began_s, 1)
            lab.heal()
            wire.cut()  # what a network that is back does to connections that it forgot
            lab.settle(NOTICED_S_MAX)
        return figures | {"truth": lab.check(NOTICED_S_MAX)}


def is_noticed(lab: Laboratory, side: str) -> bool:
    """Whether the edges, or the hub, know by themselves that their connection is gone."""
    if side == "edge":
        return not any(edge.page()["link"]["connected"] for edge in lab.edges)
    return "connection to the broker ended" in lab.hub.log.read_text()


def closed_wire_fails(folder: Path, rng: random.Random) -> dict[str, object]:
    """TLS connections are cut anywhere, stand still, crawl and are refused while people scan."""
    met: Counter[str] = Counter()
    with open_laboratory(folder, [["pty"], ["pty"]], rate=1.0, is_closed=True) as lab:
        with lab.scanning(PAUSE_S):
            for _ in range(TLS_FAULTS):
                wire = rng.choice([lab.edge_wire, lab.hub_wire])
                fault = rng.choice(["cut", "half-open", "slow", "away"])
                met[fault] += 1
                wire.is_swallowing = fault == "half-open"
                wire.is_refusing = fault == "away"
                wire.delay_s = 0.05 if fault == "slow" else 0.0
                if fault in ("cut", "away"):
                    wire.cut()
                time.sleep(rng.uniform(0.1, 3.0))
                if fault == "half-open":
                    wire.cut()  # bytes are missing now: TLS would end it anyway
                lab.heal()
        lab.settle(NOTICED_S_MAX)
        return {"met": met, "truth": lab.check(NOTICED_S_MAX)}


def deaf_until_dropped(folder: Path, _rng: random.Random) -> dict[str, object]:
    """Listeners that never read are hung up on, and cost no more memory than their bound."""
    with open_laboratory(folder, [["pty", "pty"], ["pty", "pty"]], rate=1.0) as lab:
        for n, bench in enumerate(lab.benches):
            bench.codes = map(str, range(HV_LABELS + n * 1_000_000, HV_LABELS + 10**9))
        lab.scan_all(1)
        lab.settle()
        before_mib = memory_mib(lab)
        bearer = {"Authorization": f"Bearer {lab.hub.token}"}
        with ExitStack() as stack:
            doors = [(lab.hub.port, "/api/v1/live", bearer)]
            doors += [(edge.port, "/ws", {"Origin": edge.url}) for edge in lab.edges]
            deaf = {stack.enter_context(deaf_client(*door)) for door in doors * DEAF_CLIENTS}
            assert deaf <= connected_ports(lab)
            with lab.scanning(0.0):
                time.sleep(RUSH_S)
            held, grown_mib = deaf & connected_ports(lab), memory_mib(lab) - before_mib
        assert not held, f"{len(held)} of {len(deaf)} that read nothing are still served"
        assert grown_mib < GROWTH_MIB_MAX
        lab.settle(RUSH_S)
        return {"hung_up_on": len(deaf), "grown_mib": grown_mib, "truth": lab.check(RUSH_S)}
