"""One thread asks one camera for its own time, an hour apart; recording never waits for it.

Shell around :mod:`edge.video.own_clock`. Source: style ("Threads and time").
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from devices.backoff import Backoff
from devices.onvif import OnvifError
from devices.onvif_talk import ask_time
from edge.metrics import Metrics
from edge.video.moments import Moments
from edge.video.noted import FactNoted
from edge.video.own_clock import ASKS, ROUND_EVERY_S, Narrowing, OwnClockNews
from wire.events import CameraFact

RETRY: Final = Backoff(first_s=30.0, max_s=ROUND_EVERY_S)
ONVIF: Final = "onvif"
"""How the clock was measured."""
_MS_EDGE = 1
"""Moments are told in whole ms; the true one lies up to so much beside."""

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class OnvifSetup:
    """A camera, and where its device service is; the address is never told to anybody."""

    camera: str
    url: str


class OwnClockThread:
    """Asks from :meth:`start` to :meth:`stop`; a row of answers that breaks off tells nothing."""

    def __init__(
        self,
        setup: OnvifSetup,
        metrics: Metrics,
        look: Callable[[], Moments],
        tell: Callable[[FactNoted], None],
    ) -> None:
        """``look`` looks at all clocks; ``tell`` may block."""
        self._setup, self._metrics = setup, metrics
        self._look, self._tell = look, tell
        self._news = OwnClockNews()
        self._failures = 0
        self._stopping = threading.Event()
        name = f"own-clock-{setup.camera}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def name(self) -> str:
        """The thread's name."""
        return self._thread.name

    def ask_to_stop(self) -> None:
        """Begin to end; an answer that is waited for ends by itself."""
        self._stopping.set()

    def stop(self, timeout_s: float) -> bool:
        """Ask no more; say whether the thread ended in time."""
        self.ask_to_stop()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    # ------------------------------------------------------------ in the thread

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._stopping.wait(self._turn())
            except Exception:
                self._metrics.crashes.labels("own-clock").inc()
                _logger.exception("own clock failed", camera=self._setup.camera)
                self._stopping.wait(RETRY.max_s)

    def _turn(self) -> float:
        """Ask some times in a row; say how long to wait then, in seconds."""
        try:
            self._ask_row()
        except OnvifError as error:
            self._failures += 1
            self._metrics.own_clock_failures.labels(self._setup.camera, error.failure).inc()
            if self._failures == 1:
                camera = self._setup.camera
                _logger.warning("own clock not told", camera=camera, reason=error.failure)
            return RETRY.delay_s(self._failures)
        self._failures = 0
        return ROUND_EVERY_S

    def _ask_row(self) -> None:
        narrowing = Narrowing()
        for _ in range(ASKS):
            moments = self._look()
            wait_s = narrowing.wait_ms(moments.wall_ms) / 1000 / moments.rate
            if self._stopping.wait(wait_s):
                return
            said = ask_time(self._setup.url, lambda: self._look().picture_s)
            now = self._look()
            sent_ms, came_ms = (now.at(each).at_ms for each in (said.sent_s, said.came_s))
            narrowing.take(said.said_s, sent_ms - _MS_EDGE, came_ms + 2 * _MS_EDGE)
        found, at_s = narrowing.offset, self._look().picture_s
        if found is not None and self._news.is_news(found, at_s):
            fact = FactNoted(self._setup.camera, CameraFact.OWN_CLOCK, at_s, ONVIF, offset=found)
            self._tell(fact)
