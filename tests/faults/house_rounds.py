"""Every process of a real house is killed, and stopped for a while, while people go on scanning.

SIGKILL and SIGSTOP of the edge, the broker and each role of the hub; the broker loses what it
holds, keeps it, and has it taken away while it is dead. Source: promise P2.
"""

import os
import random
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psutil

from hub.heartbeat import Role
from tests.faults.edge_rounds import FIRST_CODE, Station, check_told
from tests.faults.footage_faults import Figures
from tests.faults.hub_rounds import hits_in
from tests.rig.house import House, open_house
from tests.rig.programs import Program, http_status, wait_until

BETWEEN_SCANS_S = 0.02
NOTE_EVERY = 10
"""Something that has a private body, which goes to the hub by HTTP."""
STOPPED_S = 0.2
HUNG_S_MAX = 90
HUB_FAULTS = ("ingest_acknowledged:3:fail", "timer_committed:9", "bodies_committed:1")
"""One of each role, in both forms."""


@dataclass
class HouseRounds:
    """What can be done to a house; ``done`` counts it."""

    house: House
    kept: Path
    done: Counter[str] = field(default_factory=Counter)

    def kill_edge(self) -> None:
        self._kill(self.house.edge)
        self.house.edge.launch()

    def stop_edge(self) -> None:
        self._stop("edge", self.house.edge.pid)

    def kill_broker(self) -> None:
        """What it holds is gone, or is read again from its files."""
        self._kill(self.house.broker)
        self.house.broker.start()

    def keep_at_broker(self) -> None:
        """The broker gets files, and is killed with them."""
        self.house.broker.keep_in(self.kept)
        self.kill_broker()
        wait_until(lambda: list(self.kept.iterdir()), "the broker's files")
        self.kill_broker()
        self.done["broker with its files"] += 1

    def rob_broker(self) -> None:
        """Its files are taken away while it is dead."""
        self._kill(self.house.broker)
        shutil.rmtree(self.kept)
        self.kept.mkdir()
        self.house.broker.start()
        self.done["broker without its files"] += 1

    def stop_broker(self) -> None:
        self._stop("broker", self.house.broker.pid)

    def kill_supervisor(self) -> None:
        """Its roles notice and end; the next one finds ports and directory free.

        In that life three roles end at places of ours.
        """
        hub = self.house.hub
        assert hub.process is not None
        os.kill(hub.pid, signal.SIGKILL)
        hub.process.wait(10)
        hub.process = None
        self.done["kill supervisor"] += 1
        hub.env["CUSTOS_FAIL_POINT"] = ",".join(HUB_FAULTS)
        hub.launch()
        wait_until(lambda: len(hits_in(hub.log)) == len(HUB_FAULTS), "each role has its fault", 30)

    def kill_role(self, role: Role) -> None:
        pid = self.pid(role)
        os.kill(pid, signal.SIGKILL)
        self.done[f"kill {role}"] += 1
        wait_until(lambda: self.pid(role) != pid, f"{role} comes back", 30)

    def stop_role(self, role: Role) -> None:
        self._stop(role, self.pid(role))

    def pid(self, role: Role) -> int:
        def found() -> int | None:
            with suppress(psutil.NoSuchProcess):
                for child in psutil.Process(self.house.hub.pid).children():
                    if child.name() == f"custos-{role}":
                        return child.pid
            return None

        return int(wait_until(found, f"the role {role}", 30))

    def _kill(self, program: Program) -> None:
        program.kill()
        self.done[f"kill {program.name.split()[0]}"] += 1

    def _stop(self, name: str, pid: int) -> None:
        os.kill(pid, signal.SIGSTOP)
        time.sleep(STOPPED_S)
        os.kill(pid, signal.SIGCONT)
        self.done[f"stop {name}"] += 1

    def acts(self) -> list[Callable[[], None]]:
        """All that need no place of their own among the others."""
        plain = (self.kill_edge, self.stop_edge, self.kill_broker, self.stop_broker)
        roles = (partial(act, role) for act in (self.kill_role, self.stop_role) for role in Role)
        return [*plain, *roles]


@contextmanager
def scanning(house: House) -> Iterator[None]:
    """Somebody scans one parcel after the other, whatever they hear."""
    over = threading.Event()

    def scan() -> None:
        number = FIRST_CODE
        while not over.wait(BETWEEN_SCANS_S):
            number += 1
            is_note = number % NOTE_EVERY == 0
            house.scan(f"note-{number}" if is_note else str(number), timeout_s=2.0)

    thread = threading.Thread(target=scan)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def play_house(folder: Path, rng: random.Random) -> Figures:
    """Everything once, in a drawn order; what became of it."""
    kept = folder / "mosquitto"
    kept.mkdir()
    with open_house(folder) as house:
        rounds = HouseRounds(house, kept)
        with scanning(house):
            rounds.keep_at_broker()
            rounds.rob_broker()
            acts = rounds.acts()
            rng.shuffle(acts)
            for act in acts:
                act()
            rounds.kill_supervisor()
            house.hub.wait_ready(lambda: http_status(f"{house.hub.url}/readyz") == 200)
        # Whoever starts sends at once what a batch in flight may wait for, five seconds long.
        house.edge.kill()
        house.edge.start()
        station = Station(house.edge, house.scanner, house.pulls)
        figures = check_told(house.hub, [station])
    assert figures["answered"] > len(acts)
    return {**figures, **rounds.done, "hits": dict(hits_in(house.hub.log))}


def hang(folder: Path, roles: Sequence[Role]) -> Figures:
    """Roles are stopped and never go on: the supervisor finds that out and starts them anew."""
    with open_house(folder) as house:
        rounds = HouseRounds(house, folder)
        with scanning(house):
            pids, began_s = {role: rounds.pid(role) for role in roles}, time.monotonic()
            for pid in pids.values():
                os.kill(pid, signal.SIGSTOP)
            for role, pid in pids.items():
                wait_until(lambda: rounds.pid(role) != pid, f"{role} is started anew", HUNG_S_MAX)  # noqa: B023  asked at once
            found_s = time.monotonic() - began_s
            house.hub.wait_ready(lambda: http_status(f"{house.hub.url}/readyz") == 200)
        alerts = house.hub.get("alerts?limit=1000")["items"]
        told = {each["subject"] for each in alerts if each["kind"] == "role_restarted"}
        assert told == set(roles), "those that hung, and no other"
        figures = check_told(house.hub, [Station(house.edge, house.scanner, house.pulls)])
    return {**figures, "found_s": round(found_s, 1), **{f"hung {role}": 1 for role in roles}}
