"""What :mod:`hub.video.workshop` tells the process that it starts, and what that one answers."""

from enum import StrEnum
from typing import Final

import msgspec

JOB_BYTES_MAX: Final = 1024 * 1024


class Why(StrEnum):
    """Why nothing was made."""

    CHANGED = "changed"
    """A master is not on the disk as its hash says."""
    BROKEN = "broken"
    """A master is what was recorded, and cannot be read."""
    MIXED = "mixed"
    """The camera's coding changed between two masters."""
    NOTHING = "nothing"
    """There is no picture of that time."""
    DISK = "disk"
    """The disk does not take it."""


class Master(msgspec.Struct, frozen=True):
    """A file of footage, what it must hash to, and when it began in ms."""

    path: str
    sha256: str
    began_ms: int = 0


class Limits(msgspec.Struct, frozen=True):
    """How long a job may take, how long its file may become, and how far it stands back."""

    seconds: int
    bytes: int
    niceness: int


class CutJob(msgspec.Struct, frozen=True, tag="cut"):
    """Cut a clip into the open file ``fd``; see :func:`hub.video.clip.cut_clip`."""

    fd: int
    masters: tuple[Master, ...]
    since_ms: int
    until_ms: int
    words: dict[str, str]
    limits: Limits


class ConvertJob(msgspec.Struct, frozen=True, tag="convert"):
    """Code a master anew into the open file ``fd``; see :func:`hub.video.convert.to_h264`."""

    fd: int
    master: Master
    words: dict[str, str]
    limits: Limits


Job = CutJob | ConvertJob


class Made(msgspec.Struct, frozen=True, tag="made"):
    """It is in the open file: from ``began_ms`` on, for ``length_ms``."""

    began_ms: int
    length_ms: int
    frames: int


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """Nothing was made."""

    why: Why
    detail: str
