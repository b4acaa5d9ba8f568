"""One paired handheld as the station sees it: its session, its scans, a screen of its own.

Pure. Source: docs/adr/0021.
"""

from datetime import datetime, timedelta
from typing import Protocol

from devices.frames import Frame
from edge.handheld_store import PairedHandheld
from edge.handheld_talk import PATIENCE_MS, HandIn, QueuedCode
from edge.scanning import HandedIn, Kept, Pull, Scanning
from edge.screen import ScreenFold
from edge.session import FixedSession, Session
from edge.workplace import Workplace
from wire.events import QueuedScan
from wire.names import parse_at


class ScanningFor(Protocol):
    """Makes the way of a scan that is shown on this screen."""

    def __call__(self, *, screen: ScreenFold) -> Scanning:
        """A new one."""


class HandheldDesk:
    """One paired handheld: its session, and its scans on a screen of their own."""

    def __init__(self, paired: PairedHandheld, session: Session, scanning: ScanningFor) -> None:
        self.paired = paired
        self.work = Workplace(paired.name, FixedSession(), session)
        self.screen = ScreenFold()
        self.scanning = scanning(screen=self.screen)
        self.seen_ms: int | None = None


def make_pull(said: HandIn, code: QueuedCode, read_ns: int, now: datetime) -> Pull:
    """One of the scans that a handheld hands in, which had come at ``read_ns``.

    One that was sent at once and was long on its way is a kept one: by ``now`` its person has been
    told so.
    """
    raw = bytes.fromhex(code.code_hex)
    frame = Frame(raw, None, code.size > len(raw), code.size)
    handed_in = HandedIn(said.queue, code.n, _kept(said, code, now))
    return Pull(frame, read_ns, None, True, handed_in)


def _kept(said: HandIn, code: QueuedCode, now: datetime) -> Kept | None:
    if said.clock is None:
        return None
    at = _in_our_time(code.at, said.clock.offset_ms)
    if not code.kept and now - at <= timedelta(milliseconds=PATIENCE_MS):
        return None
    queued = QueuedScan(
        queue=said.queue,
        n=code.n,
        at=code.at,
        result=code.result,
        list_version=code.list_version,
    )
    return Kept(queued, at, said.clock.error_ms)


def _in_our_time(at: str, offset_ms: int) -> datetime:
    try:
        return parse_at(at) + timedelta(milliseconds=offset_ms)
    except OverflowError:
        return parse_at(at)  # the year 1 or 9999: nothing is known of this clock
