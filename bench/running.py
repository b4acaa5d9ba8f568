"""A program that runs for as long as it is measured."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil


@contextmanager
def running(command: list[str], log: Path) -> Iterator[psutil.Process]:
    """Start it, its output in ``log``, and end it."""
    with log.open("wb") as file:
        process = psutil.Popen(command, stdout=file, stderr=file)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)
