"""What is said of footage within the edge: values alone. Pure. Source: design section 8."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Covered:
    """Until when a camera's time is on record: wall time and CLOCK_BOOTTIME of one boot, in ms."""

    at_ms: int
    mono_ms: int
    boot: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a camera has recorded: so many bytes from ``began_ms`` on."""

    bytes: int
    began_ms: int


@dataclass(frozen=True, slots=True)
class Kept:
    """One file of footage; times are wall time in ms since 1970, as this edge had it."""

    camera: str
    began_ms: int
    ended_ms: int
    sha256: str
    bytes: int
    file: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A file, and when it was last found right, wall time in ms."""

    at_ms: int
    file: Kept


@dataclass(frozen=True, slots=True)
class Hold:
    """Footage of ``camera`` from ``since_ms`` to ``until_ms`` must stay; ``id`` says for what."""

    id: str
    camera: str
    since_ms: int
    until_ms: int
