"""The spools' tables, and the checks before they are used at all.

One file holds the spools of an edge, at most one of them live: the one begun last. A line's key is
its spool's number and its own, so that lines stand in the order in which they were recorded, and
the newest one is found without an index. Source: design section 3 ("Event line", "Backlog").
"""

from collections.abc import Iterator

import apsw
import msgspec

from edge import delivered_bodies
from edge.seams import KeptSpool, SpoolUnusableError
from ledger.chain import ChainError, ChainHead, extend
from wire.names import ZERO_HEAD

SQLITE_VERSION_MIN = (3, 51, 3)
"""Older ones can corrupt a WAL database when a write and a checkpoint race (facts: WAL-reset)."""
APPLICATION_ID = 0x43555354
SCHEMA_VERSION = 3
PAGE_BYTES = 4096
TAIL_LINES_CHECKED = 100
"""So many of the newest lines are hashed at each start; the hub checks every line anyway."""

SEQ_BITS = 40
"""A line's place is its spool's number times two to this, plus its seq: no spool gets so long."""

_TABLES = """
CREATE TABLE spool (
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, upto_seq INTEGER NOT NULL,
    closed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE line (
    place INTEGER PRIMARY KEY, head TEXT NOT NULL, at TEXT NOT NULL, line BLOB NOT NULL
) STRICT;
CREATE TABLE body (sha256 TEXT PRIMARY KEY, salt TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE TABLE session (device TEXT PRIMARY KEY, state BLOB NOT NULL) STRICT;
"""
_TABLES_OF_2 = """
CREATE TABLE queue (queue TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT;
"""
# The one spool of an older file gets the number 0, so a line's place is the seq that it had: no
# line is written anew, however many there are and however full the disk is.
_STEP_TO_3 = """
ALTER TABLE spool RENAME TO spool_of_2;
CREATE TABLE spool (
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, upto_seq INTEGER NOT NULL,
    closed INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO spool (n, id, upto_seq) SELECT 0, id, upto_seq FROM spool_of_2;
DROP TABLE spool_of_2;
ALTER TABLE line RENAME COLUMN seq TO place;
"""


class _SpoolName(msgspec.Struct, frozen=True):
    spool: str


_name_decoder = msgspec.json.Decoder(_SpoolName)


def check_sqlite_version(version: str) -> None:
    """Refuse an SQLite that can corrupt a spool.

    Raises:
        SpoolUnusableError: older than ``SQLITE_VERSION_MIN``.
    """
    if tuple(int(part) for part in version.split(".")[:3]) < SQLITE_VERSION_MIN:
        needed = ".".join(str(part) for part in SQLITE_VERSION_MIN)
        raise SpoolUnusableError(
            f"SQLite {version} can lose a spool (WAL-reset bug); {needed} or newer is needed: "
            "install apsw 3.54.1 or newer"
        )


def prepare(connection: apsw.Connection, new_id: str, bytes_max: int) -> None:
    """Set the connection up; make the tables if the file is new, or bring them up to date.

    Raises:
        SpoolUnusableError: the file is another program's database, or a newer Custos wrote it.
        apsw.Error: the file is no database, or cannot be read or written.
    """
    connection.pragma("page_size", PAGE_BYTES)
    connection.pragma("journal_mode", "wal")
    # P1: a commit returns only when the WAL is on the disk.
    connection.pragma("synchronous", "full")
    connection.pragma("max_page_count", bytes_max // PAGE_BYTES)
    version = connection.pragma("user_version")
    is_new = not list(connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1"))
    if is_new and version == 0:
        _create(connection, new_id)
    elif connection.pragma("application_id") != APPLICATION_ID:
        raise SpoolUnusableError("it is another program's database")
    elif version not in (1, 2, SCHEMA_VERSION):
        raise SpoolUnusableError(f"it has version {version}, this program knows {SCHEMA_VERSION}")
    elif version < SCHEMA_VERSION:
        _upgrade(connection, version)
    delivered_bodies.prepare(connection)


def _create(connection: apsw.Connection, new_id: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(_TABLES + _TABLES_OF_2)
    connection.execute("INSERT INTO spool (n, id, upto_seq) VALUES (0, ?, 0)", (new_id,))
    connection.pragma("application_id", APPLICATION_ID)
    connection.pragma("user_version", SCHEMA_VERSION)
    connection.execute("COMMIT")


def _upgrade(connection: apsw.Connection, version: int) -> None:
    count = _count(connection, "SELECT count(*) FROM spool")
    if count != 1:
        raise SpoolUnusableError(f"it names {count} spools where one is expected")
    connection.execute("BEGIN IMMEDIATE")
    if version == 1:
        connection.execute(_TABLES_OF_2)
    connection.execute(_STEP_TO_3)
    connection.pragma("user_version", SCHEMA_VERSION)
    connection.execute("COMMIT")


def _count(connection: apsw.Connection, query: str, *values: int) -> int:
    rows: list[tuple[int]] = list(connection.execute(query, values))
    return rows[0][0]


def place_of(n: int, seq: int) -> int:
    """The key of line ``seq`` in the spool with the number ``n``."""
    return (n << SEQ_BITS) + seq


def seq_of(place: int) -> int:
    """The sequence number of the line with this key."""
    return place & ((1 << SEQ_BITS) - 1)


def read_head(connection: apsw.Connection, n: int) -> ChainHead:
    """The newest line of spool ``n`` and its hash, as the database has them."""
    newest = connection.execute(
        "SELECT place, head FROM line WHERE place BETWEEN ? AND ? ORDER BY place DESC LIMIT 1",
        (place_of(n, 0), place_of(n + 1, 0) - 1),
    )
    rows: list[tuple[int, str]] = list(newest)
    return ChainHead(seq_of(rows[0][0]), rows[0][1]) if rows else ChainHead(0, ZERO_HEAD)


def read_spools(connection: apsw.Connection) -> list[KeptSpool]:
    """Every spool that is kept, the live one last; it is the one with the highest number."""
    rows: list[tuple[int, str, int, int]] = list(
        connection.execute("SELECT n, id, upto_seq, closed FROM spool ORDER BY n")
    )
    return [
        KeptSpool(n, spool, upto_seq, read_head(connection, n), bool(closed))
        for n, spool, upto_seq, closed in rows
    ]


def recorded_at(connection: apsw.Connection, place: int) -> str | None:
    """The wire time of the line at ``place``; None if it was forgotten or never was."""
    rows: list[tuple[str]] = list(
        connection.execute("SELECT at FROM line WHERE place = ?", (place,))
    )
    return rows[0][0] if rows else None


def check(connection: apsw.Connection) -> list[KeptSpool]:
    """Hash the newest lines of each spool again and return the spools, the live one last.

    A closed one is not looked at: nothing is added to it and nothing of it is sent.

    Raises:
        SpoolUnusableError: a line was altered, is missing, or belongs to another spool.
    """
    spools = read_spools(connection)
    if not spools:
        raise SpoolUnusableError("it names 0 spools where one is expected")
    behind = place_of(spools[-1].n + 1, 0)
    if _count(connection, "SELECT count(*) FROM line WHERE place >= ?", behind):
        raise SpoolUnusableError("it holds lines of a spool that it does not name")
    for spool in spools:
        if not spool.is_closed:
            _check_tail(connection, spool)
    return spools


def _check_tail(connection: apsw.Connection, spool: KeptSpool) -> None:
    rows = list(_tail(connection, spool))[::-1]
    if not rows:
        if spool.upto_seq:
            raise SpoolUnusableError(f"the hub has {spool.upto_seq} lines of it, it has none")
        return
    # The oldest of them is only the start, unless it is the very first line of the spool.
    start = ChainHead(0, ZERO_HEAD) if rows[0][0] == 1 else ChainHead(rows[0][0], rows[0][1])
    lines = [line for seq, _, line in rows if seq > start.seq]
    if lines:
        _follow(spool.id, start, rows[-1], lines)
    if _oldest_seq(connection, spool.n) > max(1, spool.upto_seq):
        raise SpoolUnusableError("lines of it that the hub has not are missing")
    if spool.head.seq < spool.upto_seq:
        raise SpoolUnusableError(
            f"the hub has {spool.upto_seq} lines of it, it has {spool.head.seq}"
        )


def _oldest_seq(connection: apsw.Connection, n: int) -> int:
    query = "SELECT min(place) FROM line WHERE place BETWEEN ? AND ?"
    return seq_of(_count(connection, query, place_of(n, 0), place_of(n + 1, 0) - 1))


def _follow(
    spool: str, start: ChainHead, newest: tuple[int, str, bytes], lines: list[bytes]
) -> None:
    try:
        head = extend(start, start.seq + 1, newest[1], lines)
        names = {_name_decoder.decode(line).spool for line in lines}
    except (ChainError, msgspec.DecodeError) as error:
        raise SpoolUnusableError(f"its chain is broken: {error}") from error
    if names != {spool} or head.seq != newest[0]:
        raise SpoolUnusableError("its chain is broken: lines are missing or another spool's")


def _tail(connection: apsw.Connection, spool: KeptSpool) -> Iterator[tuple[int, str, bytes]]:
    rows = connection.execute(
        "SELECT place, head, line FROM line WHERE place BETWEEN ? AND ? "
        "ORDER BY place DESC LIMIT ?",
        (place_of(spool.n, 0), place_of(spool.n + 1, 0) - 1, TAIL_LINES_CHECKED + 1),
    )
    for place, head, line in rows:
        yield seq_of(place), head, line
