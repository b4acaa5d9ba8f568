"""What holds for all tests."""

import gc
import os
from collections import Counter

import pytest
from hypothesis import settings

# Threads of a matrix library wait for each other by turning: on two busy cores what counts for
# three seconds took a minute. It asks when it is imported.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

# A shared machine stands still for longer than an example takes, and that is no finding: what hangs
# is ended by the test's own timeout. Whether a change is good must not hang on the draw of the day:
# a run draws what the run before drew. New draws are searched with --hypothesis-profile=search.
settings.register_profile("same draws", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile("same draws")


def pytest_collection() -> None:
    """Thousands of collected tests are never garbage: the collector need not look at them."""
    gc.disable()


def pytest_collection_finish() -> None:
    """It need not look at them again either."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How often each fail-point was hit, by the word of the programs that hit them."""
    hits: Counter[str] = Counter()
    for report in (each for reports in terminalreporter.stats.values() for each in reports):
        for name, value in getattr(report, "user_properties", []):
            if name == "fail_point_hits" and report.when == "call":
                hits.update(value)
    if hits:
        terminalreporter.section("hits of fail-points")
        terminalreporter.write_line(", ".join(f"{name} {hits[name]}" for name in sorted(hits)))
