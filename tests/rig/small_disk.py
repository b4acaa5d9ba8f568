"""A disk of a few MiB that a test can fill up, where this machine lets one be mounted."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BALLAST = "ballast"
_CHUNK_BYTES = 4096


@contextmanager
def small_disk(directory: Path, mib: int) -> Iterator[bool]:
    """Mount a file system of so many MiB on a new folder; False where that is not allowed."""
    directory.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", str(directory)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(directory)], check=True)


def fill_disk(directory: Path) -> None:
    """Write until nothing more goes onto the disk of ``directory``."""
    with (directory / BALLAST).open("ab", buffering=0) as file:
        for size in (256 * _CHUNK_BYTES, _CHUNK_BYTES):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue


def clear_disk(directory: Path) -> None:
    """Give the room back."""
    (directory / BALLAST).unlink()


def free_bytes(directory: Path) -> int:
    """How much still goes onto the disk of ``directory``."""
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize
