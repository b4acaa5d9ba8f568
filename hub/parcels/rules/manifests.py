"""What somebody says is aboard, against what was scanned. Pure. Source: HV-2.4, HV-2.7."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from wire.events import ContainerKind

MANIFEST_WAYBILLS_MAX = 2_000
REMARKS_MAX = 500


class ManifestKind(StrEnum):
    """What a manifest lists: a container's load, or a dispatch register's parcels (HV-2.7)."""

    BAG = "bag"
    VEHICLE = "vehicle"
    FLIGHT = "flight"
    PALLET = "pallet"
    DISPATCH = "dispatch"

    @property
    def container(self) -> ContainerKind | None:
        """The container whose id is the manifest's; null: it lists no container's load."""
        return None if self is ManifestKind.DISPATCH else ContainerKind(self.value)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The parcels that travel together from ``origin`` to ``destination``.

    ``id`` is the container's own (a bag's, a vehicle's, a flight's number), so that a newer trip
    replaces the manifest of the one before. ``remarks`` tell of faults (HV-2.4.2).
    """

    id: str
    kind: ManifestKind
    origin: str
    destination: str
    waybills: tuple[str, ...]
    put_by: str
    put_at: datetime
    remarks: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A manifest beside the scans; waybills in their order.

    ``missing`` are listed and were not scanned aboard at the origin, ``extra`` the other way round;
    ``arrived`` were scanned at the destination.
    """

    aboard: tuple[str, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    arrived: tuple[str, ...]


def compare(manifest: Manifest, aboard: AbstractSet[str], arrived: AbstractSet[str]) -> Comparison:
    """Tell what a manifest and the scans say differently."""
    listed = set(manifest.waybills)
    extra = () if manifest.kind is ManifestKind.DISPATCH else tuple(sorted(aboard - listed))
    return Comparison(
        aboard=tuple(sorted(aboard)),
        missing=tuple(sorted(listed - aboard)),
        extra=extra,
        arrived=tuple(sorted(arrived)),
    )
