"""A wall clock that a test sets while a program runs, as a person or a time server would.

The machine's own clock stays as it is: a copy of the warm process that finds a file in its
environment adds what stands there to what its one clock reads. CLOCK_BOOTTIME is not touched.
"""

import importlib
import mmap
import os
import struct
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

VARIABLE = "CUSTOS_RIG_CLOCK"
_SECONDS = struct.Struct("<d")


class SetClock:
    """A program's wall clock as its test moves it; the program gets :meth:`env`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._shift_s = 0.0
        path.write_bytes(_SECONDS.pack(0.0))

    def env(self) -> dict[str, str]:
        return {VARIABLE: str(self._path)}

    def jump(self, seconds: float) -> None:
        """Set the clock forward, or back if negative; seen at its next reading."""
        self._shift_s += seconds
        with self._path.open("r+b") as file:
            file.write(_SECONDS.pack(self._shift_s))


def install(program: str) -> None:
    """In the program's process: let its clock be set, if its environment says so."""
    path = os.environ.get(VARIABLE)
    if path is None:
        return
    with Path(path).open("rb") as file:
        shift = mmap.mmap(file.fileno(), _SECONDS.size, prot=mmap.PROT_READ)
    clock: Any = importlib.import_module(f"{program}.clock").SystemClock
    unset = clock.now

    def now(self: object) -> datetime:
        found: datetime = unset(self) + timedelta(seconds=_SECONDS.unpack(shift[:])[0])
        return found

    clock.now = now
