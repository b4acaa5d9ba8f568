"""Starts ``custos-hub train`` beside the hub: a process of its own, whose memory goes with it."""

import os
import subprocess
import sys
from datetime import datetime

from hub.config import Settings
from wire.names import format_at

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""What learns takes one core, not all of them: the hub's roles need the others."""


def start_training(settings: Settings, now: datetime) -> subprocess.Popen[bytes]:
    """Learn from what was recorded until ``now``; it ends with whoever holds what is returned.

    Raises:
        OSError: the machine starts no process now.
    """
    command = [sys.executable, "-m", "hub", "train", "--leash", "--until", format_at(now)]
    environment = os.environ | settings.as_environment() | ONE_THREAD
    return subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
