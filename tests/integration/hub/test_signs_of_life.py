"""Every role gives its supervisor signs of life, also while its database does not answer."""

import socket
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace

import msgspec
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError

from hub.clock import SystemClock
from hub.db.engine import Database
from hub.heartbeat import Role
from hub.ingest.role import run_ingest
from hub.roles import RoleContext
from hub.timers import ExpireEntries, run_clock, run_signer
from hub.web.role import run_web
from tests.hub_parts import HubHome
from tests.rig.programs import free_port, wait_until

SIGNS = 1


class SilentDatabase(Database):
    """It is there, and answers nothing."""

    def __init__(self) -> None:
        """Nothing is opened."""

    @contextmanager
    def writing(self):  # type: ignore[no-untyped-def]  # it never gets so far
        raise OperationalError("silent", None, OSError())
        yield

    reading = writing

    def checkpoint(self) -> None:
        raise OSError("silent")


def test_every_role_gives_signs_of_life_whatever_its_database_does(hub: HubHome) -> None:
    signs: Counter[Role] = Counter()
    stop = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    settings = msgspec.structs.replace(hub.settings, mqtt=f"mqtt://127.0.0.1:{free_port()}")

    def context(role: Role) -> RoleContext:
        return replace(
            hub.role,
            role=role,
            settings=settings,
            clock=SystemClock(),
            database=SilentDatabase(),
            stop=stop,
            listen_fd=listener.fileno(),
            sign_of_life=lambda: signs.update([role]),
        )

    roles: dict[Role, Callable[[RoleContext], None]] = {
        Role.INGEST: lambda own: run_ingest(own, []),
        Role.WEB: lambda own: run_web(own, lambda _hub: FastAPI()),
        Role.CLOCK: lambda own: run_clock(own, [ExpireEntries()]),
        Role.SIGNER: run_signer,
    }
    threads = [threading.Thread(target=run, args=(context(role),)) for role, run in roles.items()]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: all(signs[role] >= SIGNS for role in Role), f"signs of all, not {signs}")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        listener.detach()
