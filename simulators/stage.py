"""Play scenes on simulated scanners and say each beat in one line of plain words.

Shell. A beat that goes otherwise than the script expects is a surprise: said and counted.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from simulators.answers import Answer
from simulators.children import Children
from simulators.day_clock import DayClock
from simulators.hub_rest import HubRest, HubRestError
from simulators.play import Beat, PlugBeat, ScanBeat, WantedBeat
from simulators.simulated_scanner import SimulatedScanner
from simulators.words import meaning
from wire.names import format_at

HOST_WAIT_S = 15.0
"""An edge reopens a scanner with a backoff of at most 5 s."""
_POLL_S = 0.1
_LOCAL = ZoneInfo("Asia/Shanghai")


class Stage:
    """The gate's scanners, the hub and the voice of one demo."""

    def __init__(
        self,
        scanners: dict[str, SimulatedScanner],
        site: str,
        hub: HubRest,
        children: Children,
        clock: DayClock,
        say: Callable[[str], None],
        speed: float = 1.0,
    ) -> None:
        """``scanners`` by id, all at ``site``; ``say`` takes one line.

        ``speed`` divides the pauses between beats.
        """
        self._speed = speed
        self._scanners = scanners
        self._site = site
        self._hub = hub
        self._children = children
        self.clock = clock
        self._say = say
        self.beats = 0
        self.surprises = 0

    def perform(self, beat: Beat) -> datetime:
        """Play one beat; return when its pause is over, in the day's time.

        Raises:
            ChildDiedError, StopRequestedError: see :meth:`Children.pause`.
        """
        match beat:
            case ScanBeat():
                self._scan(beat)
            case WantedBeat():
                self._want(beat)
            case PlugBeat():
                self._plug(beat)
        self.beats += 1
        pause = timedelta(seconds=beat.pause_s / self._speed)
        return self.clock.now() + pause * self.clock.rate

    def pause(self, seconds: float) -> None:
        """Let real time pass.

        Raises:
            ChildDiedError, StopRequestedError: see :meth:`Children.pause`.
        """
        self._children.pause(seconds)

    def tell(self, site: str, device: str, words: str) -> None:
        """Say one line under the day's time."""
        hour = f"{self.clock.now().astimezone(_LOCAL):%H:%M:%S}"
        self._say(f"{hour}  {site:<6}{device:<7} {words}")

    def surprise(self, site: str, device: str, words: str) -> None:
        """Count what nobody expected, and say it."""
        self.surprises += 1
        self.tell(site, device, f"意外 SURPRISE: {words}")

    def _scan(self, beat: ScanBeat) -> None:
        scanner = self._scanners[beat.scanner]
        self.wait_host(scanner)
        scanner.faults = replace(scanner.faults, copies=beat.copies)
        answer = scanner.scan(beat.code, beat.aim)
        heard = answer.signal if answer else None
        shown = beat.code.decode("ascii", "replace").replace("\x1b", "<ESC>")
        words = f"{shown}  {beat.words}  ->  {_sound(answer)} {meaning(heard)}"
        self.tell(self._site, beat.scanner, words)
        if heard is not beat.expected:
            self.surprise(self._site, beat.scanner, f"应为 expected {beat.expected}")

    def _want(self, beat: WantedBeat) -> None:
        # Minutes of the onlooker, whatever the day's clock does.
        lasts = timedelta(minutes=beat.minutes) * self.clock.rate
        entry = {
            "result": beat.result,
            "reason": beat.reason,
            "banner_zh": beat.banner_zh,
            "banner_en": beat.banner_en,
            "expires_at": format_at(self.clock.now() + lasts),
        }
        self.tell("hub", "", f"{beat.waybill}  {beat.words}: {beat.reason}")
        try:
            self._hub.send("PUT", f"wanted/{beat.waybill}", entry)
        except HubRestError as error:
            self.surprise("hub", "", str(error))

    def _plug(self, beat: PlugBeat) -> None:
        scanner = self._scanners[beat.scanner]
        if beat.plugged:
            scanner.replug()
        else:
            scanner.unplug()
        self.tell(self._site, beat.scanner, beat.words)

    def wait_host(self, scanner: SimulatedScanner) -> None:
        """Wait until a scanner's cable is open at its edge, at most ``HOST_WAIT_S``."""
        for _ in range(round(HOST_WAIT_S / _POLL_S)):
            if scanner.wait_host(0):
                return
            self._children.pause(_POLL_S)


def _sound(answer: Answer | None) -> str:
    if answer is None:
        return "ERROR TONE"
    return "UNKNOWN BYTES" if answer.signal is None else answer.signal.upper()
