"""A real store, on each engine in turn."""

from collections.abc import AsyncIterator

import pytest

from store.database import Database
from tests.store.house import House, opened


@pytest.fixture
async def db(migrated_url: str) -> AsyncIterator[Database]:
    """An open database with the newest schema."""
    db = await Database.open(migrated_url)
    try:
        yield db
    finally:
        await db.close()


@pytest.fixture
async def house(db: Database) -> AsyncIterator[House]:
    """Everything that the store offers, with its writer running."""
    async with opened(db) as house:
        yield house
