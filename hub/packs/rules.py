"""What stands in a site's pack. Pure. Source: design section 3 ("site pack")."""

from collections.abc import Mapping, Sequence

from hub.network import (
    COUNTER_KIND,
    DEDICATED_KIND,
    DEDICATED_ROLE,
    STORAGE_KINDS,
    Channel,
    Network,
    Staff,
)
from wire.limits import PACK_CHANNELS_MAX, PACK_STAFF_MAX
from wire.policy import Policy
from wire.site_pack import (
    PackChannel,
    PackHold,
    PackPerson,
    PackPlace,
    PackShift,
    SelfCheckTask,
    SitePack,
    edge_policy,
)

LABEL_ROLES = frozenset({"belt", "overhead"})
"""Channels that look at parcels from above: their edges read labels (design section 8)."""
AREA_KINDS = STORAGE_KINDS | {DEDICATED_KIND, COUNTER_KIND}


def footage_days(channel: Channel, network: Network, policy: Policy) -> int:
    """How long a channel's footage is kept at least; longer where parcels rest or are taken in.

    Source: design section 8.
    """
    kinds = {network.places[channel.site, place].kind for place in channel.places}
    is_area = channel.role == DEDICATED_ROLE or not kinds.isdisjoint(AREA_KINDS)
    return policy.retention.area_days if is_area else policy.retention.days


def make_pack(
    site: str,
    version: int,
    network: Network,
    policy: Policy,
    people: Mapping[str, Staff],
    tasks: Sequence[SelfCheckTask],
    holds: Sequence[PackHold],
) -> SitePack:
    """Put a pack together, its parts in a fixed order so that equal packs have equal bytes.

    Args:
        site: whose pack it is; the network need not name it.
        version: of the pack.
        network: places and shifts.
        policy: the carrier's own.
        people: by the pseudonym that each badge has at this site; one person may have several.
        tasks: the site's open self-checks.
        holds: the site's footage that must stay.
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
        channels=tuple(
            PackChannel(
                camera=each.camera,
                footage_days=footage_days(each, network, policy),
                reads_labels=each.role in LABEL_ROLES,
                view=each.view,
            )
            for each in network.channels_of.get(site, ())[:PACK_CHANNELS_MAX]
        ),
        holds=tuple(holds),
        shifts=tuple(
            PackShift(name=shift.name, starts=shift.starts, ends=shift.ends)
            for shift in network.shifts_of.get(site, ())
        ),
        tasks=tuple(tasks),
        policy=edge_policy(policy),
    )
