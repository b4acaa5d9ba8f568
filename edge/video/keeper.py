"""The keeper's thread: it owns the record of all footage, and brings its events to the spool.

Cameras hand in what is whole through a bounded queue; while that is full they wait. What the disk
refuses is tried again until it takes it, in order. The station answers each handful of events once
they are lines; then they are forgotten here. Source: design section 8, promise P2.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence

import structlog

from edge.metrics import Metrics
from edge.station_events import FootageLined, FootageLines
from edge.video.checking import FileChecker
from edge.video.disk_forecast import DiskForecast
from edge.video.footage import Shift
from edge.video.footage_desk import FootageDesk
from edge.video.noted import Noted
from edge.video.retention import KeepRule, holds_of
from edge.video.store import FootageError, FootageStore, find_lined
from wire.events import Camera, Segment
from wire.lines import read_checked
from wire.site_pack import PackHold

INBOX_MAX = 256
LINES_AT_ONCE_MAX = 50
ROOM_EVERY_S = 5.0
"""How often it is looked whether something may or must be deleted."""
CHECK_EVERY_S = 1.0
"""How often a little of what is kept is looked at again."""
FORECAST_EVERY_S = 3600.0
"""How often it is looked for how long the disk will hold footage."""
AGAIN_S = 1.0
"""After this the disk, or the spool, is asked again."""

_logger = structlog.get_logger(__name__)


class FootageKeeper:
    """Runs from :meth:`start` to :meth:`stop`; between them store and desk are this thread's."""

    def __init__(
        self,
        desk: FootageDesk,
        store: FootageStore,
        to_station: Callable[[FootageLines], None],
        now_s: Callable[[], float],
        keep_rule: KeepRule,
        metrics: Metrics,
    ) -> None:
        """``to_station`` may block; ``now_s`` is for durations."""
        self.keep_rule = keep_rule
        self.holds: tuple[PackHold, ...] | None = None
        """What the hub wants held; None: it was not heard since the start."""
        self.hub_offset_ms: int | None = None
        """What had to be added to this edge's time to get the hub's when an answer last told the
        hub's; None: none has since the start."""
        self._now_s = now_s
        self._metrics = metrics
        self._hub_now_ms: int | None = None
        self._room_due_s = self._check_due_s = self._forecast_due_s = 0.0
        self._desk, self._store = desk, store
        self._forecast = DiskForecast(desk, store, metrics.footage_days)
        self._checker = FileChecker(desk.folder, store, desk.tell_damage)
        self._to_station = to_station
        self._changed = threading.Condition()
        self._inbox: deque[Noted] = deque()
        self._lined: FootageLined | None = None
        self._is_asked = self._is_stopping = False
        self._is_sick = False
        self._thread = threading.Thread(target=self._run, name="footage", daemon=True)

    def find_lines(self, pages: Iterable[Sequence[bytes]]) -> None:
        """Forget what the spool had before a crash; ``pages`` are its lines after the last known.

        No page is taken once nothing waits to become a line. Before :meth:`start`.

        Raises:
            FootageError: the disk refuses.
        """
        pages = iter(pages)
        while self._store.waiting(1) and (lines := next(pages, None)) is not None:
            self._forget_lined(lines)

    def _forget_lined(self, lines: Iterable[bytes]) -> None:
        events = (read_checked(line) for line in lines)
        footage = [each for each in events if isinstance(each, Camera | Segment)]
        while footage:
            ids = find_lined(self._store.waiting(LINES_AT_ONCE_MAX), footage)
            if not ids:
                return
            self._store.lined(ids, footage[-1].spool, footage[-1].seq)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Put on record what the cameras have told; say whether the thread ended in time.

        What the spool refuses now waits for the next start.
        """
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def tell(self, noted: Noted) -> None:
        """Hand in what a camera's thread has to tell; waits while the queue is full."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._inbox) < INBOX_MAX)
            self._inbox.append(noted)
            self._changed.notify_all()

    def answer(self, lined: FootageLined) -> None:
        """The station's answer. Never waits: only one handful is asked at a time."""
        with self._changed:
            self._lined = lined
            self._changed.notify_all()

    # ------------------------------------------------------------ in the thread

    def _run(self) -> None:
        try:
            self._work()
        finally:
            self._checker.close()

    def _work(self) -> None:
        while True:
            try:
                if not self._turn():
                    return
            except (FootageError, OSError) as error:
                if not self._is_sick:
                    _logger.error("footage not on record", reason=str(error))
                self._is_sick = True
                if self._wait(lambda: self._is_stopping):
                    return
            except Exception:
                self._metrics.crashes.labels("footage").inc()
                _logger.exception("footage failed")
                if self._wait(lambda: self._is_stopping):
                    return

    def _turn(self) -> bool:
        """Do one thing; say whether there will be another: at the end, until all are lines."""
        self._wait(self._has_work)
        self._take_answer()
        noted = self._first()
        if noted is not None:
            self._desk.note(noted)
            self._done_with_first()
        self._ask()
        self._make_room()
        self._check()
        self._foresee()
        self._is_sick = False
        return noted is not None or self._is_asked or not self._is_stopping

    def _has_work(self) -> bool:
        is_over = self._is_stopping and not self._is_asked
        return bool(self._inbox or self._lined or is_over)

    def _wait(self, until: Callable[[], bool]) -> bool:
        with self._changed:
            return self._changed.wait_for(until, AGAIN_S)

    def _first(self) -> Noted | None:
        with self._changed:
            return self._inbox[0] if self._inbox else None

    def _done_with_first(self) -> None:
        with self._changed:
            self._inbox.popleft()
            self._changed.notify_all()

    def _take_answer(self) -> None:
        with self._changed:
            lined = self._lined
        if lined is None:
            return
        shift = None if lined.hub_now_ms is None else self._shift(lined.hub_now_ms)
        if lined.seq is not None:
            self._store.lined(lined.ids, lined.spool, lined.seq, shift)
        with self._changed:
            self._lined = None
        self._is_asked = False
        if lined.seq is None:
            raise FootageError("the spool refuses")

    def _shift(self, hub_now_ms: int) -> Shift:
        # Somebody may have set this edge's clock since the last answer: it is one or the other.
        offset_ms = hub_now_ms - self._desk.wall_ms()
        before_ms = offset_ms if self.hub_offset_ms is None else self.hub_offset_ms
        self._hub_now_ms, self.hub_offset_ms = hub_now_ms, offset_ms
        return Shift(min(before_ms, offset_ms), max(before_ms, offset_ms))

    def _make_room(self) -> None:
        now_s = self._now_s()
        if now_s >= self._room_due_s:
            self._room_due_s = now_s + ROOM_EVERY_S
            holds = self.holds
            if holds is not None:
                self._desk.hold_only(holds_of(holds, self.hub_offset_ms))
            self._desk.make_room(self.keep_rule, self._hub_now_ms)

    def _foresee(self) -> None:
        now_s = self._now_s()
        if now_s >= self._forecast_due_s:
            self._forecast_due_s = now_s + FORECAST_EVERY_S
            self._forecast.turn(self.keep_rule)

    def _check(self) -> None:
        now_s = self._now_s()
        if now_s >= self._check_due_s:
            self._check_due_s = now_s + CHECK_EVERY_S
            self._checker.turn(self._desk.wall_ms())

    def _ask(self) -> None:
        if self._is_asked:
            return
        waiting = self._store.waiting(LINES_AT_ONCE_MAX)
        if not waiting:
            return
        self._is_asked = True
        ids = tuple(each.id for each in waiting)
        self._to_station(FootageLines(ids, tuple(each.event for each in waiting)))
