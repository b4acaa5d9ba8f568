"""``custos-hub refold`` as a person calls it. Source: design section 5 ("refold by command")."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub import cli
from hub.db.engine import open_database, parse_url
from hub.ingest import failure_store, store
from ledger.chain import ChainHead
from tests.hub_parts import START, SigningEdge
from wire.lines import parse_line


@pytest.fixture(autouse=True)
def _logs_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    # It runs in this process, whose logging is set up already.
    monkeypatch.setattr("hub.cli.start_logging", lambda _role: None)


def failed_in(folder: Path, room: str) -> None:
    """Store one scan that a room failed on."""
    edge = SigningEdge()
    line = edge.line(edge.scan())
    database = open_database(parse_url(None, folder / "hub"))
    with database.writing() as tx:
        head = ChainHead(1, edge.head)
        spool_id = store.add_spool(tx, edge.site, edge.edge, edge.spool, head, START)
        event = parse_line(line)
        row = store.NewEvent(
            spool_id=spool_id,
            seq=event.seq,
            kind="scan",
            waybill="755123456789",
            of_seq=None,
            occurred_at=START,
            received_at=START,
            late=False,
            doubted=False,
            line=line,
        )
        store.add_events(tx, [row])
        failure_store.add(tx, room, (spool_id, 1), "ZeroDivisionError", START)
    database.close()


def test_it_says_what_it_could_and_what_it_could_not(tmp_path: Path) -> None:
    config = tmp_path / "hub.toml"
    config.write_text(f'data_dir = "{tmp_path / "hub"}"\n')
    quiet = CliRunner().invoke(cli.app, ["--config", str(config), "refold"])
    assert (quiet.exit_code, quiet.output) == (0, "0 worked on now, 0 still fail\n")
    failed_in(tmp_path, "parcels")
    done = CliRunner().invoke(cli.app, ["--config", str(config), "refold"])
    assert (done.exit_code, done.output) == (0, "1 worked on now, 0 still fail\n")


def test_what_still_fails_is_named_with_its_line(tmp_path: Path) -> None:
    config = tmp_path / "hub.toml"
    config.write_text(f'data_dir = "{tmp_path / "hub"}"\n')
    CliRunner().invoke(cli.app, ["--config", str(config), "refold"])
    failed_in(tmp_path, "attic")
    told = CliRunner().invoke(cli.app, ["--config", str(config), "refold"])
    assert told.exit_code == 1
    assert told.output == (
        "attic: 755A/dock line 1: this program has no such room\n0 worked on now, 1 still fail\n"
    )
