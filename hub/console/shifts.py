"""The shift clock: which shift of whose sites ends next. Source: console.md ("Alert wall")."""

from dataclasses import dataclass
from datetime import datetime

from hub.missing.service import turn_ending_at_or_after
from hub.network import Network


@dataclass(frozen=True, slots=True)
class ShiftEnd:
    """A shift that is on and ends next; ``others``: how many more sites have one ending then."""

    site: str
    shift: str
    ends_at: datetime
    others: int


def next_shift_end(
    network: Network, sites: frozenset[str] | None, now: datetime
) -> ShiftEnd | None:
    """The next end of a shift that is on.

    Args:
        network: knows the shifts.
        sites: whose shifts count; None: all.
        now: aware UTC.

    Returns:
        None when no shift is on.
    """
    on = []
    for site, shifts in network.shifts_of.items():
        if sites is not None and site not in sites:
            continue
        for shift in shifts:
            turn = turn_ending_at_or_after(network, shift, now)
            if turn.starts_at <= now < turn.ends_at:
                on.append((turn.ends_at, site, shift.name))
    if not on:
        return None
    ends_at, site, name = min(on)
    others = {each for at, each, _ in on if at == ends_at} - {site}
    return ShiftEnd(site, name, ends_at, len(others))
