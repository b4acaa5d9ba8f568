"""A simulated scanner: the cores of scanner.py and answers.py on a real cable.

Shell; used by tests and the demo. It has no thread: it works while it is called, and in between
its cable's bytes wait in the kernel. Not safe to share between threads.
"""

import random
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from simulators.answers import Answer, AnswerReader
from simulators.cable import Cable, HungUpError, UnreadError, wait_host
from simulators.newland import CommandReader
from simulators.pull_log import Pull, PullLog
from simulators.scanner import (
    HOST_ACKNOWLEDGE_S,
    Faults,
    NextAct,
    Piece,
    ScannerProtocol,
    check_faults,
    frame_packets,
    next_act,
    plan_writes,
)
from simulators.ssi import SsiLink
from wire.names import format_at

ANSWERS_MAX = 64
"""Answers to one pull that are kept; a host that sends more than this has lost its mind."""
DRAIN_READS_MAX = 64

Reader = AnswerReader | SsiLink | CommandReader


def _make_reader(protocol: ScannerProtocol) -> Reader:
    match protocol:
        case ScannerProtocol.PLAIN | ScannerProtocol.HONEYWELL:
            return AnswerReader()
        case ScannerProtocol.SSI:
            return SsiLink()
        case ScannerProtocol.NEWLAND:
            return CommandReader()


@dataclass(slots=True)
class _OpenPull:
    """A pull that waits for its answers; ``hung_up``: none can come any more."""

    n: int
    code: bytes
    packets: list[bytes]
    aim: str | None
    copies: int
    pulled_at: datetime
    pulled_mono_ns: int
    unanswered_before: int
    sent_mono_ns: int | None = None
    hung_up: bool = False
    answers: list[Answer] = field(default_factory=list)

    def to_record(self) -> Pull:
        first = self.answers[0] if self.answers else None
        answer_ms = None
        if first is not None and self.sent_mono_ns is not None:
            answer_ms = round((first.at_ns - self.sent_mono_ns) / 1e6, 3)
        return Pull(
            n=self.n,
            code_hex=self.code.hex(),
            aim=self.aim,
            copies=self.copies,
            pulled_at=format_at(self.pulled_at),
            pulled_mono_ns=self.pulled_mono_ns,
            sent=self.sent_mono_ns is not None,
            answer=first.signal if first else None,
            answer_ms=answer_ms,
            answer_hex=first.raw.hex() if first else None,
            answers=len(self.answers),
            unanswered_before=self.unanswered_before,
        )


class SimulatedScanner:
    """One scanner in one person's hand.

    ``faults`` may be changed between pulls. ``plain`` has no return channel: there every pull
    goes without an answer.
    """

    def __init__(
        self,
        cable: Cable,
        protocol: ScannerProtocol,
        *,
        faults: Faults | None = None,
        log: PullLog | None = None,
        seed: int = 0,
    ) -> None:
        """Take over ``cable`` and ``log``, which :meth:`close` closes.

        Raises:
            ValueError: ``faults`` that the protocol cannot show.
        """
        self.cable = cable
        self.protocol = protocol
        self.faults = faults or Faults()
        check_faults(protocol, self.faults)
        self.last_pull: Pull | None = None
        """The last pull that is over, as it stands in the log."""
        self._log = log
        self._rng = random.Random(seed)
        self._reader = _make_reader(self.protocol)
        self._open: _OpenPull | None = None
        self._pulls = 0
        self._unanswered = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def wait_host(self, timeout_s: float) -> bool:
        """Wait until an edge has opened the cable; False after ``timeout_s``."""
        return wait_host(self.cable, timeout_s)

    def pull(self, code: str | bytes, aim: str | None = "C0") -> None:
        """Pull the trigger on a label. An earlier pull that still waits is over with this.

        Raises:
            ValueError: a code too long to send, an AIM id that is wrong or that the protocol
                cannot tell, faults that it cannot show.
        """
        raw = code.encode() if isinstance(code, str) else code
        check_faults(self.protocol, self.faults)
        aim = None if self.faults.reprogrammed else aim
        packets = frame_packets(self.protocol, raw, aim)
        if self._open is not None:
            self.wait_answer(0.0)
        self._drain()
        self._pulls += 1
        self._open = _OpenPull(
            n=self._pulls,
            code=raw,
            packets=packets,
            aim=aim,
            copies=self.faults.copies,
            pulled_at=datetime.now(UTC),
            pulled_mono_ns=time.monotonic_ns(),
            unanswered_before=self._unanswered,
        )
        self._send(self._open, plan_writes(packets[0], self.faults, self._rng))

    def wait_answer(self, timeout_s: float = HOST_ACKNOWLEDGE_S) -> Answer | None:
        """Wait for the answer to the last pull, and for those to its copies; then it is over.

        Returns:
            The first answer. None is the scanner's own error tone: no host took the bytes or it
            hung up, nothing came within ``timeout_s``, or ``plain``, where nothing can come.

        Raises:
            ValueError: the trigger was not pulled.
        """
        pull = self._open
        if pull is None:
            raise ValueError("pull the trigger first")
        if self._can_be_answered(pull):
            try:
                self._listen(time.monotonic_ns() + int(timeout_s * 1e9), pull.copies)
                # Half an answer is worth the 50 ms that show whether it was a whole one.
                self._listen(self._reader.quiet_at_ns or 0, pull.copies)
            except HungUpError:
                self._hang_up()
        self._end_pull(pull)
        return pull.answers[0] if pull.answers else None

    def scan(
        self, code: str | bytes, aim: str | None = "C0", *, tries_max: int = 3
    ) -> Answer | None:
        """Pull as a trained person does: again after an error tone or a not_recorded.

        Returns:
            The last try's answer; ``scanner.next_act`` says what the person does now.
        """
        answer = None
        for _ in range(tries_max):
            self.pull(code, aim)
            answer = self.wait_answer()
            signal = answer.signal if answer else None
            if self.protocol is ScannerProtocol.PLAIN or next_act(signal) != NextAct.SCAN_AGAIN:
                break
        return answer

    def unplug(self) -> None:
        """Pull the plug; a pull that still waits is over without further answers."""
        if self._open is not None:
            self.wait_answer(0.0)
        self.cable.unplug()
        self._forget_cable()

    def replug(self) -> None:
        """Plug in again at the same path or port."""
        self.cable.plug()

    def close(self) -> None:
        """Unplug for good and close the log."""
        self.unplug()
        if self._log is not None:
            self._log.close()
            self._log = None

    def _send(self, pull: _OpenPull, pieces: list[Piece]) -> None:
        try:
            for piece in pieces:
                if piece.wait_s:
                    self._listen(time.monotonic_ns() + int(piece.wait_s * 1e9), ANSWERS_MAX)
                self.cable.write(piece.chunk)
                if piece.ends_packet:
                    now_ns = time.monotonic_ns()
                    pull.sent_mono_ns = pull.sent_mono_ns or now_ns
                    if isinstance(self._reader, SsiLink):
                        self._reader.sent(pull.packets, now_ns)
        except HungUpError:
            self._hang_up()
        except UnreadError:
            pull.sent_mono_ns = None

    def _can_be_answered(self, pull: _OpenPull) -> bool:
        sent = pull.sent_mono_ns is not None
        return self.protocol is not ScannerProtocol.PLAIN and sent and not pull.hung_up

    def _listen(self, until_ns: int, answers_wanted: int) -> None:
        """Read until that moment, or until the open pull has so many answers."""
        while self._open is not None and len(self._open.answers) < answers_wanted:
            reader = self._reader
            wake_ns = min(until_ns, reader.quiet_at_ns or until_ns, reader.resend_at_ns or until_ns)
            chunk = self.cable.read(max(0, wake_ns - time.monotonic_ns()) / 1e9)
            now_ns = time.monotonic_ns()
            self._keep(reader.feed(chunk, now_ns) if chunk else reader.settle(now_ns))
            self._write_outgoing()
            if now_ns >= until_ns:
                return

    def _write_outgoing(self) -> None:
        outgoing = self._reader.take_outgoing()
        if outgoing:
            with suppress(UnreadError):  # a host that reads nothing hears no acknowledgement
                self.cable.write(outgoing)

    def _drain(self) -> None:
        """Take what came while nobody pulled: late answers, counted but nobody's."""
        try:
            for _ in range(DRAIN_READS_MAX):
                chunk = self.cable.read(0.0)
                if not chunk:
                    break
                self._keep(self._reader.feed(chunk, time.monotonic_ns()))
                self._write_outgoing()
        except HungUpError:
            self._forget_cable()
        self._keep(self._reader.cut())

    def _keep(self, answers: list[Answer]) -> None:
        for answer in answers:
            if self._open is None:
                self._unanswered = max(0, self._unanswered - 1)
            elif len(self._open.answers) < ANSWERS_MAX:
                self._open.answers.append(answer)

    def _hang_up(self) -> None:
        self._keep(self._reader.cut())
        if self._open is not None:
            self._open.hung_up = True
        self._forget_cable()

    def _forget_cable(self) -> None:
        # What was under way is gone with the host or the plug, so no late answer can come of it.
        self._reader = _make_reader(self.protocol)
        self._unanswered = 0

    def _end_pull(self, pull: _OpenPull) -> None:
        self._keep(self._reader.cut())
        if self.protocol is not ScannerProtocol.PLAIN and not pull.hung_up:
            self._unanswered += max(0, pull.copies - len(pull.answers))
        self._open = None
        self.last_pull = pull.to_record()
        if self._log is not None:
            self._log.write(self.last_pull)
