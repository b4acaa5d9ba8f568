"""How a route of the hub is asked for what is of a site."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from tests.hub_parts import HubHome

HERE, THERE = "755A", "020W"
WAYBILL = {HERE: "103000000001", THERE: "103000000002"}


class Kind(Enum):
    """What an answer to a caller who is bound to a site must be."""

    LIST = "only what is of the caller's sites"
    THING = "404 or 403 for what is of another site"
    PLAIN = "the same for everybody who is granted it"


@dataclass(frozen=True)
class Ask:
    """One request."""

    path: str
    json: object = None
    params: dict[str, str] | None = None
    form: dict[str, str] | None = None


@dataclass(frozen=True)
class Case:
    """How to ask one route; ``make`` gets the hub and whose thing to ask for."""

    kind: Kind
    make: Callable[[HubHome, str], Ask]


def thing(make: Callable[[HubHome, str], Ask]) -> Case:
    return Case(Kind.THING, make)


def listed(path: str) -> Case:
    return Case(Kind.LIST, lambda _hub, _site: Ask(path))


def plain(path: str, **fields: object) -> Case:
    return Case(Kind.PLAIN, lambda _hub, _site: Ask(path, **fields))  # type: ignore[arg-type]  # a test's
