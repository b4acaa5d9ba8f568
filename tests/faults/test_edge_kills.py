"""SIGKILL of the real edge at every step of a scan's way, and a failure at each: what was answered
is never missing.
"""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.failpoints import Action
from tests.faults.edge_rounds import play_edge_rounds

KILLS = 30


@pytest.mark.timeout(300)
def test_thirty_kills_and_every_failure_lose_and_double_nothing_that_was_answered(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    figures = play_edge_rounds(tmp_path, random.Random(20261122), KILLS)
    print(figures)
    record_property("fail_point_hits", figures["hits"])
    assert figures[Action.KILL] == KILLS
    assert figures["answered"] > KILLS
