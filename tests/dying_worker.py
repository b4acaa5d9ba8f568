"""An ingest worker that kills itself at a named moment: ``python -m tests.dying_worker``."""

import os
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from hub.clock import SystemClock
from hub.config import load_policy
from hub.db.engine import open_database, parse_url
from hub.fact import Fact
from hub.ingest.commands import CommandDesk
from hub.ingest.intake import Intake
from hub.ingest.link import BrokerLink, Received
from hub.ingest.pushes import WantedPusher
from hub.ingest.worker import Worker
from hub.keys import load_keys
from wire.topics import Topic


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DyingRoom:
    """Dies within the transaction."""

    name = "dying"

    def apply(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> None:
        die()


class DyingLink(BrokerLink):
    """Dies when the worker has committed, or when it has acknowledged."""

    moment = ""

    def acknowledge(self, received: Sequence[Received]) -> None:
        if self.moment == "after-commit":
            die()
        super().acknowledge(received)

    def send(self, topic: Topic, payload: bytes) -> None:
        if self.moment == "after-ack" and "receipt" in str(topic):
            die()
        super().send(topic, payload)


def main(data_dir: Path, database_url: str, port: int, moment: str) -> None:
    clock = SystemClock()
    keys = load_keys(data_dir, clock.random_bytes)
    link = DyingLink(f"mqtt://127.0.0.1:{port}", f"hub-{os.getpid()}", clock.now)
    link.moment = moment
    rooms = [DyingRoom()] if moment == "before-commit" else []
    commands = CommandDesk(clock.random_bytes)
    intake = Intake(rooms, load_policy(None), commands)
    database = open_database(parse_url(database_url, data_dir))
    worker = Worker(database, link, intake, [WantedPusher(commands)], keys.statement, clock)
    link.start()
    while True:
        worker.step(threading.Event())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4])
