"""What a line needs of the rest, so that a test can open one and read what was recorded."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import sandbox
from app.clock import RealClock
from brokers import plugins
from brokers.alpaca.line import Line
from brokers.contract import Credentials, Opening
from brokers.gate import CallRecord, Gate, Limits
from domain.account import Environment
from domain.capabilities import Rate
from domain.clock import Clock
from domain.connection import Connection, ConnectionState, Health, Permission, Reach
from domain.ids import ConnectionId, UserId
from sandbox import Sandbox

USER, CONNECTION = UserId("user"), ConnectionId("connection")
PLENTY = Rate(calls=1_000_000, per=timedelta(minutes=1))


class Hurried:
    """A clock whose sleeps are over at once, and remembered."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 6, 1, tzinfo=UTC) + timedelta(seconds=sum(self.slept))

    def monotonic(self) -> float:
        return sum(self.slept)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


@dataclass(slots=True)
class Desk:
    """Records what passes; `permission` may be changed at any time."""

    clock: Clock = field(default_factory=RealClock)
    permission: Permission = Permission.TRADE
    rate: Rate = PLENTY
    patience: float = 10.0
    records: list[CallRecord] = field(default_factory=list)

    async def record(self, record: CallRecord) -> None:
        """Keep it."""
        self.records.append(record)

    def gate(self) -> Gate:
        """A gate with limits of its own."""
        return Gate(
            user=USER,
            connection=CONNECTION,
            permission=lambda: self.permission,
            limits=Limits(self.clock, connection=self.rate, patience=self.patience),
            record=self.record,
            clock=self.clock,
        )

    def outcomes(self) -> list[str]:
        """How the calls went, in order."""
        return [record.outcome.value for record in self.records]

    @asynccontextmanager
    async def line(
        self,
        box: Sandbox,
        key: str = sandbox.PAPER_KEY,
        secret: str = sandbox.PAPER_SECRET,
        environment: Environment = Environment.PAPER,
    ) -> AsyncIterator[Line]:
        """A line to the sandbox's Alpaca."""
        line = Line(
            Opening(
                credentials=Credentials({"key_id": key, "secret": secret}),
                environment=environment,
                endpoints=endpoints(box)[environment],
                gate=self.gate(),
                clock=self.clock,
            )
        )
        try:
            yield line
        finally:
            await line.aclose()


def endpoints(box: Sandbox) -> dict[Environment, dict[str, str]]:
    """Where the sandbox is, by the plugin's own names."""
    hosts = {Environment.PAPER: box.alpaca.paper, Environment.LIVE: box.alpaca.live}
    found = {
        environment: {
            "trading": host.url,
            "stream": host.socket_url,
            "data": box.alpaca.market.url,
            "data_stream": box.alpaca.market_stream.socket_url,
            "consent": box.alpaca.live.url,
            "token": box.alpaca.live.url,
        }
        for environment, host in hosts.items()
    }
    assert found.keys() == plugins()["alpaca"].endpoints.keys()
    return found


def connection(
    name: str = "connection", permission: Permission = Permission.TRADE, broker: str = "alpaca"
) -> Connection:
    """A connection as the store would hand it out."""
    now = datetime(2026, 6, 1, tzinfo=UTC)
    return Connection(
        id=ConnectionId(name),
        user_id=USER,
        broker=broker,
        environment=Environment.PAPER,
        label="Test",
        permission=permission,
        enabled=True,
        health=Health(state=ConnectionState.ACTIVE, reach=Reach.READABLE, since=now),
        created_at=now,
    )
