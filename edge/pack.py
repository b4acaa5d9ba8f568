"""The site pack that this edge holds, and which signed messages may change it.

Pure: bytes come as received, the hub's key is an argument. Never a version that is not newer;
whatever does not fit is refused whole, and the station works on with the pack it has.
Source: design section 3 ("site pack").
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from edge.station_events import PackChanged
from ledger.signing import open_sealed
from wire.envelope import split_lines
from wire.limits import PACK_MESSAGE_BYTES_MAX
from wire.messages import Pack, PackHead
from wire.names import parse_at
from wire.site_pack import SitePack, pack_sha256, parse_pack


@dataclass(frozen=True, slots=True)
class KeptPack:
    """A pack with the signed message that brought it, as received."""

    pack: SitePack
    message: bytes


def open_pack(message: bytes, site: str, edge: str, hub_key: bytes) -> KeptPack:
    """Read a pack and check everything about it.

    Raises:
        ValueError: not signed by ``hub_key``, for another edge or site, altered, not what its head
            says, or with a timezone that this machine does not know.
    """
    opened = open_sealed(message, Pack, hub_key, PACK_MESSAGE_BYTES_MAX)
    head = opened.message
    if (head.site, head.edge) != (site, edge):
        raise ValueError("a site pack for another edge")
    lines = split_lines(opened.lines, 1)
    line = b"".join(lines)
    if pack_sha256(line) != head.sha256:
        raise ValueError("the site pack's bytes do not hash to what its head says")
    pack = parse_pack(line)
    if (pack.version, pack.site) != (head.version, site):
        raise ValueError("the site pack is not the one that its head names")
    try:
        ZoneInfo(pack.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"this machine knows no timezone {pack.timezone!r}") from error
    return KeptPack(pack, message)


class PackKeeper:
    """Holds the newest pack and works out what a message about it means."""

    def __init__(
        self,
        reads: Callable[[bytes], KeptPack],
        keep: Callable[[KeptPack], str | None],
        kept: KeptPack | None,
        problem: str | None,
    ) -> None:
        """``reads`` checks a message (:func:`open_pack`).

        ``keep`` puts it on disk and says what went wrong, or None; ``problem`` is why there is no
        ``kept`` one.
        """
        self._reads, self._keep = reads, keep
        self._kept = kept
        self._problem = problem

    @property
    def version(self) -> int:
        """The held pack's version; 0 without one."""
        return self._kept.pack.version if self._kept else 0

    def changed(self) -> PackChanged:
        """The held pack for the station."""
        return PackChanged(self._kept.pack if self._kept else None, self._problem)

    def needs(self, head: PackHead, now: datetime) -> bool:
        """Say whether the hub has a newer pack; ``now`` is aware UTC in the hub's time."""
        return now <= parse_at(head.expires_at) and head.version > self.version

    def take(self, message: bytes) -> PackChanged | None:
        """Take an arrived pack; None if it is not newer than the held one.

        A disk that refuses does not keep it from the station: names and searches are shown now.

        Raises:
            ValueError: it cannot be believed; nothing changed.
        """
        arrived = self._reads(message)
        if arrived.pack.version <= self.version:
            return None
        self._kept = arrived
        self._problem = self._keep(arrived)
        return self.changed()
