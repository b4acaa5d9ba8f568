"""The role ``web``: REST, console and health on the socket that the supervisor opened."""

import os
import socket
import threading
from collections.abc import Callable

import structlog
import uvicorn
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hub import heartbeat
from hub.clock import TEST_CLOCK_VARIABLE
from hub.heartbeat import BEAT_S, Role
from hub.roles import RoleContext, make_chains, make_search
from hub.web.context import HubContext

GRACE_S = 3
"""How long open requests may take to end when the hub stops."""
REQUESTS_WAITING_MAX = 256

_log = structlog.get_logger()


def run_web(context: RoleContext, create_app: Callable[[HubContext], FastAPI]) -> None:
    """Serve until told to stop.

    Raises:
        ValueError: the supervisor gave no socket.
    """
    if context.listen_fd is None:
        raise ValueError("the web role needs a socket to listen on")
    listener = socket.socket(fileno=context.listen_fd)

    async def sign_of_life() -> None:
        # From the loop that serves: a thread beside it may live while nobody is answered.
        context.sign_of_life()

    server = uvicorn.Server(
        uvicorn.Config(
            create_app(_hub_context(context)),
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=REQUESTS_WAITING_MAX,
            timeout_graceful_shutdown=GRACE_S,
            callback_notify=sign_of_life,
            timeout_notify=1,
        )
    )
    watcher = threading.Thread(target=_watch, args=(context, server), name="stop-watcher")
    watcher.start()
    try:
        server.run(sockets=[listener])
    finally:
        context.stop.set()
        watcher.join()


def _watch(context: RoleContext, server: uvicorn.Server) -> None:
    while not context.stop.wait(BEAT_S):
        try:
            with context.database.writing() as tx:
                heartbeat.beat(tx, Role.WEB, context.clock.now())
        except (OperationalError, PoolTimeout):
            _log.exception("database does not answer")
    server.should_exit = True


def _hub_context(context: RoleContext) -> HubContext:
    settings = context.settings
    return HubContext(
        database=context.database,
        keys=context.keys,
        clock=context.clock,
        policy=context.policy,
        own_policy_keys=context.own_policy_keys,
        network=context.network,
        search=make_search(settings, context.policy, context.network, context.keys, context.clock),
        chains=make_chains(context.policy, context.network),
        mqtt=settings.mqtt_url,
        enrolment=settings.edges.enrolment,
        test_clock=os.environ.get(TEST_CLOCK_VARIABLE),
        data_dir=settings.data_dir,
        fail_points=context.fail_points,
    )
