"""A line to a stage through real `Lines` and a real gate, and what was recorded on the way."""

import importlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from app.clock import RealClock
from brokers import plugins
from brokers.contract import Broker, Plugin
from brokers.gate import CallRecord
from brokers.lines import Lines
from domain.capabilities import Capabilities, Rate
from domain.clock import Clock
from domain.connection import Connection, ConnectionState, Health, Permission, Reach
from domain.ids import ConnectionId, UserId
from sandbox import Sandbox
from sandbox.account import Account
from tests.conformance.stage import Stage

PLENTY = Rate(calls=1_000_000, per=timedelta(minutes=1))
USER = UserId("ada")


def stage_of(name: str, box: Sandbox) -> Stage:
    """The stage of a broker: whoever adds a broker adds it to this folder."""
    found: Stage = importlib.import_module(f"tests.conformance.{name}").Stage(box)
    return found


@dataclass(slots=True, kw_only=True)
class Scene:
    """One broker, signed in to; `records` are the calls that passed its gate."""

    plugin: Plugin
    clock: Clock
    stage: Stage
    lines: Lines
    connection: Connection
    credentials: Mapping[str, str]
    records: list[CallRecord] = field(default_factory=list)

    @property
    def able(self) -> Capabilities:
        """What is declared."""
        return self.plugin.capabilities

    @property
    def account(self) -> str:
        """The number of the account that most tests use."""
        return next(iter(self.stage.accounts))

    @property
    def owner(self) -> Account:
        """That account's books at the exchange."""
        return self.stage.accounts[self.account]

    async def broker(self) -> Broker:
        """The line, opened when it is first asked for."""
        return await self.lines.open(self.connection)

    async def sign_in_again(self, credentials: Mapping[str, str]) -> Broker:
        """A new line with other credentials."""
        await self.lines.close(self.connection.id)
        self.credentials = credentials
        return await self.broker()

    async def permit(self, permission: Permission) -> None:
        """Let the connection read only, or trade again."""
        self.connection = replace(self.connection, permission=permission)
        await self.lines.open(self.connection)

    def operations(self) -> list[str]:
        """What was called, in order."""
        return [record.operation for record in self.records]


@asynccontextmanager
async def opened(
    name: str, box: Sandbox, *, clock: Clock | None = None, rate: Rate | None = PLENTY
) -> AsyncIterator[Scene]:
    """A scene of a broker; `rate` None leaves the declared one, which would keep tests waiting."""
    stage, time, plugin = stage_of(name, box), clock or RealClock(), plugins()[name]
    hurried = replace(plugin.capabilities, rate=rate or plugin.capabilities.rate)
    records: list[CallRecord] = []

    async def record(call: CallRecord) -> None:
        records.append(call)

    async def credentials(_: UserId, __: ConnectionId) -> Mapping[str, str]:
        return scene.credentials

    scene = Scene(
        plugin=plugin,
        clock=time,
        stage=stage,
        lines=Lines(
            {name: replace(plugin, capabilities=hurried)},
            credentials,
            record,
            time,
            {name: {stage.environment: stage.endpoints}},
        ),
        connection=_connection(name, stage, time),
        credentials=stage.credentials,
        records=records,
    )
    try:
        yield scene
    finally:
        await scene.lines.aclose()


def _connection(name: str, stage: Stage, clock: Clock) -> Connection:
    return Connection(
        id=ConnectionId(f"{name}-1"),
        user_id=USER,
        broker=name,
        environment=stage.environment,
        label="Conformance",
        permission=Permission.TRADE,
        enabled=True,
        health=Health(state=ConnectionState.ACTIVE, reach=Reach.WRITABLE, since=clock.now()),
        created_at=clock.now(),
    )
