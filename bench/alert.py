"""``python -m bench alert``: from a high-value scan's leaving its edge to the alert at a console.

A real hub with all roles, mosquitto, 64 edges at 10, 50 and 90 % of what the hub takes; beside them
one live socket, as a console holds. Two delays: to the receipt, which leaves after the commit that
the alert is in, and to the socket. Both count from when the batch should have gone. Aim: p99 at
half load under 10 ms.
"""

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.batches import make_batches
from bench.figures import Spread
from bench.hub_under_load import EDGES, Loaded, loaded_hub

SIZES = (50, 1)
WARM_S, MAX_S, PACED_S = 2.0, 10.0, 15.0
SHARES = (0.1, 0.5, 0.9)
GUESS = {50: 12_000, 1: 2_500}
"""Events/s that are hardly exceeded: so many are made in advance."""
SETTLE_S = 2.0


def measure() -> dict[str, Any]:
    """Run it; returns the figures as JSON."""
    with tempfile.TemporaryDirectory(prefix="bench-alert-", dir=_build()) as name:
        return {f"batches of {size}": measure_size(Path(name), size) for size in SIZES}


def measure_size(folder: Path, size: int) -> dict[str, Any]:
    """The delays of batches of one size, at shares of what the hub takes of such batches."""
    seconds = WARM_S + MAX_S + PACED_S * sum(SHARES)
    files = make_batches(folder, int(GUESS[size] * seconds * 1.5), EDGES, size)
    with loaded_hub(folder / f"hub-{size}") as loaded:
        return paced(loaded, [str(each) for each in files], size, 0)


def paced(loaded: Loaded, files: list[str], size: int, skip: int) -> dict[str, Any]:
    """Find the maximum, then measure at shares of it; ``skip`` batches were played before."""
    warm = int(GUESS[size] * WARM_S / size)
    loaded.feed(files=files, skip=skip, batches=warm)
    most = int(GUESS[size] * MAX_S / size)
    told = loaded.feed(files=files, skip=skip + warm, batches=most)
    maximum, skip = told.events / told.seconds, skip + warm + most
    print(f"batches of {size}: {maximum:,.0f} events/s at most")
    figures: dict[str, Any] = {"events_per_s": maximum}
    for share in SHARES:
        rate = maximum * share
        batches = int(rate * PACED_S / size)
        with watching(loaded) as seen_s:
            told = loaded.feed(files=files, skip=skip, batches=batches, rate=rate)
            time.sleep(SETTLE_S)
        skip += batches
        delays = [(seen_s[w] - due_s) * 1000 for w, due_s in told.fresh.items() if w in seen_s]
        missing = len(told.fresh) - len(delays)
        commit, alert = Spread.of(told.waits_ms), Spread.of(delays)
        print(f"  at {share:.0%} ({rate:,.0f} events/s), ms")
        print(f"    publish to receipt          {commit}")
        print(f"    scan to alert at a socket   {alert}   unseen {missing}")
        figures[f"{share:.0%}"] = {
            "events_per_s": rate,
            "publish_to_receipt_ms": asdict(commit),
            "scan_to_alert_ms": asdict(alert),
            "alerts_unseen": missing,
        }
    return figures


@contextmanager
def watching(loaded: Loaded) -> Iterator[dict[str, float]]:
    """Watch alerts meanwhile; afterwards holds when each waybill's first one came, epoch s."""
    seen: dict[str, float] = {}
    url = loaded.hub.url.replace("http", "ws", 1)
    command = [sys.executable, "-m", "bench.watcher", url, loaded.hub.token]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "listening"
    lines: list[str] = []
    # Meanwhile: a full pipe would stop the watcher, and what it missed would be the hub's fault.
    reader = threading.Thread(target=lines.extend, args=(process.stdout,))
    reader.start()
    try:
        yield seen
    finally:
        process.terminate()
        reader.join()
        process.wait()
        process.stdout.close()
        for line in lines:
            came_s, _, waybill = line.partition(" ")
            seen.setdefault(waybill.strip(), float(came_s))


def _build() -> Path:
    path = Path("build")
    path.mkdir(exist_ok=True)
    return path.resolve()
