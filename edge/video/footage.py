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
    """One file of footage; times are wall time in ms since 1970, as this edge had it.

    By the hub's clock it may have begun ``earlier_ms`` before and ended ``later_ms`` behind that: a
    clock that is put right changes what this edge's time means, but not what the file's does.
    """

    camera: str
    began_ms: int
    ended_ms: int
    sha256: str
    bytes: int
    file: str
    earlier_ms: int = 0
    later_ms: int = 0


@dataclass(frozen=True, slots=True)
class Shift:
    """What had to be added to this edge's time to get the hub's: between the two, in ms."""

    least_ms: int
    most_ms: int


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
