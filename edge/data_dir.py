"""The edge's directory on disk: one process at a time, and files that are whole or not there.

DataDirError    it cannot be used: one sentence, exit 2      (from OSError)
"""

import fcntl
import os
from pathlib import Path

LOCK_NAME = "lock"


class DataDirError(Exception):
    """The directory cannot be used; the sentence says why."""


class DataDir:
    """An existing, writable directory that this process alone uses until it ends."""

    def __init__(self, path: Path) -> None:
        """Make the directory if needed and lock it.

        Raises:
            DataDirError: not writable, no directory, or another process uses it.
        """
        self.path = path
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(path / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise DataDirError(f"data_dir {path} is not usable: {error.strerror}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock)
            raise DataDirError(f"data_dir {path} is in use by another process") from error

    def close(self) -> None:
        """Let another process use it."""
        os.close(self._lock)


def read_file(path: Path, bytes_max: int) -> bytes | None:
    """The file's bytes; None if there is no such file.

    Raises:
        OSError: unreadable, or longer than ``bytes_max``.
    """
    try:
        with path.open("rb") as file:
            data = file.read(bytes_max + 1)
    except FileNotFoundError:
        return None
    if len(data) > bytes_max:
        raise OSError(f"{path} is longer than {bytes_max} bytes")
    return data


def write_file(path: Path, data: bytes) -> None:
    """Write a file for this user alone so that after a power cut it is whole: old or new.

    Raises:
        OSError: the old one stands.
    """
    draft = path.with_name(path.name + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make a new or renamed file's name durable.

    Raises:
        OSError: the disk refused.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
