"""The demo with stand-ins for hub and edge, as a program of its own.

``python fake_demo.py DATA_DIR HTTP_PORT SEED BEATS``; BEATS 0 is without end. Beats follow each
other without a pause worth waiting for.
"""

import dataclasses
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from simulators import children, demo, play
from simulators.cable import CableTakenError
from simulators.refused import RefusedError

HERE = Path(__file__).parent
PROGRAMS = demo.Programs(
    (sys.executable, str(HERE / "fake_hub.py")), (sys.executable, str(HERE / "fake_edge.py"))
)
script = play.script


def hasty_script(rng: random.Random) -> Iterator[play.Beat]:
    for beat in script(rng):
        yield dataclasses.replace(beat, pause_s=0.01)


demo.script = hasty_script
children.STOP_TIMEOUT_S = 1.0
data_dir, http_port, seed, beats = sys.argv[1:]
try:
    sys.exit(demo.run_demo(Path(data_dir), int(http_port), int(seed), int(beats) or None, PROGRAMS))
except (RefusedError, CableTakenError) as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(2)
