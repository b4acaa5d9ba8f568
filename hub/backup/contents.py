"""What of a hub's data directory belongs in a backup, and what a restore brings back.

Source: design sections 4, 5 and 9.
"""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

from sqlalchemy import URL

LOCK: Final = "hub.lock"
UNFINISHED_RESTORE: Final = "restore.unfinished"
"""While this file is there no hub starts: what lies beside it is neither the old nor the new."""
STAGING: Final = "restore.staging"
REPLACED: Final = "replaced-"
"""Where a restore puts what was there before; a person deletes it."""
BEFORE_UPGRADE: Final = "before-upgrade"
FOOTAGE: Final = "footage"
FOOTAGE_SUFFIXES: Final = (".mp4", ".jpg")
FOOTAGE_MARK: Final = ".shelf"
"""These three are ``hub.video.media_shelf``'s; that room is not loaded for a backup."""
_DERIVED: Final = "derived"


class Part(StrEnum):
    """What a restore brings back, and nothing else."""

    DATABASE = "database"
    FILES = "files"
    """Keys, tokens and whatever else lies in the data directory."""
    FOOTAGE = "footage"


RESTORED: Final = tuple(Part)
NEVER_RESTORED: Final[frozenset[str]] = frozenset()
"""Names in the data directory that no backup holds and no restore touches. A log that is only ever
continued (its key, its tiles: design section 9) belongs here: brought back to yesterday, it would
sign a second history."""
_MADE_ANEW: Final = frozenset({LOCK, "metrics", "broker.toml", _DERIVED})
_OURS: Final = frozenset({UNFINISHED_RESTORE, STAGING, BEFORE_UPGRADE})
_DRAFT: Final = ".new"


def database_files(url: URL) -> list[Path]:
    """An SQLite database's file and those beside it; none of another kind."""
    if url.get_backend_name() != "sqlite":
        return []
    path = Path(url.database or "")
    return [path, *(path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal"))]


def is_empty(data_dir: Path) -> bool:
    """Say whether no hub has left anything there."""
    if not data_dir.is_dir():
        return True
    names = {each.name for each in data_dir.iterdir()}
    return names <= _MADE_ANEW | {UNFINISHED_RESTORE, STAGING}


def other_files(data_dir: Path, url: URL) -> Iterator[Path]:
    """All files but the database, footage, and what the hub makes anew; by name."""
    apart = {each.resolve() for each in database_files(url)}
    for path in _entries(data_dir):
        for each in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if each.is_file() and each.resolve() not in apart and each.suffix != _DRAFT:
                yield each


def footage_files(folder: Path) -> Iterator[Path]:
    """The files of footage and pictures below a folder ``footage``, by their hashes."""
    if not folder.is_dir():
        return
    for shelf in sorted(each for each in folder.iterdir() if len(each.name) == 2):
        yield from sorted(each for each in shelf.iterdir() if is_footage(each.name, shelf.name))


def is_footage(name: str, shelf: str) -> bool:
    """Say whether a file's name is the hash of what is in it."""
    stem, _, suffix = name.partition(".")
    is_hash = len(stem) == 64 and set(stem) <= set("0123456789abcdef")
    return is_hash and stem.startswith(shelf) and f".{suffix}" in FOOTAGE_SUFFIXES


def _entries(data_dir: Path) -> list[Path]:
    apart = _MADE_ANEW | _OURS | NEVER_RESTORED | {FOOTAGE}
    found = sorted(each for each in data_dir.iterdir() if each.name not in apart)
    return [each for each in found if not each.name.startswith(REPLACED)]
