"""What a silent parcel travelled with, and how much of that was scanned since."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from operator import attrgetter

from sqlalchemy import Connection

from hub.missing import store
from hub.missing.rules.plan import Phase
from hub.missing.rules.suspicion import TOGETHER, Siblings, half_of
from hub.missing.rules.watch import Ride, Watch
from hub.missing.store import SIBLINGS_MAX, Watched
from hub.parcels.service import put_together


def siblings_of(tx: Connection, fold: Watch) -> list[Siblings]:
    """What lay in its bag, and what rode in its vehicle; the bag first, only with company."""
    return Rides(tx).siblings(fold)


class Rides:
    """Reads what travels together, but once for what was loaded in the same hour."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx
        self._found: dict[tuple[str, datetime], Siblings] = {}
        self._waiting: dict[tuple[str, datetime], int] = {}

    def siblings(self, fold: Watch) -> list[Siblings]:
        """As :func:`siblings_of`."""
        found = []
        if fold.bag is not None and fold.is_in_bag:
            found.append(self._once(fold.bag, store.bagged, attrgetter("is_in_bag")))
        if fold.ride is not None and fold.is_riding:
            found.append(self._once(fold.ride, store.riders, attrgetter("is_riding")))
        return [each for each in found if each.total > 1]

    def waiting(self, fold: Watch) -> int:
        """How many wait for the same departure and were not seen since, itself included."""
        if not fold.stops or fold.stops[0].phase is not Phase.OUT:
            return 1
        stop = fold.stops[0]
        asked = (stop.site, stop.by)
        if asked not in self._waiting:
            self._waiting[asked] = store.waiting(self._tx, stop)
        return max(1, self._waiting[asked])

    def _once(
        self,
        ride: Ride,
        read: Callable[[Connection, Ride], list[Watched]],
        is_inside: Callable[[Watch], bool],
    ) -> Siblings:
        asked = ride.name, ride.at.replace(minute=0, second=0, microsecond=0)
        if asked not in self._found:
            self._found[asked] = self._company(ride, read(self._tx, ride), is_inside)
        return self._found[asked]

    def _company(
        self, ride: Ride, members: Sequence[Watched], is_inside: Callable[[Watch], bool]
    ) -> Siblings:
        """Of ``members`` it was the last bag or vehicle; of others that were put in it no more is.

        Nothing more is known of a ride than who was put in: who goes on is a member of the next.
        """
        since, until = ride.at - TOGETHER, ride.at + TOGETHER
        put = put_together(self._tx, ride.container, ride.site, since, until)
        others = sorted(put.keys() - {each.waybill for each in members})
        gone = store.known(self._tx, others[: SIBLINGS_MAX - len(members)]).values()
        unseen = tuple(each.waybill for each in members if is_inside(each.fold))
        out = [each for each in members if not is_inside(each.fold)] + list(gone)
        seen = [(put.get(each.waybill) or _seen_at(each.fold, ride), each.fold) for each in out]
        come = [(at, fold) for at, fold in seen if at is not None]
        return _siblings(ride, len(unseen) + len(out), unseen, come)


def _siblings(
    ride: Ride, total: int, unseen: tuple[str, ...], come: Sequence[tuple[datetime, Watch]]
) -> Siblings:
    half = half_of(total)
    return Siblings(
        ride.name,
        total,
        unseen,
        has_come=bool(come),
        come_at=sorted(at for at, _ in come)[half - 1] if len(come) >= half else None,
        seen_at=_sites_of((fold for _, fold in come), ride.site),
        skipped=frozenset(key for _, fold in come for key in fold.skipped),
        come=len(come),
    )


def _seen_at(fold: Watch, ride: Ride) -> datetime | None:
    """Where no sign tells when it was seen elsewhere first, its newest scan does."""
    return fold.last.at if fold.last.site != ride.site else None


def _sites_of(come: Iterable[Watch], left: str) -> frozenset[str]:
    """Where those were seen that have come anywhere since."""
    sites = {site for fold in come for site in (fold.last.site, fold.came_from) if site is not None}
    return frozenset(sites - {left})
