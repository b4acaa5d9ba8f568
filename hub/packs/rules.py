"""What stands in a site's pack. Pure. Source: design section 3 ("site pack")."""

from collections.abc import Mapping, Sequence

from hub.network import Network, Staff
from wire.limits import PACK_STAFF_MAX
from wire.policy import Policy
from wire.site_pack import PackPerson, PackPlace, PackShift, SelfCheckTask, SitePack, edge_policy


def make_pack(
    site: str,
    version: int,
    network: Network,
    policy: Policy,
    people: Mapping[str, Staff],
    tasks: Sequence[SelfCheckTask],
) -> SitePack:
    """Put a pack together, its parts in a fixed order so that equal packs have equal bytes.

    Args:
        site: whose pack it is; the network need not name it.
        version: of the pack.
        network: places and shifts.
        policy: the carrier's own.
        people: by the pseudonym that each badge has at this site; one person may have several.
        tasks: the site's open self-checks.
    """
    badges = {person.badge: by for by, person in sorted(people.items(), reverse=True)}
    return SitePack(
        version=version,
        site=site,
        timezone=str(network.zone_of(site)),
        staff=tuple(
            PackPerson(by=by, name=person.name, duty=person.duty)
            for by, person in sorted(people.items())[:PACK_STAFF_MAX]
        ),
        places=tuple(
            PackPlace(id=place.id, kind=place.kind, keeper=badges.get(place.keeper or ""))
            for place in network.place
            if place.site == site
        ),
        shifts=tuple(
            PackShift(name=shift.name, starts=shift.starts, ends=shift.ends)
            for shift in network.shifts_of.get(site, ())
        ),
        tasks=tuple(tasks),
        policy=edge_policy(policy),
    )
