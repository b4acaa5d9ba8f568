"""What every role gets from the supervisor, and how it comes to life as a process of its own."""

import threading
from dataclasses import dataclass

from hub.clock import Clock
from hub.config import Settings
from hub.db.engine import Database
from hub.heartbeat import Role
from hub.keys import HubKeys
from hub.network import Network
from wire.policy import Policy


@dataclass(frozen=True)
class RoleContext:
    """A role's part of the hub; the supervisor has opened ``listen_fd``, the web role's socket."""

    role: Role
    settings: Settings
    policy: Policy
    network: Network
    clock: Clock
    database: Database
    keys: HubKeys
    stop: threading.Event
    listen_fd: int | None
