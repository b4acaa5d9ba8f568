"""What the station page is sent: the whole state as one JSON text frame.

The page decides nothing; whatever it shows stands here. It sends one message only,
``{"type": "ack", "seq": n}`` with the ``seq`` of the alarm that was touched; one that names another
alarm than the screen's is ignored, so that a touch never silences an alarm that came under the
finger. Source: console ("Station page").
"""

from enum import StrEnum

import msgspec
from msgspec import Struct

from wire.names import Result, Signal, Step


class Screen(StrEnum):
    """The full-bleed states of the page, one at a time."""

    READY = "ready"
    RECORDED = "recorded"
    COMMAND = "command"
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


class CommandView(Struct, frozen=True, kw_only=True):
    """A command label; for a badge ``value`` is the pseudonym, never the badge."""

    verb: str
    value: str | None
    not_yet: bool


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
    by: str | None
    place: str | None
    container: str | None
    signal: Signal


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
    by: str | None
    step: Step | None
    place: str | None
    container: str | None


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
    """What is recorded here and not yet receipted."""

    depth: int
    oldest_age_s: int | None


class ListView(Struct, frozen=True, kw_only=True):
    """The wanted list that scans are judged against."""

    version: int
    age_s: int | None
    stale: bool
    problem: str | None


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
    clock: ClockView


_encoder = msgspec.json.Encoder()


def encode_page(state: PageState) -> str:
    """The text frame that the page is sent."""
    return _encoder.encode(state).decode("utf-8")
