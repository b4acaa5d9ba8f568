"""What every role gets from the supervisor, and how it comes to life as a process of its own."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from hub.access.service import person_of
from hub.clock import Clock
from hub.config import Settings
from hub.custody.service import Chains, People
from hub.db.engine import Database
from hub.failpoints import NO_FAIL_POINTS, FailPoints
from hub.heartbeat import Role
from hub.incidents.service import Search
from hub.keys import HubKeys
from hub.mail.service import MailQueue
from hub.network import Network
from ledger.keys import key_hash
from wire.policy import Policy

SENDER_WITHOUT_SMTP = "custos@localhost"
"""Mails wait under this name until there is a server that takes them."""


def _unwatched() -> None:
    """Nobody wants to know."""


@dataclass(frozen=True)
class RoleContext:
    """A role's part of the hub; the supervisor has opened ``listen_fd``, the web role's socket.

    ``own_policy_keys`` are those that the carrier's own policy file sets. Who does not give
    ``sign_of_life`` each time round, also while the database does not answer, is taken for hung.
    ``trains``: this hub has models learned at night, by a program of its own.
    """

    role: Role
    settings: Settings
    policy: Policy
    own_policy_keys: frozenset[str]
    network: Network
    clock: Clock
    database: Database
    keys: HubKeys
    stop: threading.Event
    listen_fd: int | None
    fail_points: FailPoints = NO_FAIL_POINTS
    sign_of_life: Callable[[], None] = _unwatched
    trains: bool = False


def make_chains(policy: Policy, network: Network) -> Chains:
    """What every role folds custody with."""
    people = People(lambda tx, site, by: person_of(tx, network, site, by))
    return Chains(network, policy, people)


def make_search(
    settings: Settings, policy: Policy, network: Network, keys: HubKeys, clock: Clock
) -> Search:
    """The search for missing parcels, as every role works on it."""
    sender = SENDER_WITHOUT_SMTP if settings.smtp is None else settings.smtp.sender
    home = key_hash(keys.statement.public_key)
    mails = MailQueue(keys.bodies, clock.random_bytes, home, sender)
    return Search(policy.incident, network, mails)
