"""The site pack on disk: the hub's signed message as it was received.

KeptPackError    what lies there cannot be believed: say so, work without, fetch
"""

from pathlib import Path

from edge.data_dir import read_file, write_file
from edge.pack import KeptPack, open_pack
from wire.limits import PACK_MESSAGE_BYTES_MAX

PACK_NAME = "site.pack"


class KeptPackError(Exception):
    """The kept site pack is not whole, or not signed by the hub; the sentence says which."""


class PackStore:
    """Keeps one pack in a directory."""

    def __init__(self, directory: Path, site: str, edge: str) -> None:
        self._path = directory / PACK_NAME
        self._site, self._edge = site, edge

    def load(self, hub_key: bytes) -> KeptPack | None:
        """The kept pack; None if there never was one.

        Raises:
            KeptPackError: altered, cut, another edge's, or signed by another key than ``hub_key``.
        """
        try:
            message = read_file(self._path, PACK_MESSAGE_BYTES_MAX)
            if message is None:
                return None
            return open_pack(message, self._site, self._edge, hub_key)
        except (OSError, ValueError) as error:
            raise KeptPackError(f"the kept site pack cannot be believed: {error}") from error

    def save(self, kept: KeptPack) -> None:
        """Keep a pack.

        Raises:
            OSError: the disk refused; the old one stands.
        """
        write_file(self._path, kept.message)
