"""The store put together as the server does it, and things to put into it."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from domain.account import Environment
from domain.changes import Change
from domain.connection import Connection, ConnectionState, Health, Permission, Reach
from domain.ids import UserId
from store.access import Links, SignIns, Tokens
from store.audit import Audit
from store.connections import Connections
from store.credentials import Credentials
from store.database import Database
from store.identities import Identities
from store.journal import Journal
from store.keyring import Keyring
from store.ledger import Ledger
from store.reads import Reads
from store.second_factors import SecondFactors
from store.sync_runs import SyncRuns
from store.users import Users
from store.vault import Vault
from store.writer import Writer
from tests.clock import FakeClock

USER = UserId("ada")
KEY = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
CREDENTIALS = {"key": "AKPLANTEDKEY", "secret": "planted-secret-value"}


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The parts of the store, and what was committed so far."""

    db: Database
    clock: FakeClock
    writer: Writer
    ledger: Ledger
    journal: Journal
    reads: Reads
    connections: Connections
    vault: Vault
    audit: Audit
    users: Users
    tokens: Tokens
    sign_ins: SignIns
    links: Links
    second_factors: SecondFactors
    identities: Identities
    sync_runs: SyncRuns
    committed: list[Change] = field(default_factory=list)

    async def connect(
        self,
        user: UserId = USER,
        *,
        label: str = "Paper",
        state: ConnectionState = ConnectionState.ACTIVE,
        persist: bool = True,
    ) -> Connection:
        """A connection that is well."""
        connection = await self.connections.create(
            user,
            broker="alpaca",
            environment=Environment.PAPER,
            label=label,
            permission=Permission.TRADE,
            credentials=CREDENTIALS,
            persist=persist,
        )
        return await self.connections.set_health(
            user, connection.id, health(state, self.clock.now())
        )


def health(state: ConnectionState, since: datetime) -> Health:
    """So well, since then."""
    reach = Reach.WRITABLE if state is ConnectionState.ACTIVE else Reach.DOWN
    return Health(state=state, reach=reach, since=since)


@asynccontextmanager
async def opened(
    db: Database, clock: FakeClock | None = None, keyring: Keyring | None = None
) -> AsyncIterator[House]:
    """A house over an open database."""
    keys, clock = keyring or Keyring.parse(KEY), clock or FakeClock()
    committed: list[Change] = []
    writer = Writer(db, clock, committed.extend, chain=keys.audit_chain())
    vault = Vault(keys)
    async with writer.running():
        yield House(
            db=db,
            clock=clock,
            writer=writer,
            ledger=Ledger(writer),
            journal=Journal(db),
            reads=Reads(db),
            connections=Connections(writer, vault),
            vault=vault,
            audit=Audit(writer, keys),
            users=Users(writer),
            tokens=Tokens(writer),
            sign_ins=SignIns(writer),
            links=Links(writer),
            second_factors=SecondFactors(writer, Credentials(vault)),
            identities=Identities(writer),
            sync_runs=SyncRuns(writer),
            committed=committed,
        )
