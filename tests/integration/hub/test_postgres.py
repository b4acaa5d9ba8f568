"""What only PostgreSQL has: a server that goes away, writers side by side, a URL in the config.

What it shares with SQLite is tested on both, see ``on_both_databases``.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import URL, Connection, text
from sqlalchemy.exc import OperationalError

from hub.db.engine import Database, DatabaseError, open_database
from hub.db.outbox import NewsTopic, news_after, tell
from hub.db.server import Server
from hub.db.upgrade import check, upgrade
from hub.fact import Fact
from tests.hub_parts import START, HubHome, SigningEdge
from tests.integration.hub.test_programs import enrolled_edge, started, write_config
from tests.integration.hub.test_worker import STOP, FakeLink, make_worker
from tests.postgres_parts import PostgresServer
from tests.rig.programs import wait_until
from wire.messages import Receipt

on_postgresql = pytest.mark.parametrize("kind", ["postgresql"], indirect=True)


# ---------------------------------------------------------------- the server goes away


class _LosesTheServerOnce:
    """A room whose connection is cut within the transaction."""

    name = "cut"

    def __init__(self) -> None:
        self.is_cut = False

    def apply(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> None:
        if not self.is_cut:
            self.is_cut = True
            tx.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


@on_postgresql
def test_a_server_lost_before_the_commit_costs_one_more_try(
    hub: HubHome, edge: SigningEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.ingest.worker.RETRY_S", 0.01)
    room, link = _LosesTheServerOnce(), FakeLink(hub)
    link.bring(edge.batch([edge.line(edge.scan()) for _ in range(2)]))
    make_worker(hub, link, projections=[room]).step(STOP)
    assert room.is_cut
    assert_taken_once(hub, link)


@on_postgresql
def test_a_server_lost_after_the_commit_doubles_nothing(
    hub: HubHome, edge: SigningEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.ingest.worker.RETRY_S", 0.01)
    writing, tries = hub.database.writing, []

    @contextmanager
    def unanswered_once() -> Iterator[Connection]:
        with writing() as tx:
            yield tx
        tries.append(1)
        if len(tries) == 1:
            raise OperationalError("COMMIT", {}, Exception("server closed the connection"))

    monkeypatch.setattr(hub.database, "writing", unanswered_once)
    link = FakeLink(hub)
    link.bring(edge.batch([edge.line(edge.scan()) for _ in range(2)]))
    make_worker(hub, link).step(STOP)
    assert len(tries) > 1
    assert_taken_once(hub, link)


def assert_taken_once(hub: HubHome, link: FakeLink) -> None:
    assert link.events_at_ack == [2]
    assert [each.heads[0].seq for each in link.receipts()] == [2]
    assert (hub.count("event"), hub.count("quarantine"), hub.alerts()) == (2, 0, [])


@on_postgresql
def test_connections_cut_while_nobody_used_them_are_made_anew(
    hub: HubHome, postgres: PostgresServer
) -> None:
    before = hub.count("outbox")
    postgres.cut("hub")
    with hub.database.writing() as tx:
        tell(tx, NewsTopic.ALERT, [1], START)
    assert hub.count("outbox") == before + 1


@on_postgresql
def test_who_listens_for_news_hears_again_after_a_cut(
    hub: HubHome, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.db.server.RETRY_S", 0.3)
    wait_until(lambda: hub.database.commits() is not None, "somebody listens")
    postgres.cut("hub")
    wait_until(lambda: hub.database.commits() is None, "the cut is noticed")
    wait_until(lambda: hub.database.commits() is not None, "somebody listens again")
    before = hub.database.commits()
    with hub.database.writing() as tx:
        tell(tx, NewsTopic.ALERT, [1], START)
        assert hub.database.commits() == before, "it is not committed yet"
    wait_until(lambda: hub.database.commits() == (before or 0) + 1, "the news is heard of")


def test_a_server_that_is_not_there_is_asked_again_in_silence() -> None:
    tries: list[int] = []

    def connect() -> None:
        tries.append(len(tries))
        raise ConnectionError("nobody")

    server = Server(connect, ConnectionError)
    assert server.commits() is None
    wait_until(lambda: tries == [0], "it was tried")
    assert server.commits() is None
    server.close()


# ---------------------------------------------------------------- two hosts


@on_postgresql
def test_news_of_two_writers_comes_in_the_order_of_their_commits(hub: HubHome) -> None:
    other = open_database(hub.url)

    def write(subject: int) -> None:
        with other.writing() as tx:
            tell(tx, NewsTopic.ALERT, [subject], START)

    second = threading.Thread(target=write, args=(2,))
    try:
        with hub.database.writing() as tx:
            tell(tx, NewsTopic.ALERT, [1], START)
            second.start()
            second.join(0.2)
            assert second.is_alive(), "it must wait for the first to commit"
            tell(tx, NewsTopic.ALERT, [3], START)
        second.join(10)
    finally:
        other.close()
    with hub.database.reading() as tx:
        assert [each.subject_id for each in news_after(tx, 0)][-3:] == [1, 3, 2]


@on_postgresql
def test_a_reader_keeps_its_view_while_others_write(hub: HubHome) -> None:
    with hub.database.reading() as tx:
        before = news_after(tx, 0)
        with hub.database.writing() as writer:
            tell(writer, NewsTopic.ALERT, [1], START)
        assert news_after(tx, 0) == before


# ---------------------------------------------------------------- whose database is it


@pytest.fixture
def bare_url(postgres: PostgresServer) -> Iterator[URL]:
    """A database that nobody has touched."""
    postgres.create("bare")
    yield postgres.url("bare")
    postgres.drop("bare")


@pytest.fixture
def bare(bare_url: URL) -> Iterator[Database]:
    database = open_database(bare_url)
    yield database
    database.close()


def test_a_bare_database_gets_its_tables_once(bare_url: URL, bare: Database) -> None:
    upgrade(bare_url, bare)
    assert check(bare_url, bare) == "up to date"
    upgrade(bare_url, bare)


def test_somebody_elses_database_is_refused_and_left_alone(bare_url: URL, bare: Database) -> None:
    with bare.writing() as tx:
        tx.execute(text("CREATE TABLE recipe (name TEXT)"))
    with pytest.raises(DatabaseError, match="not Custos's"):
        upgrade(bare_url, bare)
    with bare.reading() as tx:
        tables = text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        assert tx.execute(tables).scalars().all() == ["recipe"]


def test_a_newer_schema_is_refused(bare_url: URL, bare: Database) -> None:
    upgrade(bare_url, bare)
    with bare.writing() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseError, match="9999"):
        upgrade(bare_url, bare)


# ---------------------------------------------------------------- the program


def test_the_program_takes_it_from_its_configuration(tmp_path: Path, bare_url: URL) -> None:
    config = write_config(tmp_path, database=str(bare_url))
    with started(config, tmp_path) as hub:
        assert hub.process.stdout is not None
        assert hub.process.stdout.readline()
        edge, cable = enrolled_edge(hub)
        try:
            cable.publish(edge.batch([edge.line(edge.scan())]))
            receipt = cable.receive(Receipt)
        finally:
            cable.close()
        assert isinstance(receipt, Receipt)
        assert receipt.heads[0].seq == 1
        with hub.api() as api:
            (event,) = api.get("/api/v1/events").json()["items"]
            assert event["edge"] == edge.edge
            assert api.get("/readyz").status_code == 200
    assert not (hub.data_dir / "hub.sqlite").exists()
