"""What a backup says of itself, and the checks before anything of it is believed.

BackupError      one sentence, exit 2
"""

import hashlib
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from wire.names import At, Count, Sha256

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
MANIFEST_SUM: Final = "manifest.sha256"
"""As ``sha256sum -c`` reads it: an altered manifest must not pass for a whole one."""
MANIFEST_BYTES_MAX: Final = 4 * 1024 * 1024
FILES_MAX: Final = 5_000
"""Files beside database and footage; a data directory has a dozen."""


class BackupError(Exception):
    """Nothing was backed up, or nothing restored; the sentence says why."""


class DatabaseKind(StrEnum):
    """What the database's copy is: a database file, or a dump in PostgreSQL's custom format."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


class KeptFile(Struct, frozen=True, kw_only=True):
    """A file of the backup; ``mode`` is what it had in the data directory."""

    path: Annotated[str, Meta(min_length=1, max_length=512)]
    bytes: Count
    sha256: Sha256
    mode: Annotated[int, Meta(ge=0, le=0o7777)] = 0o600

    def __post_init__(self) -> None:
        parts = PurePosixPath(self.path)
        if parts.is_absolute() or ".." in parts.parts or str(parts) != self.path:
            raise ValueError("a path that leads out of the backup")


class FootageTold(Struct, frozen=True, kw_only=True):
    """How much footage there is; each file stands in the list ``list``, its name is its hash."""

    files: Count
    bytes: Count
    list: KeptFile


class Manifest(Struct, frozen=True, kw_only=True):
    """Written last: a folder without it is no backup. ``taken_at`` is the database's moment."""

    custos_hub_backup: Annotated[int, Meta(ge=1)] = FORMAT
    version: str
    wire_version: int
    schema: str
    taken_at: At
    database: DatabaseKind
    hub_key_sha256: Sha256 | None
    """Of the public statement key, as in an enrolment token: whose hub this is."""
    dump: KeptFile
    files: Annotated[tuple[KeptFile, ...], Meta(max_length=FILES_MAX)]
    """Keys, tokens and all else of the data directory; empty where ``has_keys`` is not set."""
    has_keys: bool
    footage: FootageTold | None


class _Format(Struct, frozen=True):
    custos_hub_backup: int


def encode_manifest(manifest: Manifest) -> tuple[bytes, bytes]:
    """The manifest's bytes and those of the file beside it."""
    data = msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
    return data, f"{hashlib.sha256(data).hexdigest()}  {MANIFEST}\n".encode()


def read_manifest(folder: Path) -> Manifest:
    """Read what a backup says of itself.

    Raises:
        BackupError: no backup, damaged, or of a newer version.
    """
    try:
        data = _read(folder / MANIFEST)
        told = _read(folder / MANIFEST_SUM)
    except FileNotFoundError as error:
        raise BackupError(f"{folder} is no backup of a Custos hub: it has no manifest") from error
    except OSError as error:
        raise BackupError(f"{folder} cannot be read: {error.strerror}") from error
    if told.split()[:1] != [hashlib.sha256(data).hexdigest().encode()]:
        raise BackupError(f"the backup {folder} is damaged: its manifest was altered")
    try:
        if msgspec.json.decode(data, type=_Format).custos_hub_backup > FORMAT:
            raise BackupError(f"the backup {folder} was made by a newer version of Custos")
        return msgspec.json.decode(data, type=Manifest)
    except ValueError as error:
        raise BackupError(f"{folder} is no backup of a Custos hub: {error}") from error


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MANIFEST_BYTES_MAX)
