"""Five seconds of hostile bytes for each reader; ``make faults`` does ten minutes of each.

The draws are the same in each run, only how many of them find time is not.
"""

from pathlib import Path

import pytest

from tests.faults.fuzz_targets import TARGETS
from tests.faults.fuzzing import Finding, Target, fuzz
from wire.lines import LineError, parse_line

RUN_S = 5.0
TRIED_MIN = 200


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_no_bytes_make_a_reader_do_what_it_does_not_declare(tmp_path: Path, name: str) -> None:
    figures = fuzz(TARGETS[name], 1, RUN_S, tmp_path)
    print(f"{name}: {dict(figures)}")
    assert figures["tried"] > TRIED_MIN


def test_a_reader_with_a_fault_is_found_and_what_found_it_is_kept(tmp_path: Path) -> None:
    good = TARGETS["lines"]

    def faulty(data: bytes) -> None:
        try:
            event = parse_line(data.partition(b"\n")[0])
        except LineError:
            return
        assert event.mono_ms < 2**52, "a reader that takes no large times"

    with pytest.raises(Finding, match="no large times") as found:
        fuzz(Target("lines", good.corpus, faulty, structured=True), 1, 60, tmp_path)
    with pytest.raises(AssertionError):
        faulty(found.value.path.read_bytes())
