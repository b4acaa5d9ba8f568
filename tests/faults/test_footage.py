"""Each fault of a recording once; ``make faults`` runs them many times (design section 8)."""

import random
from pathlib import Path

import pytest

from tests.faults.footage_faults import FAULTS, CannotMountError


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", FAULTS)
def test_every_moment_of_a_recording_is_in_a_file_or_a_gap(tmp_path: Path, name: str) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    try:
        FAULTS[name](tmp_path, random.Random(seed))
    except CannotMountError:
        pytest.skip("nobody may mount a small disk here; tests/unit/edge/video tests the rule")
