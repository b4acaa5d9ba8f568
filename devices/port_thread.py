"""One thread owns one port."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BytesRead:
    """``data`` came off the cable; ``read_ns`` is the clock straight after the read."""

    device: str
    data: bytes
    read_ns: int


@dataclass(frozen=True, slots=True)
class AnswerSent:
    """The whole answer ``token`` was handed to the port at ``sent_ns``."""

    device: str
    token: int
    sent_ns: int


@dataclass(frozen=True, slots=True)
class AnswerFailed:
    """The answer ``token`` was not, or not wholly, handed to the port."""

    device: str
    token: int
    reason: str


@dataclass(frozen=True, slots=True)
class PortOpened:
    """The cable is there; ``source`` is what the operating system says of it."""

    device: str
    source: str


@dataclass(frozen=True, slots=True)
class PortLost:
    """The cable is gone, or was never there; once per outage."""

    device: str
    reason: str


PortEvent = BytesRead | AnswerSent | AnswerFailed | PortOpened | PortLost
