"""An empty, real database for each test: SQLite, and PostgreSQL where a test asks for both."""

import shutil
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import URL

from hub.app import create_app
from hub.db.engine import open_database, parse_url
from hub.db.schema import metadata
from hub.db.upgrade import upgrade
from hub.network import EMPTY, Network
from hub.telemetry import start_logging
from tests.broker_parts import wait_for
from tests.custody_hub import Carrier
from tests.custody_parts import NETWORK
from tests.hub_parts import BEARER, HubHome, SigningEdge, open_hub
from tests.joined_parts import JoinedEdge
from tests.postgres_parts import PostgresServer, postgresql
from tests.rest_parts import client_of
from tests.training_parts import Played, play


@pytest.fixture(scope="session", autouse=True)
def _plain_logs() -> None:
    # structlog's default paints local variables into each stack, which takes seconds.
    start_logging("test")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with all migrations, to be copied."""
    path = tmp_path_factory.mktemp("template") / "hub.sqlite"
    _make_schema(parse_url(f"sqlite:///{path}", path.parent))
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server for all tests; its database ``hub`` has all migrations."""
    with postgresql() as server:
        server.create("hub")
        _make_schema(server.url("hub"))
        yield server


def _make_schema(url: URL) -> None:
    database = open_database(url)
    upgrade(url, database)
    database.close()


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> URL:
    """An empty database with all migrations."""
    postgres.empty("hub", [table.name for table in metadata.sorted_tables])
    return postgres.url("hub")


@pytest.fixture(scope="session")
def hub_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same for each test's hub, made anew; see ``tests.hub_parts.open_hub``."""
    return tmp_path_factory.mktemp("hubs") / "hub"


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> str:
    """SQLite, or what ``on_both_databases`` asks for."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
def network() -> Network:
    """No network; a module that needs one has a fixture of this name."""
    return EMPTY


@pytest.fixture
def hub(
    hub_folder: Path,
    kind: str,
    sqlite_template: Path,
    network: Network,
    request: pytest.FixtureRequest,
) -> Iterator[HubHome]:
    data_dir = hub_folder
    shutil.rmtree(data_dir, ignore_errors=True)
    data_dir.mkdir()
    if kind == "sqlite":
        shutil.copy(sqlite_template, data_dir / "hub.sqlite")
        url = parse_url(None, data_dir)
    else:
        # Asked for here, so that who needs no PostgreSQL starts none.
        url = request.getfixturevalue("postgres_url")
    with open_hub(data_dir, url, network) as home:
        yield home


@pytest.fixture
def carrier(hub: HubHome) -> Iterator[Carrier]:
    """The same database once more, as a hub that knows the small carrier's network."""
    hub.database.close()
    with open_hub(hub.data_dir, hub.url, NETWORK) as home:
        yield Carrier(home)


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Three weeks of a carrier, recorded; each test that trains on them has a copy."""
    return play(tmp_path_factory.mktemp("played"))


@pytest.fixture
def edge(hub: HubHome) -> SigningEdge:
    """An enrolled edge."""
    return hub.enrol(SigningEdge())


@pytest.fixture
def joined(hub: HubHome, tmp_path: Path) -> Iterator[JoinedEdge]:
    """The very edge, on this thread, with this hub."""
    edge = JoinedEdge(hub, tmp_path)
    yield edge
    edge.stop()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def app(hub: HubHome) -> FastAPI:
    return create_app(hub.web())


@pytest.fixture
async def admin(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, **BEARER) as client:
        yield client


@pytest.fixture
async def stranger(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


@pytest.fixture
def port(app: FastAPI) -> Iterator[int]:
    """The application on a real port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=10))
    thread = threading.Thread(target=lambda: server.run(sockets=[listener]))
    thread.start()
    wait_for("the server", lambda: server.started)
    yield int(listener.getsockname()[1])
    server.should_exit = True
    thread.join()
    listener.close()
