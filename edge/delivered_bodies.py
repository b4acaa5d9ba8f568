"""Private bodies that the hub has acknowledged: kept as long as their lines, in case it loses them.

A hub that was restored from a backup gets the lines again; what stands beside them must come again
too. Who is told that the hub went back puts a mark here, and from then on the bodies go back among
those that wait, a bounded number at a time, so that no scan stands behind them. A program that
knows nothing of these tables loses nothing by them. Source: docs/adr/0035, design section 3.
"""

from collections.abc import Sequence

import apsw

TABLES = """
CREATE TABLE IF NOT EXISTS delivered_body (
    id INTEGER PRIMARY KEY AUTOINCREMENT, sha256 TEXT NOT NULL UNIQUE,
    salt TEXT NOT NULL, body TEXT NOT NULL, at TEXT NOT NULL, place INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS delivered_body_at ON delivered_body (at);
CREATE TABLE IF NOT EXISTS redelivery (id_max INTEGER NOT NULL, since TEXT NOT NULL) STRICT;
"""
"""``at``: when the hub acknowledged it, wire time of this edge's clock; ``place``: which line was
the newest then (null: an older program did not say). ``since``: a place, as :func:`_mark` has it;
an older program wrote a time there."""

BODIES_PER_STEP = 500
MARK_CHARS = 20


def prepare(connection: apsw.Connection) -> None:
    """Make the tables, or bring an older program's up to date.

    Raises:
        apsw.Error: there are no such tables.
    """
    connection.execute(TABLES)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(delivered_body)")]
    if "place" not in columns:
        connection.execute("ALTER TABLE delivered_body ADD COLUMN place INTEGER")


def resume(connection: apsw.Connection, oldest: int | None = None) -> None:
    """Go on with what is owed; a disk that refuses keeps nobody from scanning: it is still owed.

    ``oldest`` is given at a start: the place of the first line whose receipt the disk does not
    know. As the lines from there go again, so does what was delivered since it was made: a hub that
    was restored meanwhile shows no loss there.
    """
    beside = "SELECT 1 FROM delivered_body WHERE place >= ? LIMIT 1"
    try:
        connection.execute("BEGIN IMMEDIATE")
        if oldest is not None and list(connection.execute(beside, (oldest,))):
            ask_again(connection, oldest)
        step(connection)
        connection.execute("COMMIT")
    except apsw.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def note_delivered(connection: apsw.Connection, hashes: Sequence[str], at: str, place: int) -> None:
    """The hub has these, and ``place`` is the newest line; within the caller's transaction."""
    for sha256 in hashes:
        connection.execute(
            "INSERT OR REPLACE INTO delivered_body (sha256, salt, body, at, place)"
            " SELECT sha256, salt, body, ?, ? FROM body WHERE sha256 = ?",
            (at, place, sha256),
        )
        connection.execute("DELETE FROM body WHERE sha256 = ?", (sha256,))


def ask_again(connection: apsw.Connection, place: int) -> None:
    """What was delivered since the line at ``place`` was made shall be delivered again.

    By lines and not by times: a clock may have been set back in between.
    """
    rows: list[tuple[str]] = list(connection.execute("DELETE FROM redelivery RETURNING since"))
    since = min([place, *(_place(mark) for (mark,) in rows)])
    connection.execute(
        "INSERT INTO redelivery SELECT coalesce(max(id), 0), ? FROM delivered_body",
        (_mark(since),),
    )


def _mark(place: int) -> str:
    """A place as text that lies before every time: an older program lets all wait again."""
    return f"{place:0{MARK_CHARS}d}"


def _place(mark: str) -> int:
    return int(mark) if len(mark) == MARK_CHARS and mark.isdecimal() else 0


def step(connection: apsw.Connection) -> bool:
    """Let the next ones wait for delivery again; say whether there may be more."""
    marks: list[tuple[int, str]] = list(connection.execute("SELECT id_max, since FROM redelivery"))
    if not marks:
        return False
    ((id_max, since),) = marks
    found: list[tuple[int]] = list(
        connection.execute(
            "SELECT id FROM delivered_body WHERE id <= ? AND (place IS NULL OR place >= ?)"
            " ORDER BY id LIMIT ?",
            (id_max, _place(since), BODIES_PER_STEP),
        )
    )
    for row in found:
        connection.execute(
            "INSERT OR IGNORE INTO body SELECT sha256, salt, body FROM delivered_body WHERE id = ?",
            row,
        )
    connection.executemany("DELETE FROM delivered_body WHERE id = ?", found)
    if len(found) < BODIES_PER_STEP:
        connection.execute("DELETE FROM redelivery")
    return len(found) == BODIES_PER_STEP


def forget(connection: apsw.Connection, until: str) -> None:
    """Lines up to then (wire time) were forgotten: what was delivered by then goes with them."""
    connection.execute(
        "DELETE FROM delivered_body WHERE id IN"
        " (SELECT id FROM delivered_body WHERE at <= ? ORDER BY at LIMIT ?)",
        (until, BODIES_PER_STEP),
    )
