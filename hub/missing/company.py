"""What a silent parcel travelled with, and how much of that was scanned since."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter

from sqlalchemy import Connection

from hub.missing import store
from hub.missing.rules.plan import Phase
from hub.missing.rules.suspicion import Siblings, half_of
from hub.missing.rules.watch import Ride, Watch
from hub.missing.store import TOGETHER, Watched
from hub.parcels.service import put_together


def siblings_of(tx: Connection, fold: Watch) -> list[Siblings]:
    """What lay in its bag, and what rode in its vehicle; the bag first, only with company."""
    return Rides(tx).siblings(fold)


class Rides:
    """Reads what travels together, but once for what was loaded in the same hour."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx
        self._found: dict[tuple[str, datetime], Siblings] = {}
        self._witnesses: dict[tuple[str, datetime], Siblings] = {}
        self._waiting: dict[tuple[str, datetime], int] = {}

    def siblings(self, fold: Watch) -> list[Siblings]:
        """As :func:`siblings_of`."""
        found = []
        if fold.bag is not None and fold.is_in_bag:
            found.append(self._once(fold.bag, store.bagged, attrgetter("is_in_bag")))
        if fold.ride is not None and fold.is_riding:
            found.append(self._once(fold.ride, store.riders, attrgetter("is_riding")))
        return [each for each in found if each.total > 1]

    def witnesses(self, fold: Watch) -> list[Siblings]:
        """All that were put into its bag, and into its vehicle, also those that have long gone on.

        :meth:`siblings` knows those of whom it was the last bag or vehicle; a person who is told
        "23 of 24" wants to find 24.
        """
        found = []
        if fold.bag is not None and fold.is_in_bag:
            found.append((fold.bag, self._once(fold.bag, store.bagged, attrgetter("is_in_bag"))))
        if fold.ride is not None and fold.is_riding:
            found.append((fold.ride, self._once(fold.ride, store.riders, attrgetter("is_riding"))))
        return [self._with_gone(ride, each) for ride, each in found]

    def _with_gone(self, ride: Ride, company: Siblings) -> Siblings:
        asked = _asked(ride)
        if asked not in self._witnesses:
            self._witnesses[asked] = self._add_gone(ride, company)
        return self._witnesses[asked]

    def _add_gone(self, ride: Ride, company: Siblings) -> Siblings:
        since, until = ride.at - TOGETHER, ride.at + TOGETHER
        put = put_together(self._tx, ride.container, ride.site, since, until)
        gone = store.known(self._tx, put - company.members).values()
        come = [each.fold for each in gone if each.fold.last.site != ride.site]
        return replace(
            company,
            total=company.total + len(gone),
            come=company.come + len(come),
            has_come=company.has_come or bool(come),
            seen_at=company.seen_at | _sites_of(come, ride.site),
        )

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
        is_unseen: Callable[[Watch], bool],
    ) -> Siblings:
        asked = _asked(ride)
        if asked not in self._found:
            self._found[asked] = _company(ride, read(self._tx, ride), is_unseen)
        return self._found[asked]


def _asked(ride: Ride) -> tuple[str, datetime]:
    return ride.name, ride.at.replace(minute=0, second=0, microsecond=0)


def _company(
    ride: Ride, members: Sequence[Watched], is_unseen: Callable[[Watch], bool]
) -> Siblings:
    unseen = tuple(each.waybill for each in members if is_unseen(each.fold))
    come = [
        each.fold
        for each in members
        if not is_unseen(each.fold) and each.fold.last.site != ride.site
    ]
    return Siblings(
        ride.name,
        len(members),
        unseen,
        has_come=bool(come),
        come_at=_come_at(come, half_of(len(members))),
        seen_at=_sites_of(come, ride.site),
        skipped=frozenset(key for fold in come for key in fold.skipped),
        come=len(come),
        members=frozenset(each.waybill for each in members),
    )


def _come_at(come: Sequence[Watch], half: int) -> datetime | None:
    """When so many had come; of who was scanned again since, the newest scan counts."""
    return sorted(fold.last.at for fold in come)[half - 1] if len(come) >= half else None


def _sites_of(come: Sequence[Watch], left: str) -> frozenset[str]:
    """Where those were seen that have come anywhere since."""
    sites = {site for fold in come for site in (fold.last.site, fold.came_from) if site is not None}
    return frozenset(sites - {left})
