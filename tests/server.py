"""A real server on a loopback port for tests of the API: uvicorn, sockets, SQLite, everything."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette

from app.clock import RealClock
from app.house import House, opened_house
from app.metrics import Metrics
from app.protocol import SafeWebSockets
from app.settings import Settings
from domain.access import Role, Scope, User
from domain.account import AccountReport, Environment
from domain.clock import Clock
from domain.connection import Connection, ConnectionState, Health, Permission, Reach
from graph.routes import Endpoint, endpoint
from store.keyring import Keyring

ORIGIN = "https://app.example"
ALL = (Scope.READ, Scope.TRADE, Scope.DECIDE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The address, and the parts behind it."""

    port: int
    house: House
    graphql: Endpoint
    people: dict[str, User] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Of GraphQL over HTTP."""
        return f"http://127.0.0.1:{self.port}/graphql"

    @property
    def socket_url(self) -> str:
        """Of graphql-transport-ws."""
        return f"ws://127.0.0.1:{self.port}/graphql"

    async def user(self, name: str = "ada") -> User:
        """A user, made when first asked for."""
        if name not in self.people:
            users = self.house.stores.users
            self.people[name] = await users.create(name, None, Role.USER)
        return self.people[name]

    async def token(self, name: str = "ada", *scopes: Scope) -> str:
        """The secret of a new token."""
        user = await self.user(name)
        tokens = self.house.stores.tokens
        _, secret = await tokens.issue(user.id, name="test", scopes=scopes or ALL)
        return secret

    async def cookie(self, name: str = "ada") -> str:
        """The cookie header of a browser that has signed in."""
        user = await self.user(name)
        expires_at = self.house.services.clock.now() + timedelta(days=1)
        _, secret = await self.house.stores.sign_ins.open(
            user.id, agent="test", address="127.0.0.1", expires_at=expires_at
        )
        return f"{Settings().cookie}={secret}"

    async def link(self, *reports: AccountReport, name: str = "ada") -> Connection:
        """An active connection with these accounts."""
        user, connections = await self.user(name), self.house.stores.connections
        made = await connections.create(
            user.id,
            broker="alpaca",
            environment=Environment.PAPER,
            label="Paper",
            permission=Permission.READ,
            credentials=None,
            persist=True,
        )
        await connections.link(user.id, made.id, reports)
        now = self.house.services.clock.now()
        health = Health(state=ConnectionState.ACTIVE, reach=Reach.READABLE, since=now)
        return await connections.set_health(user.id, made.id, health)


@asynccontextmanager
async def served(
    folder: Path,
    *,
    clock: Clock | None = None,
    ping_seconds: float = 20.0,
    explorer: bool = False,
    **options: Any,
) -> AsyncIterator[Served]:
    """Serve a house of its own in this folder; `options` are those of `endpoint`."""
    Keyring.create(folder / "keys")
    settings = Settings(data_folder=folder / "data", key_file=folder / "keys", feeds=False)
    async with opened_house(settings, clock or RealClock(), Metrics()) as house:
        graphql = endpoint(
            house.services,
            house.access,
            origins=frozenset({ORIGIN}),
            explorer=explorer,
            projection=settings.projection,
            **options,
        )
        with socket.create_server(("127.0.0.1", 0)) as listener:
            # Small, so that a client that reads nothing is felt at once.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * 1024)
            async with _running(Starlette(routes=graphql.routes), listener, ping_seconds):
                yield Served(port=listener.getsockname()[1], house=house, graphql=graphql)


@asynccontextmanager
async def _running(
    app: Starlette, listener: socket.socket, ping_seconds: float
) -> AsyncIterator[None]:
    config = uvicorn.Config(
        app,
        ws=SafeWebSockets,
        ws_max_size=64 * 1024,
        ws_per_message_deflate=False,
        ws_ping_interval=ping_seconds,
        ws_ping_timeout=ping_seconds,
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    # A test has the signals, not the server.
    serving = asyncio.create_task(server._serve([listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving
