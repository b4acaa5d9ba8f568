"""What a site's camera channels must be, and what is wrong with them. Pure.

Source: HV-2.11.3 (dedicated area, channel's name), HV-2.8.
"""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from hub.network import DEDICATED_KIND, DEDICATED_ROLE, Network

_NAME = "特殊安全产品(高价值)快件监控通道"


class ChannelFault(StrEnum):
    """What is wrong with a site's dedicated channel."""

    NO_AREA = "no_area"
    """The site has no dedicated area."""
    NO_CHANNEL = "no_channel"
    """Cameras are installed, and none of them is the dedicated one."""
    BLIND_SPOT = "blind_spot"
    """A dedicated area that the dedicated channel does not see."""
    NAME = "name"


@dataclass(frozen=True, slots=True)
class FoundFault:
    """A fault at a site; ``detail`` names the camera, the place or the name as it should be."""

    site: str
    fault: ChannelFault
    detail: str


def dedicated_name(site: str) -> str:
    """The name that a site's dedicated channel must have, printed with ASCII brackets."""
    return f"{site}{_NAME}"


def is_dedicated_name(site: str, name: str | None) -> bool:
    """Say whether a channel is named as HV-2.11.3 asks; full-width forms are the same (NFKC)."""
    if name is None:
        return False
    asked = unicodedata.normalize("NFKC", dedicated_name(site))
    return unicodedata.normalize("NFKC", name).replace(" ", "") == asked


def channel_faults(network: Network, site: str) -> list[FoundFault]:
    """What HV-2.11.3 finds wrong at a site that has cameras; one without has none (HV-2.8)."""
    channels = network.channels_of.get(site, ())
    if not channels:
        return []
    areas = {each.id for each in network.place if (each.site, each.kind) == (site, DEDICATED_KIND)}
    dedicated = [each for each in channels if each.role == DEDICATED_ROLE]
    if not dedicated:
        return [FoundFault(site, ChannelFault.NO_CHANNEL, dedicated_name(site))]
    found = []
    if not areas:
        found.append(FoundFault(site, ChannelFault.NO_AREA, dedicated[0].camera))
    # One channel sees all of it: several that see a part each are no dedicated channel.
    unseen = min((sorted(areas - set(each.places)) for each in dedicated), key=len)
    found += [FoundFault(site, ChannelFault.BLIND_SPOT, place) for place in unseen]
    if not any(is_dedicated_name(site, each.name) for each in dedicated):
        found.append(FoundFault(site, ChannelFault.NAME, dedicated_name(site)))
    return found
