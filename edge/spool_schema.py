"""The spool's tables, and the checks before a spool is used at all.

Source: design section 3 ("Event line"), promise P1.
"""

import apsw
import msgspec

from edge import delivered_bodies
from edge.seams import SpoolUnusableError
from ledger.chain import ChainError, ChainHead, extend
from wire.names import ZERO_HEAD

SQLITE_VERSION_MIN = (3, 51, 3)
"""Older ones can corrupt a WAL database when a write and a checkpoint race (facts: WAL-reset)."""
APPLICATION_ID = 0x43555354
SCHEMA_VERSION = 2
PAGE_BYTES = 4096
TAIL_LINES_CHECKED = 100
"""So many of the newest lines are hashed at each start; the hub checks every line anyway."""

_TABLES = """
CREATE TABLE spool (id TEXT NOT NULL, upto_seq INTEGER NOT NULL) STRICT;
CREATE TABLE line (
    seq INTEGER PRIMARY KEY, head TEXT NOT NULL, at TEXT NOT NULL, line BLOB NOT NULL
) STRICT;
CREATE TABLE body (sha256 TEXT PRIMARY KEY, salt TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE TABLE session (device TEXT PRIMARY KEY, state BLOB NOT NULL) STRICT;
"""
_TABLES_OF_2 = """
CREATE TABLE queue (queue TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT;
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


def prepare(connection: apsw.Connection, new_id: str, bytes_max: int) -> tuple[str, int]:
    """Set the connection up, make the tables if the file is new; return spool id and upto.

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
    elif version == 1:
        _upgrade_to_2(connection)
    elif version != SCHEMA_VERSION:
        raise SpoolUnusableError(f"it has version {version}, this program knows {SCHEMA_VERSION}")
    connection.execute(delivered_bodies.TABLES)
    ids: list[tuple[str, int]] = list(connection.execute("SELECT id, upto_seq FROM spool"))
    if len(ids) != 1:
        raise SpoolUnusableError(f"it names {len(ids)} spools where one is expected")
    return ids[0]


def _create(connection: apsw.Connection, new_id: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(_TABLES + _TABLES_OF_2)
    connection.execute("INSERT INTO spool VALUES (?, 0)", (new_id,))
    connection.pragma("application_id", APPLICATION_ID)
    connection.pragma("user_version", SCHEMA_VERSION)
    connection.execute("COMMIT")


def _upgrade_to_2(connection: apsw.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(_TABLES_OF_2)
    connection.pragma("user_version", SCHEMA_VERSION)
    connection.execute("COMMIT")


def read_head(connection: apsw.Connection) -> ChainHead:
    """The newest line's place and hash as the database has them."""
    newest = list(connection.execute("SELECT seq, head FROM line ORDER BY seq DESC LIMIT 1"))
    return ChainHead(*newest[0]) if newest else ChainHead(0, ZERO_HEAD)


def recorded_at(connection: apsw.Connection, seq: int) -> str | None:
    """The wire time of line ``seq``; None if it was forgotten or never was."""
    rows: list[tuple[str]] = list(connection.execute("SELECT at FROM line WHERE seq = ?", (seq,)))
    return rows[0][0] if rows else None


def check_tail(connection: apsw.Connection, spool_id: str, upto_seq: int) -> ChainHead:
    """Hash the newest lines again and return the head that they end in.

    Raises:
        SpoolUnusableError: a line was altered, is missing, or belongs to another spool.
    """
    newest = connection.execute(
        "SELECT seq, head, line FROM line ORDER BY seq DESC LIMIT ?", (TAIL_LINES_CHECKED + 1,)
    )
    rows: list[tuple[int, str, bytes]] = list(newest)[::-1]
    if not rows:
        if upto_seq:
            raise SpoolUnusableError(f"the hub has {upto_seq} lines of it, it has none")
        return ChainHead(0, ZERO_HEAD)
    # The oldest of them is only the start, unless it is the very first line of the spool.
    start = ChainHead(0, ZERO_HEAD) if rows[0][0] == 1 else ChainHead(rows[0][0], rows[0][1])
    lines = [line for seq, _, line in rows if seq > start.seq]
    if not lines:
        return start
    try:
        head = extend(start, start.seq + 1, rows[-1][1], lines)
        names = {_name_decoder.decode(line).spool for line in lines}
    except (ChainError, msgspec.DecodeError) as error:
        raise SpoolUnusableError(f"its chain is broken: {error}") from error
    if names != {spool_id} or head.seq != rows[-1][0]:
        raise SpoolUnusableError("its chain is broken: lines are missing or another spool's")
    if head.seq < upto_seq:
        raise SpoolUnusableError(f"the hub has {upto_seq} lines of it, it has {head.seq}")
    return head
