"""What a silent parcel travelled with, and how much of that was scanned since."""

from collections.abc import Callable, Iterable
from operator import attrgetter

from sqlalchemy import Connection

from hub.missing import store
from hub.missing.rules.suspicion import Siblings
from hub.missing.rules.watch import Ride, Watch
from hub.missing.store import Watched


def siblings_of(tx: Connection, fold: Watch) -> list[Siblings]:
    """What lay in its bag, and what rode in its vehicle; the bag first, only with company."""
    found = []
    if fold.bag is not None and fold.is_in_bag:
        inside = store.bagged(tx, fold.bag)
        found.append(_company(fold.bag, inside, attrgetter("is_in_bag")))
    if fold.ride is not None and fold.is_riding:
        aboard = store.riders(tx, fold.ride)
        found.append(_company(fold.ride, aboard, attrgetter("is_riding")))
    return [each for each in found if each.total > 1]


def _company(
    ride: Ride, members: Iterable[Watched], is_unseen: Callable[[Watch], bool]
) -> Siblings:
    listed = list(members)
    unseen = tuple(each.waybill for each in listed if is_unseen(each.fold))
    return Siblings(ride.name, len(listed), unseen)
