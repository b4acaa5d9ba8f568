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
    salt TEXT NOT NULL, body TEXT NOT NULL, at TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS delivered_body_at ON delivered_body (at);
CREATE TABLE IF NOT EXISTS redelivery (id_max INTEGER NOT NULL, since TEXT NOT NULL) STRICT;
"""
"""``at``: when the hub acknowledged it, wire time of this edge's clock."""

BODIES_PER_STEP = 500


def note_delivered(connection: apsw.Connection, hashes: Sequence[str], at: str) -> None:
    """The hub has these; within the caller's transaction."""
    for sha256 in hashes:
        connection.execute(
            "INSERT OR REPLACE INTO delivered_body (sha256, salt, body, at)"
            " SELECT sha256, salt, body, ? FROM body WHERE sha256 = ?",
            (at, sha256),
        )
        connection.execute("DELETE FROM body WHERE sha256 = ?", (sha256,))


def ask_again(connection: apsw.Connection, since: str) -> None:
    """What was delivered since then (wire time; "": ever) shall be delivered again."""
    rows: list[tuple[int, str]] = list(connection.execute("SELECT id_max, since FROM redelivery"))
    since = min([since, *(each for _, each in rows)])
    connection.execute("DELETE FROM redelivery")
    connection.execute(
        "INSERT INTO redelivery SELECT coalesce(max(id), 0), ? FROM delivered_body", (since,)
    )


def step(connection: apsw.Connection) -> bool:
    """Let the next ones wait for delivery again; say whether there may be more."""
    marks: list[tuple[int, str]] = list(connection.execute("SELECT id_max, since FROM redelivery"))
    if not marks:
        return False
    found: list[tuple[int]] = list(
        connection.execute(
            "SELECT id FROM delivered_body WHERE id <= ? AND at >= ? ORDER BY id LIMIT ?",
            (*marks[0], BODIES_PER_STEP),
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
