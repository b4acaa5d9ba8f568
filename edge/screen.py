"""Which scan the station page shows, and what it sounds until somebody acknowledges it.

Pure. One screen serves all scanners: the newest scan is shown, but an alarm that nobody has
acknowledged is not hidden by another scanner's ordinary scan. Source: console ("Station page").
"""

from collections import OrderedDict, deque
from dataclasses import dataclass

from devices.feedback import SIGNALS
from edge.page_state import AlarmView, RecentView, ScanView, Screen
from wire.names import Signal

READY_AFTER_MS = 15_000
"""An ordinary verdict leaves the screen after this; nobody takes it for the next parcel's."""
RECENT_MAX = 8

_SCREENS = {
    Signal.WARN: Screen.WARN,
    Signal.WANTED: Screen.WANTED,
    Signal.STOP: Screen.STOP,
    Signal.REJECT: Screen.REJECT,
    Signal.NOT_RECORDED: Screen.NOT_RECORDED,
}
_CALM = frozenset({Signal.OK, Signal.WARN})
"""In a handover these leave its two halves on the screen."""
_UNTIL_ACKNOWLEDGED = frozenset({Screen.WANTED, Screen.STOP})
_LOUD = _UNTIL_ACKNOWLEDGED | {Screen.NOT_RECORDED}


@dataclass(frozen=True, slots=True)
class Shown:
    """A scan on the screen; ``is_alarming`` until somebody acknowledges it."""

    scan: ScanView
    screen: Screen
    number: int
    shown_ms: int
    is_alarming: bool
    sounds: bool


def screen_of(scan: ScanView) -> Screen:
    """The full-bleed state for one scan."""
    is_ours = scan.command is not None or scan.waybill is not None
    if scan.handover is not None and is_ours and scan.signal in _CALM:
        return Screen.HANDOVER
    ordinary = Screen.RECORDED if scan.command is None else Screen.COMMAND
    return _SCREENS.get(scan.signal, ordinary)


class ScreenFold:
    """Follows scans and acknowledgements; holds at most one alarm for each device."""

    def __init__(self) -> None:
        self._latest: Shown | None = None
        self._alarms: OrderedDict[str, Shown] = OrderedDict()
        self._recent: deque[ScanView] = deque(maxlen=RECENT_MAX + 1)
        self._number = 0

    def show(self, scan: ScanView, now_ms: int, *, sounds: bool) -> None:
        """A scan was answered; it acknowledges what its own device alarmed before.

        Args:
            scan: as the person may see it.
            now_ms: monotonic.
            sounds: whether the page has to sound it, because the scanner cannot.
        """
        self._number += 1
        screen = screen_of(scan)
        is_alarming = screen in _UNTIL_ACKNOWLEDGED
        self._latest = Shown(scan, screen, self._number, now_ms, is_alarming, sounds)
        self._alarms.pop(scan.device, None)
        if is_alarming:
            self._alarms[scan.device] = self._latest
        self._recent.appendleft(scan)

    def acknowledge(self, number: int, now_ms: int) -> None:
        """Somebody touched alarm ``number``; one that the screen no longer shows is left alone."""
        shown = self.current(now_ms)
        if shown is None or not shown.is_alarming or shown.number != number:
            return
        del self._alarms[shown.scan.device]
        if self._latest is shown:
            self._latest = Shown(shown.scan, shown.screen, shown.number, now_ms, False, False)

    def current(self, now_ms: int) -> Shown | None:
        """What the screen shows now; None means ready."""
        latest = self._latest
        if latest is not None and latest.screen in _LOUD and latest.is_alarming:
            return latest
        if latest is not None and latest.screen is Screen.NOT_RECORDED:
            return latest
        if self._alarms:
            return next(reversed(self._alarms.values()))
        if latest is None or now_ms - latest.shown_ms > READY_AFTER_MS:
            return None
        return latest

    def latest_scan(self) -> ScanView | None:
        """The newest scan, whatever the screen shows; None before the first."""
        return self._latest.scan if self._latest else None

    def alarm(self, now_ms: int) -> AlarmView | None:
        """What the page sounds now; None is silence."""
        shown = self.current(now_ms)
        if shown is None or not (shown.is_alarming or shown.sounds):
            return None
        tones = SIGNALS[shown.scan.signal].tones
        return AlarmView(seq=shown.number, tones=tuple(tones), repeat=shown.is_alarming)

    def recent(self) -> tuple[RecentView, ...]:
        """The scans before the newest, newest first."""
        return tuple(
            RecentView(
                seq=scan.seq,
                at=scan.at,
                device=scan.device,
                waybill=scan.waybill,
                result=scan.result,
                signal=scan.signal,
            )
            for scan in list(self._recent)[1:]
        )
