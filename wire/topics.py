"""The broker's topics; no other file spells one. Source: design section 3."""

from dataclasses import dataclass
from enum import StrEnum

from wire.names import is_name

_ROOT = "custos/v1"


class Channel(StrEnum):
    """The four channels of an edge; ``receipt`` and ``cmd`` run from the hub to the edge."""

    EVENTS = "events"
    RECEIPT = "receipt"
    STATE = "state"
    CMD = "cmd"


@dataclass(frozen=True, slots=True)
class Topic:
    """One channel of one edge."""

    site: str
    edge: str
    channel: Channel

    def __str__(self) -> str:
        return f"{_ROOT}/{self.site}/{self.edge}/{self.channel}"


def edge_subscriptions(site: str, edge: str) -> tuple[str, str]:
    """The two topics that an edge listens to."""
    return str(Topic(site, edge, Channel.RECEIPT)), str(Topic(site, edge, Channel.CMD))


BY_EDGES = (Channel.EVENTS, Channel.STATE)
"""What an edge writes and the hub reads."""
TO_EDGES = (Channel.RECEIPT, Channel.CMD)
"""What the hub writes and an edge reads."""


def user_of(site: str, edge: str) -> str:
    """An edge's name at a broker that knows it by its certificate."""
    return f"{site}/{edge}"


def channel_of(user: str, channel: Channel) -> str:
    """A channel of the edge with this name at the broker, or of a broker's pattern for names."""
    return f"{_ROOT}/{user}/{channel}"


ANY_USER = user_of("+", "+")
HUB_SUBSCRIPTIONS = tuple(channel_of(ANY_USER, channel) for channel in BY_EDGES)


def parse_topic(text: str) -> Topic:
    """Read a topic.

    Raises:
        ValueError: it is none of ours.
    """
    parts = text.split("/")
    if len(parts) != 5 or "/".join(parts[:2]) != _ROOT:
        raise ValueError(f"no Custos topic: {text[:100]!r}")
    site, edge, channel = parts[2:]
    if not (is_name(site) and is_name(edge)):
        raise ValueError(f"bad name in topic: {text[:100]!r}")
    if channel not in set(Channel):
        raise ValueError(f"no channel of ours: {text[:100]!r}")
    return Topic(site, edge, Channel(channel))
