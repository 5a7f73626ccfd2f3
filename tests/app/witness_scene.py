"""A connection to a broker of the sandbox, in a store of its own, and the witness beside it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import sandbox
from app.clock import RealClock
from app.commands.witness import Witnessing
from app.settings import Settings
from app.stores import Stores, opened
from app.witness import python_of, script_of
from domain.access import Role
from domain.account import Environment
from domain.connection import Connection, Permission
from domain.witness import Difference, Sighting
from sandbox import Sandbox
from tests.app.process import with_key
from trading.witness import Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Both sides of the connection, and what is made of them."""

    box: Sandbox
    stores: Stores
    settings: Settings
    connection: Connection

    def witnessing(self, script: Path | None = None, longest: float = 60.0) -> Witnessing:
        """As the command has it, or with a stand-in."""
        return Witnessing(self.stores, self.settings, script=script, longest=longest)

    async def kept(self) -> Kept:
        """Our side."""
        return await self.witnessing().kept(self.connection)

    async def seen(self) -> tuple[Sighting, ...]:
        """The side of the client that is not ours."""
        broker = self.connection.broker
        python = await python_of(broker)
        return await self.witnessing().seen(self.connection, python, script_of(broker))

    async def told(self, kept: Kept, seen: tuple[Sighting, ...]) -> tuple[Difference, ...]:
        """What is made of both."""
        return (await self.witnessing().verdict(self.connection, kept, seen)).differences

    async def audited(self) -> tuple[str, dict[str, str]]:
        """Outcome and detail of the last run."""
        page = await self.stores.reads.audit(self.connection.user_id, first=200)
        entry = next(row.entry for row in page.items if row.entry.action == "witness")
        return entry.outcome, dict(entry.detail)


@asynccontextmanager
async def scened(
    folder: Path,
    box: Sandbox,
    broker: str,
    environment: Environment,
    urls: Mapping[str, str],
    credentials: Mapping[str, str],
) -> AsyncIterator[Scene]:
    """With the sandbox in the broker's place."""
    settings = Settings(
        data_folder=folder / "data" / "main",
        key_file=with_key(folder),
        endpoints={broker: {environment.lower(): dict(urls)}},
    )
    async with opened(settings, RealClock()) as stores:
        user = await stores.users.create("ann", None, Role.USER)
        connection = await stores.connections.create(
            user.id,
            broker=broker,
            environment=environment,
            label="Witnessed",
            permission=Permission.READ,
            credentials=credentials,
        )
        yield Scene(box=box, stores=stores, settings=settings, connection=connection)


def alpaca_urls(box: Sandbox) -> dict[str, str]:
    """The sandbox in Alpaca's place."""
    return {
        "trading": box.alpaca.paper.url,
        "stream": box.alpaca.paper.socket_url,
        "data": box.alpaca.market.url,
        "data_stream": box.alpaca.market_stream.socket_url,
    }


@asynccontextmanager
async def at_alpaca(
    folder: Path, key: str = sandbox.PAPER_KEY, secret: str = sandbox.PAPER_SECRET
) -> AsyncIterator[Scene]:
    """With the demo's paper account, or an empty one that has another key."""
    async with sandbox.serve(seed=7, demo=True, rate_limit=100_000) as box:
        if key != sandbox.PAPER_KEY:
            box.alpaca.account(key, secret, "paper")
        credentials = {"key_id": key, "secret": secret}
        async with scened(
            folder, box, "alpaca", Environment.PAPER, alpaca_urls(box), credentials
        ) as scene:
            yield scene
