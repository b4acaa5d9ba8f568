"""What a hub's store holds, read as nobody's friend: whole, in order, once, and of one moment."""

from contextlib import closing
from pathlib import Path

from hub.db.engine import open_database, parse_url
from wire.lines import line_hash, parse_line
from wire.names import ZERO_HEAD

Stored = dict[tuple[str, int], str]
"""The hash of each stored line by its spool and its place there."""


def stored_lines(folder: Path) -> Stored:
    """Every line of a hub's store; a failure where they are not one chain a spool."""
    with closing(open_database(parse_url(None, folder))) as database, database.reading() as tx:
        assert tx.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
        uptos = tx.exec_driver_sql("SELECT upto_seq FROM spool_head").scalars().all()
        query = "SELECT spool, seq, line FROM event JOIN spool_head s ON s.id = spool_id"
        rows = tx.exec_driver_sql(f"{query} ORDER BY spool, seq").all()
        scans = tx.exec_driver_sql("SELECT coalesce(sum(scans), 0) FROM unit_state").scalar_one()
    hashes: Stored = {}
    for spool, seq, line in rows:
        # Whole, in order, once: each follows the one before it.
        assert parse_line(line).prev == hashes.get((spool, seq - 1), ZERO_HEAD)
        assert (spool, seq) not in hashes
        hashes[spool, seq] = line_hash(line)
    assert len(rows) == sum(uptos)
    # What the rooms know is of the very same moment as the events.
    assert scans == len(rows)
    return hashes
