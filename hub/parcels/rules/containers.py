"""Bags in vehicles: what a unit was aboard of, directly or by what it lay in. Pure.

Source: HV-2.4, design section 6.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.parcels.rules.traces import UNIT_STEPS, Standing, Stay, container_unit, kind_and_id
from wire.events import ContainerKind

NESTING_MAX = 4
"""A parcel in a bag on a pallet in a flight; labels that say more are not followed."""


@dataclass(frozen=True, slots=True)
class Aboard:
    """A time in a container; ``until`` null: it is in there still."""

    kind: ContainerKind
    id: str
    since: datetime
    until: datetime | None

    @property
    def unit(self) -> str:
        """The container as its own traces name it."""
        return container_unit(self.kind, self.id)


def chain_of(unit: str, stays: Mapping[str, Sequence[Stay]]) -> tuple[Aboard, ...]:
    """Every time that a unit was aboard something, newest first; the inner container first.

    Args:
        unit: a parcel or a bag.
        stays: the direct stays of the unit and of every container that it was in.
    """
    found: list[tuple[datetime, int, Aboard]] = []
    _collect(found, stays, unit, None, 0)
    found.sort(key=lambda each: (each[0], -each[1]), reverse=True)
    return tuple(aboard for _, _, aboard in found)


def is_closed(standing: Standing) -> bool:
    """Say whether a bag or pallet was last recorded as one thing, not to be filled or emptied."""
    return standing.step in UNIT_STEPS


def _collect(
    found: list[tuple[datetime, int, Aboard]],
    stays: Mapping[str, Sequence[Stay]],
    unit: str,
    while_in: Aboard | None,
    depth: int,
) -> None:
    """Add the stays of ``unit``, and of what it was in, as far as they fall into ``while_in``."""
    if depth >= NESTING_MAX:
        return
    for stay in stays.get(unit, ()):
        since, until = stay.since, stay.until
        if while_in is not None:
            since = max(since, while_in.since)
            until = min(filter(None, (until, while_in.until)), default=None)
        if until is not None and until <= since:
            continue
        aboard = Aboard(*kind_and_id(stay.container), since, until)
        found.append((since, depth, aboard))
        _collect(found, stays, stay.container, aboard, depth + 1)
