"""What only PostgreSQL has: writers on several connections, a server that can go away."""

import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import URL, Connection, text

from hub.db.engine import DatabaseError, open_database
from hub.db.outbox import NewsTopic, news_after, tell
from hub.db.upgrade import check, upgrade
from hub.fact import Fact
from tests.broker_parts import EdgeCable, free_port, mosquitto, wait_for
from tests.hub_parts import START, HubHome, SigningEdge
from tests.integration.hub.test_worker import STOP, FakeLink, make_worker
from tests.postgres_parts import PostgresServer

pytestmark = pytest.mark.parametrize("kind", ["postgresql"], indirect=True)


class _CutsItsConnection:
    """A room that loses the server once."""

    name = "cut"

    def __init__(self) -> None:
        self.cuts = 0

    def apply(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> None:
        if not self.cuts:
            self.cuts += 1
            tx.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


def test_x(hub: HubHome, edge: SigningEdge, monkeypatch) -> None:
    monkeypatch.setattr("hub.ingest.worker.RETRY_S", 0.01)
    link = FakeLink(hub)
    link.bring(edge.batch([edge.line(edge.scan()) for _ in range(2)]))
    make_worker(hub, link, projections=[_CutsItsConnection()]).step(STOP)
    assert hub.alerts() == []
    assert hub.count("quarantine") == 0
    assert link.acknowledged == [1]
    assert link.events_at_ack == [2]
