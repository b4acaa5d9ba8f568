"""A hub that has run before keeps what it knew of its parcels when it is upgraded."""

import json
from pathlib import Path

from alembic import command
from sqlalchemy import text

from hub.db import upgrade as upgrading
from hub.db.engine import open_database, parse_url
from hub.db.upgrade import upgrade
from hub.parcels.service import find_parcel
from hub.parcels.trace_store import traces_of
from tests.hub_parts import START
from wire.names import Step

WAYBILL = "755123456789"
MICROSECONDS = int(START.timestamp() * 1_000_000)


def test_scans_from_before_the_traces_are_carried_over(tmp_path: Path) -> None:
    url = parse_url(None, tmp_path)
    database = open_database(url)
    with database.writing() as tx:
        config = upgrading._alembic_config()
        config.attributes["connection"] = tx
        command.upgrade(config, "0002")
        spool = "INSERT INTO spool_head VALUES (1, '755A', 'dock', :spool, 1, '', 0)"
        tx.execute(text(spool), {"spool": "ab" * 16})
        event = (
            "INSERT INTO event VALUES (1, 1, 1, 'scan', :waybill, NULL, :at, :at, false, false,"
            " :line)"
        )
        line = json.dumps({"step": "arrive"}).encode()
        tx.execute(text(event), {"waybill": WAYBILL, "at": MICROSECONDS, "line": line})
        row = "first_site, first_at, last_site, last_at, scans) VALUES"
        seen = f"INSERT INTO parcel (waybill, {row} (:waybill, '755A', :at, '755A', :at, 1)"
        tx.execute(text(seen), {"waybill": WAYBILL, "at": MICROSECONDS})
        declared = (
            "INSERT INTO parcel (waybill, declared_value_fen, declared_by, declared_at, scans)"
            " VALUES ('103000000001', 2500000, 'administrator', :at, 0)"
        )
        tx.execute(text(declared), {"at": MICROSECONDS})
    upgrade(url, database)
    with database.reading() as tx:
        scanned, said = find_parcel(tx, WAYBILL), find_parcel(tx, "103000000001")
        (trace,) = traces_of(tx, WAYBILL)
    database.close()
    assert (trace.site, trace.at, trace.step) == ("755A", START, Step.ARRIVE)
    assert scanned is not None
    assert scanned.declaration is None
    assert scanned.seen is not None
    assert (scanned.seen.last.site, scanned.seen.last.at, scanned.seen.scans) == ("755A", START, 1)
    assert said is not None
    assert said.declaration is not None
    assert (said.seen, said.declaration.declared_value_cny) == (None, 25000)
