"""The thread that runs the errands over HTTP, one after the other, with backoff.

Source: style ("Threads and time").
"""

import threading
from collections.abc import Callable, Sequence

import structlog

from devices.backoff import Backoff
from edge.enrolment import EnrolmentError, EnrolmentRefusedError
from edge.errands import Errand
from edge.hub_http import HubError, HubHttp
from edge.metrics import Metrics

RETRY = Backoff(first_s=1.0, max_s=60.0)
LOOK_EVERY_S = 60.0
"""Some errands become due because time passes: a certificate ends."""

_logger = structlog.get_logger(__name__)


class ErrandThread:
    """Runs from :meth:`start` to :meth:`stop`.

    ``first`` comes before all others (enrolment: the hub listens to nobody it does not know).
    ``on_refused`` gets the sentence that ends the program.
    """

    def __init__(
        self,
        hub: HubHttp,
        first: Errand | None,
        others: Sequence[Errand],
        metrics: Metrics,
        on_refused: Callable[[str], None],
        retry: Backoff = RETRY,
    ) -> None:
        self._hub = hub
        self._first = first
        self._others = others
        self._metrics = metrics
        self._on_refused = on_refused
        self._retry = retry
        self._failures = 0
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="errands", daemon=True)

    def start(self) -> None:
        """Begin with what is due."""
        self._thread.start()

    def wake(self) -> None:
        """Something became due (any thread may say so)."""
        self._news.set()

    def stop(self, timeout_s: float) -> bool:
        """End after the request under way; says whether the thread ended in time."""
        self._stopping.set()
        self._news.set()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._news.clear()
            try:
                self._run_due()
                self._failures = 0
            except EnrolmentRefusedError as error:
                self._on_refused(str(error))
                break
            except (HubError, EnrolmentError) as error:
                self._fail(str(error))
            except Exception:
                _logger.exception("errand failed")
                self._metrics.crashes.labels("errands").inc()
                self._fail("an errand failed; see the log")
            self._wait()
        self._hub.close()

    def _run_due(self) -> None:
        if self._first is not None:
            self._first.run(self._hub)
            self._first = None
        for errand in self._others:
            while errand.is_due() and not self._stopping.is_set():
                errand.run(self._hub)

    def _fail(self, reason: str) -> None:
        self._failures += 1
        if self._failures == 1:
            _logger.warning("hub not reached over HTTP", reason=reason)

    def _wait(self) -> None:
        if self._failures:
            # Not cut short by news: ten bodies a second must not become ten requests a second.
            self._stopping.wait(self._retry.delay_s(self._failures))
        else:
            self._news.wait(LOOK_EVERY_S)
