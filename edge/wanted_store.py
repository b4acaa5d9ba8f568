"""The wanted list on disk: the list under its hash, and the signed message that vouches for it.

The list is written before the message that names it, so a power cut leaves the old pair or the
new one. Renewing the head each minute rewrites only the small file. Source: promise P3.

    KeptListError    what lies there cannot be believed: alarm, fall back, fetch
"""

from pathlib import Path

from edge.data_dir import read_file, write_file
from edge.wanted import KeptList, check_kept, kept_bytes
from ledger.signing import open_sealed
from wire.envelope import EnvelopeError
from wire.limits import MESSAGE_BYTES_MAX, SNAPSHOT_BYTES_MAX
from wire.messages import MessageBase, WantedDelta, WantedHead, WantedSnapshot

VOUCHER_NAME = "wanted.head"
_LIST_PREFIX = "wanted-"


class KeptListError(Exception):
    """The kept list is not whole, or not signed by the hub; the sentence says which."""


class WantedStore:
    """Keeps one list in a directory."""

    def __init__(self, directory: Path, site: str, edge: str) -> None:
        self._directory = directory
        self._site, self._edge = site, edge
        self._whole: str | None = None  # the hash of the list that is whole on disk

    def load(self, hub_key: bytes) -> KeptList | None:
        """The kept list; None if there never was one.

        Raises:
            KeptListError: altered, cut, or signed by another key than ``hub_key``.
        """
        try:
            voucher = read_file(self._directory / VOUCHER_NAME, MESSAGE_BYTES_MAX)
            if voucher is None:
                return None
            opened = open_sealed(voucher, MessageBase, hub_key, MESSAGE_BYTES_MAX)
            message = opened.message
            if not isinstance(message, WantedHead | WantedDelta | WantedSnapshot):
                raise KeptListError("the kept wanted list is vouched for by another message")
            if (message.site, message.edge) != (self._site, self._edge):
                raise KeptListError("the kept wanted list is another edge's")
            line = read_file(self._list_path(message.head.list_sha256), SNAPSHOT_BYTES_MAX)
            if line is None:
                raise KeptListError("the kept wanted list is missing beside its head")
            kept = check_kept(message.head, line, voucher)
        except (OSError, EnvelopeError, ValueError) as error:
            raise KeptListError(f"the kept wanted list cannot be believed: {error}") from error
        self._whole = kept.head.list_sha256
        return kept

    def save(self, kept: KeptList) -> None:
        """Keep a list.

        Raises:
            OSError: the disk refused; the old one stands.
        """
        path = self._list_path(kept.head.list_sha256)
        # A file of that name is not enough: it may be the damaged one that ``load`` refused.
        if self._whole != kept.head.list_sha256:
            write_file(path, kept_bytes(kept))
            self._whole = kept.head.list_sha256
        write_file(self._directory / VOUCHER_NAME, kept.voucher)
        for old in self._directory.glob(f"{_LIST_PREFIX}*"):
            if old != path:
                old.unlink(missing_ok=True)

    def _list_path(self, sha256: str) -> Path:
        return self._directory / f"{_LIST_PREFIX}{sha256}"
