"""The demo with stand-ins for hub and edge, as a program of its own.

``python fake_demo.py DATA_DIR HTTP_PORT SEED BEATS``; BEATS 0 is without end. Beats follow each
other without a pause worth waiting for, an hour of the day takes six seconds, and nobody types.
"""

import dataclasses
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from simulators import children, day_stage, demo, play
from simulators.cable import CableTakenError
from simulators.refused import RefusedError

HERE = Path(__file__).parent
PROGRAMS = demo.Programs(
    (sys.executable, str(HERE / "fake_hub.py")), (sys.executable, str(HERE / "fake_edge.py"))
)
script = play.script


def hasty_script(rng: random.Random, people: tuple[tuple[str, str], ...]) -> Iterator[play.Beat]:
    for beat in script(rng, people):
        yield dataclasses.replace(beat, pause_s=0.05)


class Nobody:
    """Whoever would type on the station page at ``url``."""

    def __init__(self, url: str) -> None:
        assert url.startswith("http://127.0.0.1:")

    def sign(self, waybill: str, signer_id: str) -> None:
        assert waybill.isdigit()


demo.script = hasty_script
demo.Typist = Nobody
demo.missing_libraries = lambda: "No module named 'cv2'"
demo.MINUTE_AN_HOUR = 600.0
day_stage.GUARD_S = 0.0
day_stage.MARGIN_S = 0.3
day_stage.CLOCK_TRIES_MAX = 1
children.STOP_TIMEOUT_S = 1.0
data_dir, http_port, seed, beats = sys.argv[1:]
try:
    sys.exit(
        demo.run_demo(
            Path(data_dir), int(http_port), int(seed), int(beats) or None, programs=PROGRAMS
        )
    )
except (RefusedError, CableTakenError) as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(2)
