"""The tables of ``footage.sqlite``, and how an older program's are brought up to date.

A new file is made by the same steps, so that there is one way to the newest schema.

    FootageError    the disk refused: nothing changed, try again
"""

from pathlib import Path

import apsw

APPLICATION_ID = 0x43554654
BUSY_MS_MAX = 2_000
"""Two threads write here, each for milliseconds: the keeper, and who sends what was ordered."""
_FIRST = """
CREATE TABLE segment (
    id INTEGER PRIMARY KEY, camera TEXT NOT NULL, began_ms INTEGER NOT NULL,
    ended_ms INTEGER NOT NULL, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL, file TEXT NOT NULL,
    doomed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX segment_file ON segment (camera, file);
CREATE INDEX segment_time ON segment (camera, ended_ms);
CREATE TABLE waiting (id INTEGER PRIMARY KEY, event BLOB NOT NULL) STRICT;
CREATE TABLE covered (
    camera TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, mono_ms INTEGER NOT NULL, boot TEXT NOT NULL
) STRICT;
CREATE TABLE learned (camera TEXT PRIMARY KEY, kept BLOB NOT NULL) STRICT;
CREATE TABLE lined (spool TEXT NOT NULL, seq INTEGER NOT NULL) STRICT;
CREATE TABLE hold (
    id TEXT NOT NULL, camera TEXT NOT NULL, since_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL,
    PRIMARY KEY (id, camera)
) STRICT;
"""
# checked_ms: when a file's content was last found right, wall time; damage: what was found else.
# upload: files that the hub ordered; gone: why they cannot be sent. picture: named stills to send.
_UPLOADS = """
ALTER TABLE segment ADD COLUMN checked_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE segment ADD COLUMN damage TEXT;
CREATE INDEX segment_sha256 ON segment (sha256);
CREATE INDEX segment_checked ON segment (checked_ms) WHERE damage IS NULL AND NOT doomed;
CREATE TABLE upload (id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, gone TEXT) STRICT;
CREATE TABLE picture (
    id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, camera TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;
"""
_URGENT = """
ALTER TABLE upload ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0;
CREATE INDEX upload_turn ON upload (urgent DESC, id);
"""
# By the hub's clock a file may have begun so much earlier, and ended later; NULL: unknown.
_PLACED = """
ALTER TABLE segment ADD COLUMN earlier_ms INTEGER;
ALTER TABLE segment ADD COLUMN later_ms INTEGER;
CREATE INDEX segment_unplaced ON segment (id) WHERE earlier_ms IS NULL;
"""
STEPS = (_FIRST, _UPLOADS, _URGENT, _PLACED)
SCHEMA_VERSION = len(STEPS)


class FootageError(Exception):
    """The disk refused; nothing changed."""


def open_footage(path: Path, vfs: str | None = None) -> apsw.Connection:
    """Open the database, or make it, with the newest schema.

    Raises:
        FootageError: no database, not ours, or a newer program's.
    """
    try:
        connection = apsw.Connection(str(path), vfs=vfs)
        connection.set_busy_timeout(BUSY_MS_MAX)
        _prepare(connection)
    except apsw.Error as error:
        raise FootageError(f"{path} cannot be used: {error}") from error
    return connection


def _prepare(connection: apsw.Connection) -> None:
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", "full")
    is_new = not list(connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1"))
    version = 0 if is_new else connection.pragma("user_version")
    if not is_new and connection.pragma("application_id") != APPLICATION_ID:
        raise FootageError("it is another program's database")
    if not (is_new or 1 <= version <= SCHEMA_VERSION):
        raise FootageError(f"this program knows its versions up to {SCHEMA_VERSION} only")
    for number, step in enumerate(STEPS[version:], version + 1):
        with connection:
            connection.execute(step)
            connection.pragma("application_id", APPLICATION_ID)
            connection.pragma("user_version", number)
