"""The uplink's thread: it owns the broker connection and hands the core what arrives.

paho's thread and the station only enqueue here. When the queue is full what comes is dropped and
counted: receipts, commands and news of the spool all come again. Source: style ("Threads and
time").
"""

import queue
import threading
from collections.abc import Callable

import structlog

from devices.backoff import Backoff
from edge.broker_link import BrokerAddress, BrokerError, BrokerLink
from edge.failpoints import FailPoint, FailPoints
from edge.metrics import Metrics
from edge.seams import Clock
from edge.station_events import HubHasLess, Receipted
from edge.uplink_core import UplinkCore
from edge.uplink_events import (
    Arrived,
    Connected,
    Disconnected,
    FetchList,
    FetchPack,
    HubWentBack,
    OrderFootage,
    ProblemChanged,
    Publish,
    Refused,
    ToStation,
    UplinkInput,
    UplinkOutput,
    Waited,
)
from wire.messages import Problem
from wire.topics import Channel

INBOX_MAX = 1000
RECONNECT = Backoff(first_s=0.5, max_s=30.0)
CONNECTION_BYTES = 16
CRASH_PAUSE_S = 1.0
REFUSED_LOG_EVERY_NS = 60_000_000_000
"""Whoever may write to our topics must not fill the disk that scans need; all are counted."""
UNACKED_MAX = 20
"""A broker that takes so many messages and acknowledges none has stopped working: paho sends no
more than these, and keeps the rest for ever."""

_logger = structlog.get_logger(__name__)


class _Acknowledged:
    """The broker has a message; ``mid`` is paho's number for it."""

    def __init__(self, mid: int) -> None:
        self.mid = mid


class Uplink:
    """Runs from :meth:`start` to :meth:`stop`; what it calls must not block long."""

    def __init__(
        self,
        core: UplinkCore,
        address: BrokerAddress,
        clock: Clock,
        metrics: Metrics,
        fail_points: FailPoints,
        to_station: Callable[[ToStation], None],
        fetch: Callable[[bytes], None],
        fetch_pack: Callable[[bytes], None],
        order_footage: Callable[[OrderFootage], None],
        on_unknown: Callable[[], None],
        on_went_back: Callable[[HubWentBack], None],
    ) -> None:
        """``on_unknown``: the hub says that it does not know this edge's key."""
        self._core = core
        self._address = address
        self._clock = clock
        self._metrics = metrics
        self._fail_points = fail_points
        self._to_station = to_station
        self._fetch, self._fetch_pack = fetch, fetch_pack
        self._order_footage = order_footage
        self._on_unknown, self._on_went_back = on_unknown, on_went_back
        self._inbox: queue.Queue[UplinkInput | _Acknowledged] = queue.Queue(INBOX_MAX)
        self._stopping = threading.Event()
        self._link: BrokerLink | None = None
        self._is_up_told = False
        self._failures = 0
        self._fail_reason = ""
        self._retry_ns = 0
        self._refused_log_ns = 0
        self._unacked: dict[int, Channel] = {}
        self._thread = threading.Thread(target=self._run, name="uplink", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """End the connection; says whether the thread ended within ``timeout_s``."""
        self._stopping.set()
        self.put(Waited())
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def retry_now(self) -> None:
        """What a connection was missing is there (any thread may say so)."""
        self._retry_ns = 0
        self.put(Waited())

    def put(self, event: UplinkInput | _Acknowledged) -> None:
        """Hand over an event from another thread; dropped and counted when the queue is full."""
        try:
            self._inbox.put_nowait(event)
        except queue.Full:
            self._metrics.dropped_messages.inc()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._turn()
            except Exception:
                # Scanning goes on whatever happens here; a fresh connection starts clean.
                _logger.exception("uplink failed")
                self._metrics.crashes.labels("uplink").inc()
                if self._link is not None:
                    self._link.ended = "the uplink failed; see the log"
                self._stopping.wait(CRASH_PAUSE_S)
        if self._link is not None:
            self._link.close()

    def _turn(self) -> None:
        if self._link is None and self._clock.mono_ns() >= self._retry_ns:
            self._connect()
        try:
            event = self._inbox.get(timeout=self._wait_s())
        except queue.Empty:
            event = Waited()
        if self._link is not None and self._link.ended is not None:
            self._drop(self._link.ended)
        elif self._link is not None and self._link.is_up and not self._is_up_told:
            self._is_up_told = True
            self._metrics.connected.set(1)
            self._carry_out(self._core.step(Connected(self._link.connection)))
        if isinstance(event, _Acknowledged):
            self._acknowledged(event.mid)
            event = Waited()
        self._carry_out(self._core.step(event))

    def _wait_s(self) -> float:
        wait_ms = self._core.wait_ms()
        if self._link is None:
            wait_ms = min(wait_ms, max(0, (self._retry_ns - self._clock.mono_ns()) // 1_000_000))
        return wait_ms / 1000

    def _connect(self) -> None:
        connection = self._clock.random_bytes(CONNECTION_BYTES).hex()
        self._unacked.clear()
        self._is_up_told = False
        try:
            self._link = BrokerLink(
                self._address,
                connection,
                self._core.will(connection),
                on_change=lambda: self.put(Waited()),
                on_message=lambda payload: self.put(Arrived(payload)),
                on_published=lambda mid: self.put(_Acknowledged(mid)),
            )
        except BrokerError as error:
            self._fail(str(error))

    def _drop(self, reason: str) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None
            self._metrics.connected.set(0)
            self._fail(reason)
            self._carry_out(self._core.step(Disconnected(reason)))

    def _fail(self, reason: str) -> None:
        self._failures += 1
        wait_s = RECONNECT.delay_s(self._failures)
        self._retry_ns = self._clock.mono_ns() + int(wait_s * 1e9)
        if self._failures == 1 or reason != self._fail_reason:
            _logger.warning("hub link lost", reason=reason)
        self._fail_reason = reason

    def _acknowledged(self, mid: int) -> None:
        if self._unacked.pop(mid, None) is Channel.EVENTS:
            self._fail_points.hit(FailPoint.AFTER_PUBLISH)

    def _carry_out(self, outputs: list[UplinkOutput]) -> None:
        for output in outputs:
            match output:
                case Publish():
                    self._publish(output)
                case FetchList():
                    self._fetch(output.message)
                case FetchPack():
                    self._fetch_pack(output.message)
                case OrderFootage():
                    self._order_footage(output)
                case HubWentBack():
                    _logger.info("the hub gets again what it had", since=output.since)
                    self._on_went_back(output)
                case Refused():
                    self._refused(output.reason)
                case ProblemChanged():
                    self._tell_problem(output.problem)
                case HubHasLess():
                    _logger.warning(
                        "the hub has less than it had", spool=output.spool, upto=output.upto_seq
                    )
                    self._to_station(output)
                case Receipted():
                    self._fail_points.hit(FailPoint.RECEIPT_ARRIVED)
                    self._to_station(output)
                case _:
                    self._to_station(output)

    def _publish(self, output: Publish) -> None:
        if self._link is None:
            return  # gone since the core was asked; it sends again after the next connect
        if len(self._unacked) >= UNACKED_MAX:
            self._link.ended = "the broker acknowledges nothing"
            return
        if output.channel is Channel.EVENTS:
            self._fail_points.hit(FailPoint.BEFORE_PUBLISH)
        mid = self._link.publish(output.channel, output.payload)
        self._unacked[mid] = output.channel
        if output.channel is Channel.STATE and self._failures:
            self._failures = 0
            _logger.info("hub link up")

    def _refused(self, reason: str) -> None:
        self._metrics.refused_messages.inc()
        now_ns = self._clock.mono_ns()
        if now_ns >= self._refused_log_ns:
            self._refused_log_ns = now_ns + REFUSED_LOG_EVERY_NS
            _logger.warning("message refused", reason=reason)

    def _tell_problem(self, problem: str | None) -> None:
        if problem is None:
            _logger.info("the hub takes our events again")
        else:
            _logger.error("the hub refuses our events", problem=problem)
        if problem == Problem.UNKNOWN_KEY:
            self._on_unknown()
