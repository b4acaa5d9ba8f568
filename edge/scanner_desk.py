"""One scanner as the station sees it: its cable, its repeats, its session.

Pure. Source: design section 3.
"""

from dataclasses import dataclass, replace

from devices.frames import QUIET_MS, Frame, Received, Resend
from devices.framing import always_sends_aim, make_framer
from devices.guard import CODES_REMEMBERED_MAX, RepeatGuard
from edge.answering import GivenAnswer, OpenAnswer
from edge.page_state import DeviceView
from edge.scan_lines import LINK_SEQ, LastScan
from edge.session import Session
from edge.station_events import ScannerSetup
from edge.workplace import Workplace
from wire.messages import DeviceState
from wire.policy import ScanPolicy


@dataclass(frozen=True, slots=True)
class _Delivery:
    """The recorded code that came last, with its answer; ``read_ms`` is monotonic."""

    raw: bytes
    answer: GivenAnswer
    read_ms: int


class ScannerDesk:
    """The mutable state of one scanner."""

    def __init__(
        self, setup: ScannerSetup, policy: ScanPolicy, session: Session, last: LastScan | None
    ) -> None:
        self.setup = setup
        self.work = Workplace(setup.id, setup.fixed, session)
        self.is_connected = False
        self.was_lost = False
        self.reason: str | None = None
        self.is_reprogrammed = False
        self.framer = make_framer(setup.protocol)
        self.open_answer = OpenAnswer()
        self._read_ms = 0
        self._resend_window_ms = policy.resend_window_s * 1000
        self._last: _Delivery | None = None
        self._guard = RepeatGuard(policy.repeat_guard_ms)
        self._answers: dict[bytes, GivenAnswer] = {}
        self._last_before_start = last

    def adopt(self, policy: ScanPolicy) -> None:
        """Work by this policy from the next code on."""
        self._guard.guard_ms = policy.repeat_guard_ms
        self._resend_window_ms = policy.resend_window_s * 1000

    @property
    def id(self) -> str:
        """The scanner's name in the config."""
        return self.setup.id

    def read(self, data: bytes, read_ms: int) -> list[Received]:
        """What the scanner's bytes complete; ``read_ms`` is monotonic."""
        if read_ms - self._read_ms > QUIET_MS:
            self.framer.fall_quiet()
        self._read_ms = read_ms
        return self.framer.feed(data)

    def repeated_answer(self, frame: Frame) -> GivenAnswer | None:
        """The answer to give again if this is the same scan once more; else it is one of its own.

        The same is what comes within the repeat guard, and what the scanner itself says to send
        again. What was not recorded has no answer here, so its repeat is a new attempt.
        """
        last = self._recent(frame)
        if frame.resend is Resend.SAME and last is not None:
            self._last = replace(last, read_ms=self._read_ms)
            return last.answer
        if self._guard.is_repeat(frame.raw, self._read_ms):
            return self._answers.get(frame.raw)
        self._answers.pop(frame.raw, None)
        return None

    def remember_answer(self, frame: Frame, answer: GivenAnswer) -> None:
        """Keep a recorded scan's answer for its repeats."""
        self._last = _Delivery(frame.raw, answer, self._read_ms)
        self._answers.pop(frame.raw, None)
        self._answers[frame.raw] = answer
        while len(self._answers) > CODES_REMEMBERED_MAX:
            del self._answers[next(iter(self._answers))]
        self._last_before_start = None

    def change_over(self) -> None:
        """Another spool is live: what named a line of the ended one names its link to it now."""
        if self._last is not None:
            self._last = replace(self._last, answer=_linked(self._last.answer))
        self._answers = {raw: _linked(answer) for raw, answer in self._answers.items()}
        self.open_answer.change_over()
        if self._last_before_start is not None:
            self._last_before_start = replace(self._last_before_start, seq=LINK_SEQ)

    def forget_last(self) -> None:
        """A scan was not recorded: what the scanner sends again now is that one."""
        self._last = None

    def resends_maybe(self, frame: Frame) -> int | None:
        """The sequence number of the scan that the scanner may be sending again."""
        last = self._recent(frame)
        return last.answer.of_seq if frame.resend is not Resend.NO and last is not None else None

    def _recent(self, frame: Frame) -> _Delivery | None:
        last = self._last
        if last is None or last.raw != frame.raw:
            return None
        return last if self._read_ms - last.read_ms <= self._resend_window_ms else None

    def repeats_last_before_start(self, frame: Frame) -> int | None:
        """The sequence number of the scan that this may be a resend of, after a crash.

        Asked of the first recorded scan after a start only.
        """
        last = self._last_before_start
        return last.seq if last is not None and last.raw == frame.raw else None

    def lost_aim(self, frame: Frame) -> bool:
        """Say whether the scanner was reprogrammed just now: true once in each episode."""
        if not always_sends_aim(self.setup.protocol):
            return False
        was, self.is_reprogrammed = self.is_reprogrammed, frame.aim is None
        return self.is_reprogrammed and not was

    def opened(self, source: str) -> bool:
        """The cable is there; say whether it was missing before."""
        self.work.source, self.is_connected, self.reason = source, True, None
        was_lost, self.was_lost = self.was_lost, False
        return was_lost

    def lost(self, reason: str) -> None:
        """The cable is gone; half a code goes with it."""
        self.is_connected, self.was_lost, self.reason = False, True, reason
        self.framer.reset()
        self.open_answer.drop()
        self._last = None

    def state(self) -> DeviceState:
        """The scanner for the hub."""
        return DeviceState(
            id=self.id,
            source=self.work.source,
            protocol=self.setup.protocol,
            connected=self.is_connected,
        )

    def view(self) -> DeviceView:
        """The scanner for the page."""
        return DeviceView(
            id=self.id,
            protocol=self.setup.protocol,
            connected=self.is_connected,
            source=self.work.source,
            simulated=is_simulated(self.work.source),
            reprogrammed=self.is_reprogrammed,
            reason=self.reason,
        )


def _linked(answer: GivenAnswer) -> GivenAnswer:
    return answer if answer.of_seq is None else replace(answer, of_seq=LINK_SEQ)


def is_simulated(source: str | None) -> bool:
    """Say whether a port is a pty or a loopback peer: then nobody held a real scanner (P6)."""
    return source is not None and source.startswith(("pts:", "tcp:127.", "tcp:::1:", "tcp:[::1]"))
