"""What a parcel that cannot go on soon needs where it is stored. Pure. Source: HV-2.3, HV-2.8."""

from hub.network import DEDICATED_KIND, STORAGE_KINDS, Network, Place, SiteKind

KEEPER = "keeper"
CONTAINER = "container"
LOCKED_PLACE = "place"
CAMERA = "camera"


def is_blind(network: Network, site: str) -> bool:
    """Say whether a known site has no camera at all: that is one standing breach (ours)."""
    return site in network.sites and not network.has_cameras(site)


def missing_conditions(network: Network, site: str, place_id: str | None) -> tuple[str, ...]:
    """Which of the four conditions a storage place lacks.

    Named keeper, lockable container, fixed lockable place, camera coverage (HV-2.8). What misses
    its shift at a branch goes to the dedicated area, which needs no lock (HV-2.3). A site that the
    network does not name cannot be judged; one without any camera is not blamed here for each
    parcel.
    """
    if site not in network.sites:
        return ()
    place = None if place_id is None else network.places.get((site, place_id))
    camera_ok = place_id is not None and network.is_camera_covered(site, place_id)
    is_area = _is_branch_area(network, place)
    met = {
        KEEPER: place is not None and place.keeper is not None,
        CONTAINER: is_area or (place is not None and place.container is not None),
        LOCKED_PLACE: is_area or (place is not None and place.kind in STORAGE_KINDS),
        CAMERA: camera_ok or is_blind(network, site),
    }
    return tuple(condition for condition, is_met in met.items() if not is_met)


def _is_branch_area(network: Network, place: Place | None) -> bool:
    if place is None or place.kind != DEDICATED_KIND:
        return False
    return network.sites[place.site].kind is SiteKind.BRANCH
