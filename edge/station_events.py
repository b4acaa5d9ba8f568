"""What the station's core takes in and what it gives out; the shells turn both into bytes.

Source: design section 2 ("Cores and shells").
"""

from collections.abc import Mapping
from dataclasses import dataclass

from devices.framing import ScannerProtocol
from devices.port_thread import PortEvent
from edge.excerpt import ListSource
from edge.forms import AnyForm, Refusal
from edge.handheld_talk import (
    HandIn,
    HandInAnswer,
    HandInProblem,
    ListAsk,
    PairAsk,
    Paired,
    PairRefusal,
)
from edge.session import FixedSession
from edge.verdict import HeldList
from wire.events import Camera, ClockReading, Segment
from wire.messages import DeviceState
from wire.names import Result
from wire.site_pack import EdgePolicy, SitePack

CLOCK_UNKNOWN = ClockReading()


@dataclass(frozen=True, slots=True)
class ScannerSetup:
    """One scanner of the config."""

    id: str
    protocol: ScannerProtocol
    fixed: FixedSession


@dataclass(frozen=True, slots=True)
class StationSetup:
    """What does not change while the program runs; ``boot`` is the kernel's boot id.

    ``policy`` is the shipped one; a site pack brings the carrier's.
    """

    site: str
    edge: str
    boot: str
    version: str
    test_clock: str | None
    policy: EdgePolicy
    scanners: tuple[ScannerSetup, ...]


# ---------------------------------------------------------------- in


@dataclass(frozen=True, slots=True)
class Started:
    """The first event of all."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time has passed: at least once a second, and when ``wait_ms`` said so."""


@dataclass(frozen=True, slots=True)
class Stopping:
    """The last event of all: write down what is still open."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Somebody touched the station page while alarm ``alarm_seq`` stood on it."""

    alarm_seq: int


@dataclass(frozen=True, slots=True)
class ListChanged:
    """Scans are judged against this list from now on; ``problem`` is for the page."""

    held: HeldList
    problem: str | None


@dataclass(frozen=True, slots=True)
class PackChanged:
    """The station works by this site pack from now on, None if it has none; see ``ListChanged``."""

    pack: SitePack | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class FormSent:
    """Somebody sent a form on the station page."""

    form: AnyForm


@dataclass(frozen=True, slots=True)
class HandheldAsked:
    """A browser says something; ``key`` names its answer.

    ``device`` and ``token_sha256``: who it proved to be, None for one that wants to be paired.
    ``source`` is what the operating system says of its address, ``read_ns`` when it had come.
    """

    key: str
    device: str | None
    token_sha256: str | None
    source: str
    ask: HandIn | PairAsk | ListAsk
    read_ns: int


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """The way to the hub changed; ``receipt_ms`` is CLOCK_BOOTTIME of the newest receipt."""

    connected: bool
    receipt_ms: int | None
    problem: str | None
    clock: ClockReading


@dataclass(frozen=True, slots=True)
class Receipted:
    """The hub has every line of a spool up to here."""

    spool: str
    upto_seq: int


@dataclass(frozen=True, slots=True)
class HubHasLess:
    """The hub was restored: of a spool it has no more than this, and had more before.

    The uplink sends nothing more of it until :class:`LossNoted`, and says it again meanwhile.
    """

    spool: str
    upto_seq: int


@dataclass(frozen=True, slots=True)
class CloseSpool:
    """An administrator's act: the hub takes no more of this spool, another one has to begin."""

    spool: str


@dataclass(frozen=True, slots=True)
class BodiesDelivered:
    """The hub has these private bodies."""

    hashes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The hub knows this edge; badges can be made into pseudonyms (``site_salt``: 32 hex)."""

    site_salt: str


@dataclass(frozen=True, slots=True)
class FootageLines:
    """What cameras and footage have to tell, to become lines in this order, all or none.

    ``ids`` name them in the answer; their clock reading is the station's to fill in.
    """

    ids: tuple[int, ...]
    events: tuple[Camera | Segment, ...]


Input = (
    PortEvent
    | Started
    | Ticked
    | Stopping
    | Acknowledged
    | ListChanged
    | PackChanged
    | FormSent
    | HandheldAsked
    | LinkChanged
    | Receipted
    | HubHasLess
    | CloseSpool
    | BodiesDelivered
    | Enrolled
    | FootageLines
)

# ---------------------------------------------------------------- out


@dataclass(frozen=True, slots=True)
class Answer:
    """Give these bytes to a scanner; the port reports ``token`` back."""

    device: str
    data: bytes
    token: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """New durable lines up to ``head_seq``.

    ``with_body`` says that private bodies wait; ``result`` is the scan's, None for other lines.
    """

    head_seq: int
    with_body: bool = False
    result: Result | None = None


@dataclass(frozen=True, slots=True)
class NotRecorded:
    """The disk refused; scans were answered so, or a fact waits for the next try."""

    reason: str
    scans: int


@dataclass(frozen=True, slots=True)
class FormAnswered:
    """What became of the form ``key``; ``refusal`` None: its act is durable."""

    key: str
    refusal: Refusal | None


HandheldAnswer = HandInAnswer | HandInProblem | Paired | PairRefusal | ListSource


@dataclass(frozen=True, slots=True)
class HandheldAnswered:
    """What to say to the browser that asked under ``key``."""

    key: str
    answer: HandheldAnswer


@dataclass(frozen=True, slots=True)
class HandheldsChanged:
    """Who may come in from now on: the paired handhelds by the hash of their tokens."""

    by_token: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FootageLined:
    """The answer to ``FootageLines``: they are lines up to ``seq`` of ``spool``.

    ``seq`` None: the disk refused. ``hub_now_ms``: the hub's time as far as it is known, in ms
    since 1970; None: it is not.
    """

    ids: tuple[int, ...]
    spool: str
    seq: int | None
    hub_now_ms: int | None


@dataclass(frozen=True, slots=True)
class BodiesWait:
    """Private bodies may wait for delivery: somebody has to look."""


@dataclass(frozen=True, slots=True)
class LossNoted:
    """The disk knows what a hub with no more than this of a spool needs again beside its lines."""

    spool: str
    upto_seq: int


@dataclass(frozen=True, slots=True)
class DevicesChanged:
    """The scanners as they are now, for the hub's state message."""

    devices: tuple[DeviceState, ...]


@dataclass(frozen=True, slots=True)
class ClockStepped:
    """The wall clock was moved: what was learned of its offset is void."""


Output = (
    Answer
    | Recorded
    | NotRecorded
    | FormAnswered
    | HandheldAnswered
    | HandheldsChanged
    | FootageLined
    | BodiesWait
    | LossNoted
    | DevicesChanged
    | ClockStepped
)
