"""What the station page is sent: the whole state as one JSON text frame.

The page decides nothing; whatever it shows stands here. What it may say is in ``edge.forms``. A
touch, ``{"type": "ack", "seq": n}``, has the ``seq`` of the alarm that was touched; one that names
another alarm than the screen's is ignored, so that a touch never silences an alarm that came under
the finger. A form is answered with an :class:`Answer` to the page that sent it, and to no other.
Source: console ("Station page").
"""

from enum import StrEnum

import msgspec
from msgspec import Struct

from edge.forms import Refusal
from wire.events import ContainerKind
from wire.names import Result, Signal, Step


class Screen(StrEnum):
    """The full-bleed states of the page, one at a time."""

    READY = "ready"
    RECORDED = "recorded"
    COMMAND = "command"
    HANDOVER = "handover"
    """A handover under way, or just ended."""
    WARN = "warn"
    WANTED = "wanted"
    STOP = "stop"
    REJECT = "reject"
    NOT_RECORDED = "not_recorded"


class AlarmView(Struct, frozen=True, kw_only=True):
    """Sound: ``tones`` are (hertz, ms, ms of gap); ``seq`` grows with each new alarm."""

    seq: int
    tones: tuple[tuple[int, int, int], ...]
    repeat: bool


class PersonView(Struct, frozen=True, kw_only=True):
    """A person behind a badge; ``unknown``: the site pack does not list this badge.

    ``by`` is the pseudonym. Without a site pack there is no name, and nobody is called unknown.
    """

    by: str
    name: str | None
    unknown: bool


class PlaceView(Struct, frozen=True, kw_only=True):
    """A place; ``unknown``: the site pack does not list it."""

    id: str
    unknown: bool


class CommandView(Struct, frozen=True, kw_only=True):
    """A command label and what it set; for a badge ``value`` is null, never the badge."""

    verb: str
    value: str | None
    person: PersonView | None
    place: PlaceView | None


class HandoverOutcome(StrEnum):
    """How a handover stands."""

    OPEN = "open"
    """Under way."""
    ACCEPTED = "accepted"
    """Both have confirmed."""
    ONE_SIDED = "one_sided"
    """Ended without the receiver's badge: the giver still answers for the parcels."""


class HandoverView(Struct, frozen=True, kw_only=True):
    """The two halves of a handover; ``accepted`` items stand in acts that are written already."""

    device: str
    outcome: HandoverOutcome
    giver: PersonView | None
    receiver: PersonView | None
    parcels: int
    units: int
    refused: int
    accepted: int
    is_full: bool


class ScanView(Struct, frozen=True, kw_only=True):
    """The scan that the screen is about; a covert entry looks like an ordinary scan."""

    seq: int | None
    at: str
    device: str
    waybill: str | None
    text: str | None
    symbology: str | None
    symbology_unknown: bool
    result: Result
    banner_zh: str | None
    banner_en: str | None
    reason: str | None
    owner: str | None
    command: CommandView | None
    hint: str | None
    step: Step | None
    signal: Signal
    handover: HandoverView | None


class RecentView(Struct, frozen=True, kw_only=True):
    """One row of the scans before."""

    seq: int | None
    at: str
    device: str
    waybill: str | None
    result: Result
    signal: Signal


class SessionView(Struct, frozen=True, kw_only=True):
    """Who, what and where at one scanner now."""

    device: str
    who: PersonView | None
    step: Step | None
    place: PlaceView | None
    container: str | None
    container_kind: ContainerKind | None


class DeviceView(Struct, frozen=True, kw_only=True):
    """One scanner; ``source`` is what the operating system says of its port."""

    id: str
    protocol: str
    connected: bool
    source: str | None
    simulated: bool
    reprogrammed: bool
    reason: str | None


class LinkView(Struct, frozen=True, kw_only=True):
    """The way to the hub; ``problem`` is a ``wire.messages.Problem``: the hub refuses events."""

    connected: bool
    enrolled: bool
    receipt_age_s: int | None
    offline: bool
    problem: str | None


class SpoolView(Struct, frozen=True, kw_only=True):
    """What is recorded here and not yet receipted, and whether there is room.

    ``fill_percent`` is of the spool's bound; ``forgotten_early`` lines had to go before their seven
    days since the start. ``refuses``: the last attempt to record failed.
    """

    depth: int
    oldest_age_s: int | None
    fill_percent: int
    forgotten_early: int
    refuses: bool


class ListView(Struct, frozen=True, kw_only=True):
    """The wanted list that scans are judged against."""

    version: int
    age_s: int | None
    stale: bool
    problem: str | None


class PackView(Struct, frozen=True, kw_only=True):
    """The site pack; version 0: none. ``problem``: ``corrupted`` or ``not_kept``."""

    version: int
    problem: str | None


class CheckView(Struct, frozen=True, kw_only=True):
    """One line of a search's list."""

    id: str
    zh: str
    en: str


class TaskView(Struct, frozen=True, kw_only=True):
    """A search asked of this site (HV-2.11.2).

    ``due_in_s`` is negative once it is late; ``found`` is the answer given here, null before.
    """

    incident: int
    waybill: str
    since: str
    due_in_s: int
    last_seen_zh: str
    last_seen_en: str
    contact: str
    checks: tuple[CheckView, ...]
    found: bool | None


class DeliveryView(Struct, frozen=True, kw_only=True):
    """A delivered parcel whose signer is not known yet (HV-2.6)."""

    waybill: str
    at: str
    device: str
    who: PersonView | None


class PairingView(Struct, frozen=True, kw_only=True):
    """The code that pairs a handheld to be called ``name``, while it counts."""

    name: str
    code: str
    left_s: int


class HandheldView(Struct, frozen=True, kw_only=True):
    """A paired handheld; ``seen_age_s`` is null if it was not heard of since the start."""

    id: str
    seen_age_s: int | None


class HandheldsView(Struct, frozen=True, kw_only=True):
    """The paired handhelds by name, and the code for the next."""

    pairing: PairingView | None
    paired: tuple[HandheldView, ...]


class ClockView(Struct, frozen=True, kw_only=True):
    """How far this clock is from the hub's; null is "clock unsure"."""

    offset_ms: int | None
    error_ms: int | None


class PageState(Struct, frozen=True, kw_only=True, tag_field="type", tag="state"):
    """The whole state; ``n`` grows with each one."""

    n: int
    site: str
    edge: str
    version: str
    test_clock: str | None
    screen: Screen
    ack_needed: bool
    alarm: AlarmView | None
    scan: ScanView | None
    recent: tuple[RecentView, ...]
    session: tuple[SessionView, ...]
    devices: tuple[DeviceView, ...]
    link: LinkView
    spool: SpoolView
    list: ListView
    pack: PackView
    clock: ClockView
    handover: HandoverView | None
    """The one that the screen is about, as the shown scan left it."""
    tasks: tuple[TaskView, ...]
    task_count: int
    """Open ones; ``tasks`` holds the most urgent."""
    deliveries: tuple[DeliveryView, ...]
    delivery_count: int
    handhelds: HandheldsView


class Answer(Struct, frozen=True, kw_only=True, tag_field="type", tag="answer"):
    """What became of the form ``key``; ``reason`` is null if it is recorded."""

    key: str
    recorded: bool
    reason: Refusal | None


_encoder = msgspec.json.Encoder()


def encode_page(state: PageState | Answer) -> str:
    """A text frame for the page."""
    return _encoder.encode(state).decode("utf-8")
