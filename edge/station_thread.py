"""The station's thread: it owns the spool's one writer and turns the core's outputs into acts.

Ports hand in bytes through a bounded queue. When it is full a port's thread waits, and with it
the scanner's cable: the bytes stay in the kernel and nothing is lost. The hub's news wait their
turn in the uplink's thread; a touch of the page is dropped and counted, it can be repeated.
Source: style ("Threads and time"), promise P1.
"""

import queue
import threading
from collections.abc import Callable, Mapping

import structlog

from devices.port_thread import AnswerFailed, AnswerSent, BytesRead, PortThread
from edge.failpoints import FailPoint, FailPoints
from edge.metrics import Metrics
from edge.page_state import encode_page
from edge.seams import Clock, SpoolError
from edge.spool import Spool
from edge.station import NO_TOKEN, TICK_MS, StationCore
from edge.station_events import (
    Answer,
    BodiesWait,
    ClockStepped,
    DevicesChanged,
    FootageLined,
    FormAnswered,
    HandheldAnswered,
    HandheldsChanged,
    Input,
    LossNoted,
    NotRecorded,
    Output,
    Receipted,
    Recorded,
    Started,
    Stopping,
    Ticked,
)
from edge.station_page import draw_page

INBOX_MAX = 1000
LATE_MS = 100
"""With the delay of ``feedback_log`` this makes the second that the design allows."""
TIDY_EVERY_MS = 5_000
"""In idle moments."""
TIDY_EVERY_MS_MAX = 60_000
"""A station that is never idle is tidied all the same."""
DRAW_EVERY_MS = 200
"""Under load the page is drawn this often; otherwise at once."""

_logger = structlog.get_logger(__name__)

ForUplink = Recorded | DevicesChanged | ClockStepped | LossNoted
ForPage = FormAnswered | HandheldAnswered | HandheldsChanged


class StationThread:
    """Runs from :meth:`start` to :meth:`stop`; between them the spool is this thread's alone."""

    def __init__(
        self,
        core: StationCore,
        spool: Spool,
        clock: Clock,
        metrics: Metrics,
        fail_points: FailPoints,
        show: Callable[[str], None],
        answer: Callable[[ForPage], None],
        answer_cameras: Callable[[FootageLined], None],
        to_uplink: Callable[[ForUplink], None],
        on_bodies: Callable[[], None],
        on_crash: Callable[[], None],
    ) -> None:
        """``answer``: to the page that sent a form, and to handhelds; never blocks.

        ``on_crash``: the core failed in a way that nobody foresaw; only a restart helps.
        """
        self._core = core
        # Asked when somebody looks: whoever has heard a tone finds its line counted.
        metrics.depth.set_function(lambda: float(core.depth))
        self._spool = spool
        self._clock = clock
        self._metrics = metrics
        self._fail_points = fail_points
        self._show, self._answer_page = show, answer
        self._answer_cameras = answer_cameras
        self._to_uplink = to_uplink
        self._on_bodies, self._on_crash = on_bodies, on_crash
        self._ports: Mapping[str, PortThread] = {}
        self._inbox: queue.Queue[Input] = queue.Queue(INBOX_MAX)
        self._tidied_ms = 0
        self._tick_due_ms = 0
        self._drawn_ms = 0
        self._is_disk_sick = False
        self._running = threading.Event()
        self._thread = threading.Thread(target=self._run, name="station", daemon=True)

    def start(self, ports: Mapping[str, PortThread]) -> None:
        """Begin; ``ports`` by device give the answers."""
        self._ports = ports
        self._thread.start()

    def is_running(self) -> bool:
        """Say whether scans are judged and recorded."""
        return self._running.is_set() and self._thread.is_alive()

    def stop(self, timeout_s: float) -> bool:
        """Write down what is open; says whether the thread ended in time."""
        if self._thread.is_alive():
            self.put(Stopping())
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def put(self, event: Input) -> None:
        """Hand over an event from another thread; waits while the queue is full."""
        self._inbox.put(event)

    def put_or_drop(self, event: Input) -> bool:
        """Hand over an event that can be repeated; dropped and counted when the queue is full."""
        try:
            self._inbox.put_nowait(event)
        except queue.Full:
            self._metrics.dropped_messages.inc()
            return False
        return True

    # ------------------------------------------------------------ in the thread

    def _run(self) -> None:
        try:
            self._take(Started())
            self._running.set()
            while not isinstance(event := self._next(), Stopping):
                self._take(event)
            self._take(event)
        except Exception:
            # What the core knows and what the disk holds may differ now: restart and recover.
            _logger.exception("station failed")
            self._metrics.crashes.labels("station").inc()
            self._running.clear()
            self._on_crash()

    def _next(self) -> Input:
        now_ms = self._now_ms()
        wait_ms = min(self._core.wait_ms(), self._tick_due_ms - now_ms)
        # What is overdue goes first only when it is late: a scan does not wait for its neighbours'
        # feedback lines.
        if wait_ms > 0 or (wait_ms > -LATE_MS and not self._inbox.empty()):
            try:
                return self._inbox.get(timeout=max(0, wait_ms) / 1000)
            except queue.Empty:
                pass
        self._tick_due_ms = self._now_ms() + TICK_MS
        return Ticked()

    def _now_ms(self) -> int:
        return self._clock.mono_ns() // 1_000_000

    def _take(self, event: Input) -> None:
        if isinstance(event, BytesRead):
            self._fail_points.hit(FailPoint.READ)
        if isinstance(event, Receipted):
            self._fail_points.hit(FailPoint.BEFORE_RECEIPT)
        self._carry_out(self._core.step(event), event)
        if isinstance(event, AnswerSent) and event.token != NO_TOKEN:
            self._fail_points.hit(FailPoint.AFTER_TONE)
        if isinstance(event, Receipted):
            self._fail_points.hit(FailPoint.AFTER_RECEIPT)
        self._draw()
        if isinstance(event, Ticked):
            self._tidy(TIDY_EVERY_MS if self._inbox.empty() else TIDY_EVERY_MS_MAX)

    def _carry_out(self, outputs: list[Output], cause: Input) -> None:
        for output in outputs:
            match output:
                case Answer():
                    self._answer(output)
                    if isinstance(cause, BytesRead):
                        waited_ns = self._clock.mono_ns() - cause.read_ns
                        self._metrics.answer_seconds.observe(waited_ns / 1e9)
                case Recorded():
                    self._recorded(output)
                case NotRecorded():
                    self._not_recorded(output)
                case FormAnswered() | HandheldAnswered() | HandheldsChanged():
                    self._answer_page(output)
                case FootageLined():
                    self._answer_cameras(output)
                case BodiesWait():
                    self._on_bodies()
                case DevicesChanged() | ClockStepped() | LossNoted():
                    self._to_uplink(output)

    def _answer(self, answer: Answer) -> None:
        if answer.token != NO_TOKEN:
            self._fail_points.hit(FailPoint.BEFORE_TONE)
        if not self._ports[answer.device].send(answer.data, answer.token):
            failed = AnswerFailed(answer.device, answer.token, "the port is closed or busy")
            self._core.step(failed)

    def _recorded(self, output: Recorded) -> None:
        if self._is_disk_sick:
            self._is_disk_sick = False
            _logger.info("recording again")
        if output.result is not None:
            self._metrics.scans.labels(output.result).inc()
        self._to_uplink(output)
        if output.with_body:
            self._on_bodies()

    def _not_recorded(self, output: NotRecorded) -> None:
        self._metrics.not_recorded.inc(output.scans)
        if not self._is_disk_sick:
            self._is_disk_sick = True
            _logger.error("not recorded", reason=output.reason)

    def _draw(self) -> None:
        now_ms = self._now_ms()
        if not self._inbox.empty() and now_ms - self._drawn_ms < DRAW_EVERY_MS:
            return
        n = self._core.next_page()
        if n is not None:
            self._drawn_ms = now_ms
            self._show(encode_page(draw_page(self._core, n, self._clock)))

    def _tidy(self, every_ms: int) -> None:
        now_ms = self._now_ms()
        if now_ms - self._tidied_ms < every_ms:
            return
        self._tidied_ms = now_ms
        try:
            tidied = self._spool.tidy(self._core.time.known_hub_time())
        except SpoolError as error:
            self._not_recorded(NotRecorded(str(error), scans=0))
        else:
            self._metrics.forgotten_early.inc(tidied.early)
