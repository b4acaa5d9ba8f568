"""One of several processes that live through days (``python -m tests.simulation``)."""

import gc
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from multiprocessing import connection, util

import structlog

from tests.simulation.day import run_day
from tests.simulation.template import remove_template, template

Told = dict[str, object]
ERROR_CHARS_MAX = 300
CRITICAL = 50
"""A day's faults are logged by the thousand."""


def begin() -> None:
    """Make what all days of this process begin with."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Also a process that is told to end takes its folder in memory with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(CRITICAL))
    template()
    util.Finalize(None, remove_template, exitpriority=1)
    gc.collect()
    gc.freeze()


def _end_with_parent() -> None:
    """Who was killed cannot tell its workers to end: they would live through days for nobody."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        remove_template()
        os._exit(1)


def live(seed: int) -> Told:
    """Live through a day and tell of it; ``error`` is there if it failed."""
    began_s = time.process_time()
    try:
        report = run_day(seed)
    except Exception as error:  # noqa: BLE001  one failed day must not end the others
        traceback.print_exc()
        return {"seed": seed, "error": f"{type(error).__name__}: {error}"[:ERROR_CHARS_MAX]}
    return {
        "seed": seed,
        "scans": report.scans,
        "lines": report.lines,
        "spools": report.spools,
        "events": report.events,
        "faults": dict(report.faults),
        "hits": dict(report.hits),
        "tones": dict(report.tones),
        "trace": report.trace,
        "cpu_s": round(time.process_time() - began_s, 2),
    }
