"""Real SQLite in a directory of its own for each test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from hub.app import create_app
from hub.db.engine import open_database, parse_url
from hub.db.upgrade import upgrade
from hub.telemetry import start_logging
from tests.hub_parts import BEARER, HubHome, SigningEdge, open_hub
from tests.rest_parts import client_of


@pytest.fixture(scope="session", autouse=True)
def _plain_logs() -> None:
    # structlog's default paints local variables into each stack, which takes seconds.
    start_logging("test")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with all migrations, to be copied."""
    data_dir = tmp_path_factory.mktemp("template")
    url = parse_url(None, data_dir)
    database = open_database(url)
    upgrade(url, database)
    database.close()
    return data_dir / "hub.sqlite"


@pytest.fixture
def hub(tmp_path: Path, template: Path) -> Iterator[HubHome]:
    with open_hub(tmp_path / "hub", template) as home:
        yield home


@pytest.fixture
def edge(hub: HubHome) -> SigningEdge:
    """An enrolled edge."""
    return hub.enrol(SigningEdge())


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
