"""What the uplink's core takes in and what it gives out; the shells turn both into messages.

Source: design section 2 ("Cores and shells").
"""

from dataclasses import dataclass

from edge.station_events import (
    ClockStepped,
    CloseSpool,
    DevicesChanged,
    HubHasLess,
    LinkChanged,
    ListChanged,
    LossNoted,
    PackChanged,
    Receipted,
    Recorded,
)
from wire.topics import Channel

# ---------------------------------------------------------------- in


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker took us; ``connection`` is the id that the will of this connection carries."""

    connection: str


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection ended, or never came about."""

    reason: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message of the hub's, as the broker delivered it."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class SnapshotArrived:
    """The answer to a fetch over HTTP."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class PackArrived:
    """The answer to a pack fetch over HTTP."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Waited:
    """Time has passed."""


UplinkInput = (
    Recorded | DevicesChanged | ClockStepped | LossNoted | Connected | Disconnected | Arrived
    | SnapshotArrived | PackArrived | Waited
)  # fmt: skip

# ---------------------------------------------------------------- out


@dataclass(frozen=True, slots=True)
class Publish:
    """Hand this to the broker."""

    channel: Channel
    payload: bytes


@dataclass(frozen=True, slots=True)
class FetchList:
    """Ask the hub for the newest list over HTTP; ``message`` is the signed request."""

    message: bytes


@dataclass(frozen=True, slots=True)
class FetchPack:
    """Ask the hub for the newest site pack over HTTP; ``message`` is the signed request."""

    message: bytes


@dataclass(frozen=True, slots=True)
class OrderFootage:
    """The hub wants these files of footage, by their hashes."""

    sha256s: tuple[str, ...]
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class HubWentBack:
    """The hub lost what it had since then, or may have; its lines go again after this.

    ``since`` is wire time: of the newest line that it has. None: it has none, or one that was
    forgotten here.
    """

    since: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """Something arrived that was not believed; the sentence says why."""

    reason: str


@dataclass(frozen=True, slots=True)
class ProblemChanged:
    """The hub refuses this station's events, or takes them again (None)."""

    problem: str | None


ToStation = LinkChanged | ListChanged | PackChanged | Receipted | HubHasLess | CloseSpool
UplinkOutput = (
    Publish | FetchList | FetchPack | OrderFootage | HubWentBack | Refused | ProblemChanged
    | ToStation
)  # fmt: skip
