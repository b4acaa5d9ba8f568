"""The thread that sends footage: what fails is tried again, and costs nothing else anything."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from structlog.testing import capture_logs

from devices.backoff import Backoff
from edge.footage_post import SenderError
from edge.hub_http import HubHttp, HubUnreachableError
from edge.metrics import Metrics
from edge.uplink_events import HubWentBack, OrderFootage
from edge.upload_thread import UploadThread
from tests.rig.programs import wait_until


class FakeSender:
    """Raises what it is given, then has nothing to do."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.turns = 0
        self.ordered: list[str] = []
        self.closed = threading.Event()
        self.again: list[datetime | None] = []

    def order(self, order: OrderFootage) -> bool:
        self.ordered += order.sha256s
        return len(self.ordered) < 2

    def deliver_again(self, since: datetime | None) -> None:
        self.again.append(since)

    def turn(self, hub: HubHttp) -> float:
        self.turns += 1
        if self.errors:
            raise self.errors.pop(0)
        return 0.01

    def close(self) -> None:
        self.closed.set()


@pytest.fixture
def hub() -> Iterator[HubHttp]:
    http = HubHttp("http://hub", transport=httpx.MockTransport(lambda _: httpx.Response(500)))
    yield http
    http.close()


def run(sender: FakeSender, hub: HubHttp, metrics: Metrics) -> list[str]:
    """Let it take some turns; what it said."""
    thread = UploadThread(hub, sender, metrics, Backoff(first_s=0.01, max_s=0.02))
    with capture_logs() as logs:
        thread.start()
        wait_until(lambda: not sender.errors and sender.turns > 5, "it goes on")
        assert thread.stop(5)
    assert sender.closed.is_set()
    return [str(line["event"]) for line in logs]


def test_what_the_hub_or_the_disk_refuses_is_tried_again_and_said_once(hub: HubHttp) -> None:
    metrics = Metrics()
    sender = FakeSender(HubUnreachableError("away"), SenderError("full"), SenderError("full"))
    assert run(sender, hub, metrics) == ["footage not sent"]
    assert metrics.crashes.labels("uploads")._value.get() == 0


def test_what_nobody_foresaw_is_counted_and_gone_on_with(hub: HubHttp) -> None:
    metrics = Metrics()
    assert "uploads failed" in run(FakeSender(KeyError("nobody")), hub, metrics)
    assert metrics.crashes.labels("uploads")._value.get() == 1


def test_a_hub_that_went_back_is_told_to_the_sender(hub: HubHttp) -> None:
    sender = FakeSender()
    thread = UploadThread(hub, sender, Metrics())
    thread.deliver_again(HubWentBack("2026-11-22T08:00:00.000Z"))
    thread.deliver_again(HubWentBack(None))
    assert sender.again == [datetime(2026, 11, 22, 8, 0, tzinfo=UTC), None]
    assert thread.stop(5)


def test_orders_that_find_no_room_are_counted(hub: HubHttp) -> None:
    metrics, sender = Metrics(), FakeSender()
    thread = UploadThread(hub, sender, metrics)
    thread.order(OrderFootage(("a",)))
    thread.order(OrderFootage(("b",)))
    assert sender.ordered == ["a", "b"]
    assert metrics.dropped_messages._value.get() == 1
    # Before the edge is enrolled nothing was started, and yet nothing stays open.
    assert thread.stop(5)
    assert sender.closed.is_set()
