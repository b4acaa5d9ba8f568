"""Each act of the hub fails before it happened and after: once by death, once by an error."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.hub_rounds import play_rounds


@pytest.mark.timeout(180)
def test_no_fault_at_any_act_of_the_hub_loses_or_doubles_what_it_told(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    figures = play_rounds(tmp_path, random.Random(20261123), 1)
    record_property("fail_point_hits", figures["hits"])
    print(figures)
