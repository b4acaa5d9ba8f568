"""A real hub and a real broker, and many edges that are enrolled there: what is measured."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench.batches import pen_of
from bench.feeder import Order, Told
from ledger.signing import seal
from tests import samples
from tests.rig.programs import Broker, Hub, running
from wire.messages import Enrol

EDGES = 64
FEED_S_MAX = 900


@dataclass
class Loaded:
    """A running hub with its edges, and the folder that everything lies in."""

    broker: Broker
    hub: Hub
    folder: Path

    def feed(self, **order: object) -> Told:
        """Play batches at it; ``order`` are the fields of :class:`bench.feeder.Order`."""
        whole = Order(port=self.broker.port, edges=EDGES, **order)  # type: ignore[arg-type] # checked when it is read
        return feed(self.folder, whole)

    def enrol(self) -> None:
        """Make all edges known, as their first starts would."""
        for edge in range(EDGES):
            pen = pen_of(edge)
            message = Enrol(
                site=pen.site,
                edge=pen.edge,
                public_key=pen.key.public_key.hex(),
                secret=None,
                boot=samples.BOOT,
            )
            request = urllib.request.Request(
                f"{self.hub.url}/api/v1/edge/enrol", data=seal(message, pen.key), method="POST"
            )
            with urllib.request.urlopen(request, timeout=10) as answer:
                assert answer.status == 200


def feed(folder: Path, order: Order) -> Told:
    """Play an order in a process of its own."""
    path = folder / "order.json"
    path.write_bytes(msgspec.json.encode(order))
    command = [sys.executable, "-m", "bench.feeder", str(path)]
    played = subprocess.run(
        command, capture_output=True, text=True, timeout=FEED_S_MAX, check=False
    )
    if played.returncode:
        raise RuntimeError(played.stderr[-2000:])
    return msgspec.convert(json.loads(played.stdout), Told)


@contextmanager
def loaded_hub(folder: Path) -> Iterator[Loaded]:
    """Start broker and hub as an operator would, and enrol the edges."""
    folder.mkdir(exist_ok=True)
    broker = Broker(folder)
    hub = Hub(folder, broker.url)
    hub.is_cold = True
    # Started many times by tests, once here: bytecode as an installed program has it.
    hub.env = {key: value for key, value in os.environ.items() if "DONTWRITE" not in key}
    with running(broker, hub):
        found = Loaded(broker, hub, folder)
        found.enrol()
        yield found
