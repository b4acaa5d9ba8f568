"""The paired handhelds on disk, each with the hash of its token.

Source: docs/adr/0021.
"""

import hashlib
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from edge.data_dir import read_file, write_file
from wire.names import At, Hex32, Name, Sha256, parse_at

FILE_NAME = "handhelds.json"
FILE_BYTES_MAX = 64 * 1024
HANDHELDS_MAX = 32


class PairedHandheld(Struct, frozen=True, kw_only=True):
    """One handheld; ``queue`` is the one that its browser keeps."""

    name: Name
    token_sha256: Sha256
    queue: Hex32
    paired_at: At

    def __post_init__(self) -> None:
        parse_at(self.paired_at)


class _Kept(Struct, frozen=True, forbid_unknown_fields=True):
    handhelds: Annotated[tuple[PairedHandheld, ...], Meta(max_length=HANDHELDS_MAX)]


_decoder = msgspec.json.Decoder(_Kept)


def token_sha256(token: str) -> str:
    """What is kept of a token. It is 256 random bits, so a plain hash cannot be searched."""
    return hashlib.sha256(token.encode("utf-8")).hexdigest()


class HandheldStore:
    """Keeps them in a directory."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE_NAME

    def load(self) -> tuple[PairedHandheld, ...]:
        """All paired handhelds.

        Raises:
            OSError, ValueError: the file cannot be read or believed.
        """
        data = read_file(self._path, FILE_BYTES_MAX)
        return () if data is None else _decoder.decode(data).handhelds

    def save(self, handhelds: tuple[PairedHandheld, ...]) -> None:
        """Keep these and no others.

        Raises:
            OSError: the disk refused; the old ones stand.
        """
        write_file(self._path, msgspec.json.encode(_Kept(handhelds)))
