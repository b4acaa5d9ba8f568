"""The thread that sends footage, beside the errands and with a connection of its own.

Whatever becomes of footage, a full disk at the hub included, holds up no private body, no site pack
and no wanted list. Source: design section 8, style ("Threads and time").
"""

import threading

import structlog

from devices.backoff import Backoff
from edge.footage_post import Sender, SenderError
from edge.hub_http import HubError, HubHttp
from edge.metrics import Metrics
from edge.uplink_events import HubWentBack, OrderFootage
from wire.names import parse_at

RETRY = Backoff(first_s=1.0, max_s=60.0)

_logger = structlog.get_logger(__name__)


class UploadThread:
    """Runs from :meth:`start` to :meth:`stop`; it is started once the hub knows this edge."""

    def __init__(
        self, hub: HubHttp, sender: Sender, metrics: Metrics, retry: Backoff = RETRY
    ) -> None:
        self._hub = hub
        self._sender = sender
        self._metrics = metrics
        self._retry = retry
        self._failures = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="uploads", daemon=True)

    def start(self) -> None:
        """Begin with what is left from before."""
        self._thread.start()

    def order(self, order: OrderFootage) -> None:
        """The hub wants these files (any thread may say so)."""
        if not self._sender.order(order):
            self._metrics.dropped_messages.inc()

    def deliver_again(self, news: HubWentBack) -> None:
        """The hub was restored: it needs the pictures again that it had since (any thread)."""
        self._sender.deliver_again(None if news.since is None else parse_at(news.since))

    def stop(self, timeout_s: float) -> bool:
        """End after the request under way; says whether the thread ended in time."""
        self._stopping.set()
        if self._thread.ident is None:
            self._close()
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._stopping.wait(self._turn())
        self._close()

    def _turn(self) -> float:
        try:
            wait_s = self._sender.turn(self._hub)
        except (HubError, SenderError) as error:
            return self._fail(str(error))
        except Exception:
            _logger.exception("uploads failed")
            self._metrics.crashes.labels("uploads").inc()
            return self._fail("uploads failed; see the log")
        self._failures = 0
        return wait_s

    def _fail(self, reason: str) -> float:
        self._failures += 1
        if self._failures == 1:
            _logger.warning("footage not sent", reason=reason)
        return self._retry.delay_s(self._failures)

    def _close(self) -> None:
        self._sender.close()
        self._hub.close()
