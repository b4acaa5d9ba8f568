"""One thread owns one port: it opens it, reads it, writes it, and opens it again when it is gone.

Shell. A port that hangs or vanishes touches no other; one that floods shares the station's one
inbox with the others and delays them. What the thread learns goes to ``on_event``; answers come in
through a bounded queue, and each that was accepted ends as either AnswerSent or AnswerFailed.
Source: design section 3, style ("Threads and time").
"""

import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Final

import structlog

from devices.backoff import Backoff
from devices.ports import NobodyConnectedError, Port, PortError, open_port, split_url, validate_url
from devices.tcp_listen import Network, TcpListener

OUTBOUND_ANSWERS_MAX: Final = 16
"""More answers than this waiting for one scanner are refused: it hangs."""
ANSWER_TIMEOUT_NS: Final = 1_000_000_000
"""An answer that the cable has not taken after this long has failed: later it would mislead."""

REOPEN: Final = Backoff(first_s=0.2, max_s=5.0)

MonoClock = Callable[[], int]
"""A monotonic clock in ns."""

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BytesRead:
    """``data`` came off the cable; ``read_ns`` is the clock straight after the read."""

    device: str
    data: bytes
    read_ns: int


@dataclass(frozen=True, slots=True)
class AnswerSent:
    """The whole answer ``token`` was handed to the port at ``sent_ns``."""

    device: str
    token: int
    sent_ns: int


@dataclass(frozen=True, slots=True)
class AnswerFailed:
    """The answer ``token`` was not, or not wholly, handed to the port."""

    device: str
    token: int
    reason: str


@dataclass(frozen=True, slots=True)
class PortOpened:
    """The cable is there; ``source`` is what the operating system says of it."""

    device: str
    source: str


@dataclass(frozen=True, slots=True)
class PortLost:
    """The cable is gone, or was never there; once per outage."""

    device: str
    reason: str


PortEvent = BytesRead | AnswerSent | AnswerFailed | PortOpened | PortLost


def _make_listener(url: str, peers: tuple[Network, ...]) -> TcpListener | None:
    if url.startswith("/"):
        return None
    address = split_url(url)
    return TcpListener(address, peers) if address.listens else None


@dataclass(slots=True)
class _Answer:
    token: int
    rest: bytes
    deadline_ns: int
    is_begun: bool = False


class PortThread:
    """Owns the port ``url`` of one device from :meth:`start` to :meth:`stop`.

    ``on_event`` is called in the port's thread and should only enqueue; while it blocks, this port
    is neither read nor written. ``crashes`` counts errors that nobody foresaw: each is logged with
    its stack and the port is opened again.
    """

    def __init__(
        self,
        device: str,
        url: str,
        on_event: Callable[[PortEvent], None],
        clock: MonoClock,
        backoff: Backoff = REOPEN,
        peers: tuple[Network, ...] = (),
    ) -> None:
        """``peers`` may connect to a ``tcp-listen://`` url; see ``devices.tcp_listen``.

        Raises:
            ValueError: see :func:`devices.ports.validate_url`.
        """
        validate_url(url)
        self.crashes = 0
        self._device = device
        self._url = url
        self._listener = _make_listener(url, peers)
        self._on_event = on_event
        self._clock = clock
        self._backoff = backoff
        self._failures = 0
        self._is_outage_told = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"port-{device}", daemon=True)
        self._lock = threading.Lock()  # guards the two below
        self._answers: deque[_Answer] = deque()
        self._wake: socket.socket | None = None  # exists while the port is open

    def start(self) -> None:
        """Begin; PortOpened or PortLost follows."""
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Close the port and end the thread; says whether it ended within ``timeout_s``."""
        self._stopping.set()
        with self._lock:
            self._wake_up()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def send(self, data: bytes, token: int) -> bool:
        """Queue an answer; AnswerSent or AnswerFailed will name ``token``.

        Returns:
            False if the port is not open or ``OUTBOUND_ANSWERS_MAX`` answers wait already; then
            nothing is queued and no event follows.
        """
        answer = _Answer(token, data, self._clock() + ANSWER_TIMEOUT_NS)
        with self._lock:
            if self._wake is None or len(self._answers) >= OUTBOUND_ANSWERS_MAX:
                return False
            self._answers.append(answer)
            self._wake_up()
        return True

    def _wake_up(self) -> None:
        if self._wake is not None:
            with suppress(BlockingIOError):  # full of wake-ups that were not read yet: enough
                self._wake.send(b"\0")

    def _run(self) -> None:
        try:
            self._hold_ports()
        finally:
            if self._listener is not None:
                self._listener.close()

    def _hold_ports(self) -> None:
        trouble: str | None = None
        while not self._stopping.is_set():
            try:
                if trouble is not None:
                    self._tell_lost(trouble)
                    trouble = None
                if self._hold_port():
                    continue
            except Exception:
                self.crashes += 1
                trouble = "the port's thread failed; see the log"
                _logger.exception("port thread failed", device=self._device)
            self._failures += 1
            self._stopping.wait(self._backoff.delay_s(self._failures))

    def _hold_port(self) -> bool:
        """Open the port once and serve it until it is lost or the thread is stopped.

        Returns:
            True if nobody connected: it has waited already, and whoever comes is taken at once.
        """
        opened_ns = None
        try:
            with closing(self._open()) as port:
                opened_ns = self._clock()
                self._serve(port)
        except NobodyConnectedError as error:
            self._tell_lost(str(error))
            return True
        except PortError as error:
            self._tell_lost(str(error))
        # Only a cable that held resets the backoff: one that flaps must not flood the ledger.
        if opened_ns is not None and self._clock() - opened_ns >= self._backoff.max_s * 1e9:
            self._failures = 0
        return False

    def _open(self) -> Port:
        return open_port(self._url) if self._listener is None else self._listener.open()

    def _tell_lost(self, reason: str) -> None:
        if not self._is_outage_told:
            self._on_event(PortLost(self._device, reason))
            self._is_outage_told = True

    def _serve(self, port: Port) -> None:
        wake_read, wake_write = socket.socketpair()
        wake_write.setblocking(False)
        reason = "the port's thread failed"
        with wake_read:  # outlives the last wake-up, which would break on a closed pair
            with self._lock:
                self._wake = wake_write
            try:
                self._is_outage_told = False
                self._on_event(PortOpened(self._device, port.source))
                self._pump(port, wake_read)
                reason = "the station stopped"
            except PortError as error:
                reason = str(error)
                raise
            finally:
                self._end_answers(reason)

    def _pump(self, port: Port, wake_read: socket.socket) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(wake_read, selectors.EVENT_READ)
            selector.register(port, selectors.EVENT_READ)
            if self._listener is not None and self._listener.newcomers is not None:
                selector.register(self._listener.newcomers, selectors.EVENT_READ, self._listener)
            while not self._stopping.is_set():
                answer = self._first_answer()
                asked = selectors.EVENT_READ | (selectors.EVENT_WRITE if answer else 0)
                selector.modify(port, asked)
                for key, ready in selector.select(self._patience_s(answer)):
                    if key.fileobj is wake_read:
                        wake_read.recv(4096)
                    elif key.data is not None:
                        key.data.admit()
                    elif ready & selectors.EVENT_READ:
                        self._read(port)
                if answer is not None:
                    self._write(port, answer)

    def _read(self, port: Port) -> None:
        data = port.read()
        if data:
            self._on_event(BytesRead(self._device, data, self._clock()))

    def _first_answer(self) -> _Answer | None:
        with self._lock:
            return self._answers[0] if self._answers else None

    def _patience_s(self, answer: _Answer | None) -> float | None:
        if answer is None:
            return None
        return max(0, answer.deadline_ns - self._clock()) / 1e9

    def _write(self, port: Port, answer: _Answer) -> None:
        if not answer.is_begun and self._clock() >= answer.deadline_ns:
            # Asked before writing: this thread may itself have been held up by ``on_event``.
            self._drop_first_answer()
            reason = "the scanner did not take the answer in time"
            self._on_event(AnswerFailed(self._device, answer.token, reason))
            return
        taken = port.write(answer.rest)
        answer.rest = answer.rest[taken:]
        answer.is_begun |= taken > 0
        now_ns = self._clock()
        if not answer.rest:
            self._drop_first_answer()
            self._on_event(AnswerSent(self._device, answer.token, now_ns))
        elif answer.is_begun and now_ns >= answer.deadline_ns:
            # The next answer would be read as the rest of this one: start anew.
            raise PortError("the scanner took half an answer and no more")

    def _drop_first_answer(self) -> None:
        with self._lock:
            self._answers.popleft()

    def _end_answers(self, reason: str) -> None:
        """Take no more answers; those that wait have failed."""
        with self._lock:
            if self._wake is not None:
                self._wake.close()
            self._wake = None
            failed = list(self._answers)
            self._answers.clear()
        for answer in failed:
            self._on_event(AnswerFailed(self._device, answer.token, reason))
