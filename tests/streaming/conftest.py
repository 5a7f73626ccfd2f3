"""A real store on SQLite with a hub over it."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.clock import RealClock
from domain.account import Environment
from domain.clock import Clock
from domain.connection import Connection, Permission
from domain.ids import UserId
from store.connections import Connections
from store.database import Database
from store.journal import Journal
from store.keyring import Keyring
from store.ledger import Ledger
from store.sync_runs import SyncRuns
from store.vault import Vault
from store.writer import Writer
from streaming.hub import Hub
from streaming.marks import Marks
from streaming.views import Views
from tests.clock import FakeClock
from tests.streaming.ports import Bench

USER = UserId("ada")
KEYS = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Everything below the graph, with one connection of one user."""

    clock: Clock
    journal: Journal
    ledger: Ledger
    connections: Connections
    runs: SyncRuns
    hub: Hub
    marks: Marks
    views: Views

    async def connect(self, user: UserId = USER) -> Connection:
        """A new connection that trades on paper."""
        return await self.connections.create(
            user,
            broker="alpaca",
            environment=Environment.PAPER,
            label="Paper",
            permission=Permission.TRADE,
            credentials={"key": "k", "secret": "s"},
        )


@asynccontextmanager
async def opened(url: str, clock: Clock) -> AsyncIterator[House]:
    """A house over a database that has its schema."""
    db = await Database.open(url)
    try:
        journal = Journal(db)
        hub, marks = Hub(journal, clock), Marks()
        writer = Writer(db, clock, hub.push)
        async with writer.running():
            yield House(
                clock=clock,
                journal=journal,
                ledger=Ledger(writer),
                connections=Connections(writer, Vault(Keyring.parse(KEYS))),
                runs=SyncRuns(writer),
                hub=hub,
                marks=marks,
                views=Views(journal, hub, marks, clock, heartbeat=0.05),
            )
    finally:
        await db.close()


@pytest.fixture
def file_url(tmp_path: Path, migrated_file: Path) -> str:
    """An SQLite file with its schema."""
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'house.sqlite3')}"


@pytest.fixture
async def house(file_url: str) -> AsyncIterator[House]:
    """On SQLite, on real time."""
    async with opened(file_url, RealClock()) as house:
        yield house


@pytest.fixture
async def any_house(migrated_url: str) -> AsyncIterator[House]:
    """On SQLite and on PostgreSQL in turn, on real time."""
    async with opened(migrated_url, RealClock()) as house:
        yield house


@pytest.fixture
def clock() -> FakeClock:
    """That a test moves."""
    return FakeClock()


@pytest.fixture
def bench(clock: FakeClock) -> Bench:
    """The ports of a feed, in memory."""
    return Bench(clock)
