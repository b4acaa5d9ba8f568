"""SIGKILL and SIGSTOP of every process of a house, and a broker that is robbed of its files."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.heartbeat import Role
from tests.faults.house_rounds import play_house


@pytest.mark.timeout(120)
def test_whichever_process_dies_or_stands_still_nothing_that_was_told_is_lost(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    figures = play_house(tmp_path, random.Random(20261123))
    print(figures)
    record_property("fail_point_hits", figures["hits"])
    names = {"edge", "broker", *Role}
    wanted = {f"{act} {name}" for act in ("kill", "stop") for name in names}
    assert wanted <= figures.keys()
