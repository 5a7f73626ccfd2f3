"""Databases of both engines: empty, or migrated once and copied for each test."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.database import Database
from tests.postgres import fresh

_MIGRATED = "brokergraph_migrated"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh, empty database of each engine in turn."""
    if request.param == "sqlite":
        return _sqlite(tmp_path)
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database with the newest schema, of each engine in turn."""
    if request.param == "postgres":
        url: str = request.getfixturevalue("migrated_postgres_url")
        return url
    url = _sqlite(tmp_path)
    target = Path(url.removeprefix("sqlite://"))
    target.parent.mkdir(mode=0o700)
    shutil.copy(request.getfixturevalue("migrated_file"), target)
    return url


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the newest schema."""
    path = tmp_path_factory.mktemp("migrated") / "template.sqlite3"
    asyncio.run(_migrate(f"sqlite://{path}"))
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> str:
    """The name of a database with the newest schema."""

    async def make() -> None:
        admin = await Database.open(f"{postgres_server}/postgres")
        await admin.client.execute_script(f"CREATE DATABASE {_MIGRATED}")
        await admin.close()
        await _migrate(f"{postgres_server}/{_MIGRATED}")

    asyncio.run(make())
    return _MIGRATED


@pytest.fixture
async def migrated_postgres_url(postgres_server: str, migrated_postgres: str) -> AsyncIterator[str]:
    """A copy of it."""
    async with fresh(postgres_server, migrated_postgres) as url:
        yield url


def _sqlite(folder: Path) -> str:
    return f"sqlite://{folder}/data/brokergraph.sqlite3"


async def _migrate(url: str) -> None:
    db = await Database.open(url)
    try:
        await db.migrate()
    finally:
        await db.close()
