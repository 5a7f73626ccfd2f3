"""A desk over a real store and a real line to the sandbox: what a child process can build too."""

import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from app.clock import RealClock
from brokers import plugins
from brokers.contract import Plugin
from brokers.gate import Call, CallRecord, Purpose
from brokers.lines import Lines
from domain.account import Account, Environment
from domain.capabilities import Rate
from domain.clock import Clock
from domain.connection import Connection, ConnectionState, Health, Permission, Reach
from domain.holding import Mark, MarkSource
from domain.ids import AccountId, ConnectionId, InstrumentId, UserId
from domain.intent import Boundary, Intent, Trace, untraced
from store.connections import Connections
from store.database import Database
from store.intents import Intents
from store.journal import Journal
from store.keyring import Keyring
from store.ledger import Ledger
from store.reads import Reads
from store.risk_limits import RiskLimits
from store.trading_states import TradingStates
from store.vault import Vault
from store.writer import Writer
from trading.desk import Desk
from trading.ports import Ports
from trading.wanted import Draft

ADA = UserId("ada")
KEYS = Keyring.parse(base64.b64encode(bytes(32)).decode())


class Later(RealClock):
    """Real time, some seconds ahead: how a deadline passes without anybody waiting for it."""

    def __init__(self, ahead: float = 0) -> None:
        self.ahead = ahead

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.ahead)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """The parts that tests touch."""

    desk: Desk
    reads: Reads
    journal: Journal
    ledger: Ledger
    lines: Lines
    connections: Connections
    clock: Clock
    calls: list[CallRecord]

    async def link(self, key: str, secret: str, user: UserId = ADA) -> tuple[Connection, Account]:
        """A connection that may trade, and its account."""
        connection = await self.connections.create(
            user,
            broker="alpaca",
            environment=Environment.PAPER,
            label="test",
            permission=Permission.TRADE,
            credentials={"key_id": key, "secret": secret},
        )
        health = Health(state=ConnectionState.ACTIVE, reach=Reach.WRITABLE, since=self.clock.now())
        connection = await self.connections.set_health(user, connection.id, health)
        broker = await self.lines.open(connection)
        (account,) = await self.connections.link(user, connection.id, await broker.accounts())
        return connection, account

    async def sync(self, account: Account, user: UserId = ADA) -> None:
        """What a feed does: one snapshot into the ledger."""
        connection = await self.reads.connection(user, account.connection_id)
        assert connection is not None
        number = await self.desk.intents.number(account.id)
        snapshot = await (await self.lines.open(connection)).snapshot(number)
        await self.ledger.record(user, connection.id, snapshot)

    async def account(self, user: UserId = ADA) -> AccountId:
        """The user's only account."""
        (account,) = await self.reads.accounts(user)
        return account.id

    async def place(self, draft: Draft, key: str = "key") -> Intent:
        """An order in Ada's only account."""
        return await self.desk.orders.place(ADA, await self.account(), draft, key=key)


def hurried() -> dict[str, Plugin]:
    """The brokers with rate limits that keep no test waiting; those have tests of their own."""
    rate = Rate(calls=1_000_000, per=timedelta(minutes=1))
    return {
        name: replace(plugin, capabilities=replace(plugin.capabilities, rate=rate))
        for name, plugin in plugins().items()
    }


def live(_: ConnectionId, instrument: InstrumentId) -> Mark | None:
    """AAPL is followed and nothing else is: the rest has to be asked for."""
    if instrument != "EQUITY:AAPL:USD":
        return None
    return Mark(
        instrument_id=instrument,
        price=Decimal(250),
        currency="USD",
        as_of=RealClock().now(),
        source=MarkSource.STREAM,
    )


@asynccontextmanager
async def rig(
    database: str,
    endpoints: Mapping[str, str],
    *,
    clock: Clock | None = None,
    trace: Trace = untraced,
    offered: Mapping[str, Plugin] | None = None,
) -> AsyncIterator[Rig]:
    """Everything opened; nothing runs in the background but the writer."""
    time = clock or RealClock()
    async with AsyncExitStack() as stack:
        db = await Database.open(database)
        stack.push_async_callback(db.close)
        await db.migrate()
        writer = Writer(db, time, lambda _: None, chain=KEYS.audit_chain())
        await stack.enter_async_context(writer.running())
        made = _rig(db, writer, endpoints, time, trace, offered or hurried())
        stack.push_async_callback(made.lines.aclose)
        stack.push_async_callback(made.desk.placing.aclose)
        yield made


def _rig(
    db: Database,
    writer: Writer,
    endpoints: Mapping[str, str],
    clock: Clock,
    trace: Trace,
    offered: Mapping[str, Plugin],
) -> Rig:
    intents = Intents(writer, trace=trace)
    connections = Connections(writer, Vault(KEYS))
    calls: list[CallRecord] = []
    lines = _lines(offered, connections, endpoints, clock, trace, calls)
    ports = Ports(
        intents=intents,
        ledger=Ledger(writer, seen=intents.appeared),
        reads=Reads(db),
        limits=RiskLimits(writer),
        states=TradingStates(writer),
        lines=lines,
        plugins=offered,
        live=live,
        clock=clock,
        secret=KEYS.preview_secret(),
        trace=trace,
    )
    return Rig(
        desk=Desk.over(ports),
        reads=ports.reads,
        journal=Journal(db),
        ledger=ports.ledger,
        lines=lines,
        connections=connections,
        clock=clock,
        calls=calls,
    )


def _lines(
    offered: Mapping[str, Plugin],
    connections: Connections,
    endpoints: Mapping[str, str],
    clock: Clock,
    trace: Trace,
    calls: list[CallRecord],
) -> Lines:
    async def record(call: CallRecord) -> None:
        calls.append(call)

    def written(call: Call) -> None:
        if call.purpose is Purpose.TRADE:
            trace(Boundary.WRITTEN)

    overrides = {"alpaca": {Environment.PAPER: endpoints}}
    return Lines(offered, connections.credentials, record, clock, overrides, written)
