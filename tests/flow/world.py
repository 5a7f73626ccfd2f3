"""A served Brokergraph with the sandbox across the wire: what a user and a client can do to it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import SecretStr

import sandbox
from app.clock import RealClock
from app.settings import Settings
from app.stores import opened
from domain.access import Role, Scope
from store.database import Database
from store.keyring import Keyring
from tests.app.process import Child, ran, serving

BEGIN = """
mutation Begin($input: BeginConnectInput!) {
  beginConnect(input: $input) { connection { id } userErrors { code message } }
}
"""
COMPLETE = """
mutation Complete($input: CompleteConnectInput!) {
  completeConnect(input: $input) {
    connection { id health { state reach fault { code message } } accounts { id } }
    userErrors { code field message }
  }
}
"""
CONNECTIONS = """
{ connections {
    id label enabled permission
    health { state reach since fault { code message } }
    freshness { resource status succeededAt error }
} }
"""


@dataclass(frozen=True, slots=True)
class Api:
    """One user's GraphQL over HTTP."""

    url: str
    token: str
    http: aiohttp.ClientSession

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer without errors."""
        payload = await self.answer(query, **variables)
        assert "errors" not in payload, payload
        data: dict[str, Any] = payload["data"]
        return data

    async def answer(self, query: str, **variables: Any) -> dict[str, Any]:
        """The whole answer."""
        body = {"query": query, "variables": variables}
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.http.post(f"{self.url}/graphql", json=body, headers=headers) as response:
            payload: dict[str, Any] = await response.json(content_type=None)
            return payload

    async def pages(self, query: str, root: str) -> list[dict[str, Any]]:
        """Every node of a connection; the query takes `$after`."""
        nodes: list[dict[str, Any]] = []
        after: str | None = None
        while True:
            page = (await self.ask(query, after=after))[root]
            nodes += [edge["node"] for edge in page["edges"]]
            if not page["pageInfo"]["hasNextPage"]:
                return nodes
            after = page["pageInfo"]["endCursor"]

    async def begin(
        self, permission: str = "READ", environment: str = "PAPER", *, persist: bool = True
    ) -> str:
        """A PENDING connection's id."""
        given = {
            "broker": "alpaca",
            "environment": environment,
            "permission": permission,
            "persist": persist,
        }
        begun = (await self.ask(BEGIN, input=given))["beginConnect"]
        assert begun["userErrors"] == [], begun
        id: str = begun["connection"]["id"]
        return id

    async def complete(self, id: str, key: str, secret: str) -> dict[str, Any]:
        """The payload of the second step."""
        values = [{"name": "key_id", "value": key}, {"name": "secret", "value": secret}]
        given = {"connectionId": id, "values": values}
        completed: dict[str, Any] = (await self.ask(COMPLETE, input=given))["completeConnect"]
        return completed

    async def link(
        self,
        key: str = sandbox.PAPER_KEY,
        secret: str = sandbox.PAPER_SECRET,
        permission: str = "READ",
    ) -> str:
        """The id of a connection that works."""
        id = await self.begin(permission)
        completed = await self.complete(id, key, secret)
        assert completed["userErrors"] == [], completed
        return id

    async def connection(self, id: str) -> dict[str, Any]:
        """One connection as it is."""
        found = (await self.ask(CONNECTIONS))["connections"]
        one: dict[str, Any] = next(each for each in found if each["id"] == id)
        return one


def at(box: sandbox.Sandbox) -> dict[str, str]:
    """Settings that put the sandbox in the brokers' place."""
    alpaca = box.alpaca
    hosts = {"PAPER": alpaca.paper, "LIVE": alpaca.live}
    return {
        f"ENDPOINTS__ALPACA__{environment}__{name}": url
        for environment, host in hosts.items()
        for name, url in {
            "TRADING": host.url,
            "STREAM": host.socket_url,
            "DATA": alpaca.market.url,
            "DATA_STREAM": alpaca.market_stream.socket_url,
            "CONSENT": alpaca.live.url,
            "TOKEN": alpaca.live.url,
        }.items()
    }


@dataclass(slots=True)
class World:
    """The folder, the settings and the sandbox; servers and users are made in it."""

    folder: Path
    box: sandbox.Sandbox
    settings: Mapping[str, str]
    http: aiohttp.ClientSession
    tokens: dict[str, str] = field(default_factory=dict)

    async def add_user(self, name: str, *scopes: Scope) -> str:
        """A personal access token of a new user."""
        async with opened(self.configured(), RealClock()) as stores:
            user = await stores.users.create(name, None, Role.USER)
            _, self.tokens[name] = await stores.tokens.issue(
                user.id,
                name="tests",
                scopes=frozenset(scopes or (Scope.READ, Scope.TRADE)),
                expires_at=None,
            )
        return self.tokens[name]

    def configured(self) -> Settings:
        """The settings that a served process has."""
        url = self.settings.get("DATABASE_URL")
        return Settings(
            data_folder=self.folder / "data" / "main",
            database_url=SecretStr(url) if url else None,
        )

    async def run(self, *arguments: str, typed: str = "") -> Child:
        """A short command that has to succeed."""
        child = await ran(self.folder, *arguments, typed=typed, **self.settings)
        assert child.process.returncode == 0, (child.out, child.err)
        return child

    def api(self, url: str, name: str = "ada") -> Api:
        """That user's API of the server at this address."""
        return Api(url=url, token=self.tokens[name], http=self.http)

    @asynccontextmanager
    async def served(self, **settings: str) -> AsyncIterator[tuple[str, Child]]:
        """A running server: its address, and the process, which may be killed."""
        async with serving(self.folder, **{**self.settings, **settings}) as served:
            yield served


@asynccontextmanager
async def world(
    folder: Path, *, users: tuple[str, ...] = ("ada",), **settings: str
) -> AsyncIterator[World]:
    """A sandbox and a folder with keys and users; nothing is served yet."""
    async with (
        sandbox.serve(seed=1, rate_limit=100_000) as box,
        # A connection that is kept may be closed by the server just as it is used again.
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as http,
    ):
        made = World(folder, box, {**at(box), **settings}, http)
        Keyring.create(made.configured().key_path)
        db = await Database.open(made.configured().database)
        await db.migrate()
        await db.close()
        for name in users:
            await made.add_user(name)
        yield made
