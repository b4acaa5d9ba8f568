"""Lives of forked parts of the hub that end at a fail-point: ``python -m tests.faults.hub_lives``.

A program of its own for the same reason as ``tests.faults.lives``. It has played each scene once
before it takes orders, so that its copies need not compile every statement anew.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.failpoints import NO_FAIL_POINTS, parse_fail_points
from tests.faults.answering import answering

LIFE_S_MAX = 20
KILLED = -signal.SIGKILL


@dataclass(frozen=True)
class Life:
    """How a life ended (as ``subprocess`` tells it), and what the outside saw of it."""

    status: int
    told: list[dict[str, Any]]

    def all(self, name: str) -> list[Any]:
        """What was told under a name, in its order."""
        return [each[name] for each in self.told if name in each]


Live = Callable[..., Life]
"""One life: its scene, its armed fail-points or "", and what else the scene is told."""


@contextmanager
def hub_lives(folder: Path, log: Path) -> Iterator[Live]:
    """The program below on a hub of its own in ``folder``; what dies says where in ``log``."""
    with answering("tests.faults.hub_lives", str(folder), log=log) as ask:

        def live(scene: str, points: str = "", **told: object) -> Life:
            return Life(*ask([scene, points, told]))

        yield live


# ---------------------------------------------------------------- inside the program


def main(folder: Path) -> None:
    """Make a hub, warm up, and answer each order until there are none."""
    # Here, for the tests need the hub's web application in this process only.
    from hub.alerts import live as live_alerts
    from hub.db.engine import open_database, parse_url
    from hub.db.upgrade import upgrade
    from hub.telemetry import start_logging
    from tests.faults.hub_scenes import SCENES
    from tests.hub_parts import SigningEdge, open_hub

    start_logging("lives")
    live_alerts._RETRY_S = 0.01
    url = parse_url(None, folder)
    if not (folder / "hub.sqlite").exists():
        with closing(open_database(url)) as database:
            upgrade(url, database)
    with open_hub(folder, url) as hub:
        hub.enrol(SigningEdge())

    def play(scene: str, points: str, told: dict[str, Any], tell: Callable[..., None]) -> None:
        faults = parse_fail_points(points) if points else NO_FAIL_POINTS
        with open_hub(folder, url) as hub:
            SCENES[scene](hub, faults, tell, told)

    for scene in SCENES:
        play(scene, "", {"n": 0, "is_new": True, "batches": []}, lambda _: None)
    assert threading.active_count() == 1, "a copy would lack the other threads"
    for line in sys.stdin:
        print(json.dumps(_live(play, *json.loads(line))), flush=True)


def _live(play: Callable[..., None], *order: Any) -> tuple[int, list[dict[str, Any]]]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.alarm(LIFE_S_MAX)

        def tell(what: dict[str, Any]) -> None:
            os.write(writing, f"{json.dumps(what)}\n".encode())

        status = 1
        try:
            play(*order, tell)
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as file:
        text = file.read()
    _, status = os.waitpid(child, 0)
    told = []
    for line in text.splitlines():
        with suppress(ValueError):
            told.append(json.loads(line))
    return os.waitstatus_to_exitcode(status), told


if __name__ == "__main__":
    main(Path(sys.argv[1]))
