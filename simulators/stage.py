"""Play a script on simulated scanners and say each beat in one line of plain words.

Shell. A beat that goes otherwise than the script expects is a surprise: said and counted.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from simulators.answers import Answer
from simulators.children import Children
from simulators.hub_rest import HubRest, HubRestError
from simulators.play import Beat, PlugBeat, ScanBeat, WantedBeat
from simulators.simulated_scanner import SimulatedScanner
from simulators.words import meaning
from wire.names import format_at

HOST_WAIT_S = 15.0
"""An edge reopens a scanner with a backoff of at most 5 s."""
_POLL_S = 0.1


class Stage:
    """The scanners, the hub and the voice of one demo."""

    def __init__(
        self,
        scanners: dict[str, SimulatedScanner],
        sites: dict[str, str],
        hub: HubRest,
        children: Children,
        say: Callable[[str], None],
        speed: float = 1.0,
    ) -> None:
        """``scanners`` and ``sites`` by scanner id; ``say`` takes one line.

        ``speed`` divides the pauses between beats.
        """
        self._speed = speed
        self._scanners = scanners
        self._sites = sites
        self._hub = hub
        self._children = children
        self._say = say
        self.surprises = 0

    def play(self, beats: Iterable[Beat]) -> int:
        """Play to the end, with a pause after each beat; return the number of beats.

        Raises:
            ChildDiedError, StopRequestedError: see :meth:`Children.pause`.
        """
        played = 0
        for beat in beats:
            match beat:
                case ScanBeat():
                    self._scan(beat)
                case WantedBeat():
                    self._want(beat)
                case PlugBeat():
                    self._plug(beat)
            played += 1
            self._children.pause(beat.pause_s / self._speed)
        return played

    def wait_hosts(self) -> None:
        """Wait until every scanner's cable is open at its edge, at most ``HOST_WAIT_S`` each."""
        for scanner in self._scanners.values():
            self._wait_host(scanner)

    def _scan(self, beat: ScanBeat) -> None:
        scanner = self._scanners[beat.scanner]
        self._wait_host(scanner)
        scanner.faults = replace(scanner.faults, copies=beat.copies)
        answer = scanner.scan(beat.code, beat.aim)
        heard = answer.signal if answer else None
        shown = beat.code.decode("ascii", "replace").replace("\x1b", "<ESC>")
        self._tell(beat.scanner, f"{shown}  {beat.words}  ->  {_sound(answer)} {meaning(heard)}")
        if heard is not beat.expected:
            self._surprise(beat.scanner, f"应为 expected {beat.expected}")

    def _want(self, beat: WantedBeat) -> None:
        expires_at = format_at(datetime.now(UTC) + timedelta(minutes=beat.minutes))
        entry = {
            "result": beat.result,
            "reason": beat.reason,
            "banner_zh": beat.banner_zh,
            "banner_en": beat.banner_en,
            "expires_at": expires_at,
        }
        self._tell("hub", f"{beat.waybill}  {beat.words}: {beat.reason}")
        try:
            self._hub.put_wanted(beat.waybill, entry)
        except HubRestError as error:
            self._surprise("hub", str(error))

    def _plug(self, beat: PlugBeat) -> None:
        scanner = self._scanners[beat.scanner]
        if beat.plugged:
            scanner.replug()
        else:
            scanner.unplug()
        self._tell(beat.scanner, beat.words)

    def _wait_host(self, scanner: SimulatedScanner) -> None:
        for _ in range(round(HOST_WAIT_S / _POLL_S)):
            if scanner.wait_host(0):
                return
            self._children.pause(_POLL_S)

    def _surprise(self, where: str, words: str) -> None:
        self.surprises += 1
        self._tell(where, f"意外 SURPRISE: {words}")

    def _tell(self, where: str, words: str) -> None:
        clock = f"{datetime.now(UTC).astimezone():%H:%M:%S}"
        self._say(f"{clock}  {self._sites.get(where, ''):<5}{where:<7} {words}")


def _sound(answer: Answer | None) -> str:
    if answer is None:
        return "ERROR TONE"
    return "UNKNOWN BYTES" if answer.signal is None else answer.signal.upper()
