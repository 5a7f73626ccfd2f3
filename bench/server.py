"""Brokergraph itself under the workload: the real house, store and API; marks enter as a feed's do.

Only two of its bounds are lifted, because they are what keeps one user from doing this: points and
sockets a user.
"""

import argparse
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvloop
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.middleware import Middleware

from app.clock import RealClock
from app.house import House, opened_house
from app.metrics import Metrics
from app.protocol import SafeWebSockets
from app.settings import Endpoints, Settings
from app.traffic import Traffic
from bench.orders import Orders
from bench.peers.control import Scale, marks_of, scale, serve
from bench.seed import Owner, linked, mark, owners
from bench.workload import Tick
from domain.facts import OrderReport
from graph.allowance import Allowances, Flow
from graph.routes import endpoint
from store.database import Database
from store.keyring import Keyring

UNBOUNDED = 10**12
MOST_SOCKETS = 10_000


class Product:
    """The owners, and what the load client may have done to them."""

    def __init__(self, house: House, size: Scale, everybody: list[Owner]) -> None:
        self._house, self._size, self._owners = house, size, everybody

    async def publish(self, tick: Tick) -> None:
        """Take in a price as a feed does."""
        owner, told = self._owners[tick.user], mark(tick.instrument, tick.price, tick.as_of)
        if merged := self._house.services.marks.set(owner.connection, told):
            self._house.hub.publish(owner.user, merged, owner.connection)

    async def marks(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Publish marks at a rate."""
        return await marks_of(asked, self.publish, self._size)

    async def orders(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Record order events at a rate."""
        owner, ledger = self._owners[0], self._house.stores.ledger

        async def record(report: OrderReport) -> None:
            await ledger.record(owner.user, owner.connection, report)

        return {"published": await Orders(**asked).play(owner.account, record)}


@asynccontextmanager
async def opened(database: str | None, endpoints: Endpoints) -> AsyncIterator[House]:
    """A house of its own, gone afterwards: on SQLite unless there is a URL, fed if by anybody."""
    with TemporaryDirectory(prefix="brokergraph-bench-") as folder:
        keys = Path(folder) / "keys"
        Keyring.create(keys)
        settings = Settings(
            data_folder=Path(folder) / "data",
            key_file=keys,
            feeds=bool(endpoints),
            endpoints=endpoints,
            database_url=SecretStr(database) if database else None,
        )
        if database:
            await _migrate(database)
        async with opened_house(settings, RealClock(), Metrics()) as house:
            yield house


async def _migrate(url: str) -> None:
    database = await Database.open(url)
    try:
        await database.migrate()
    finally:
        await database.close()


def application(house: House) -> Starlette:
    """What app.main composes, with those bounds lifted."""
    graphql = endpoint(
        house.services,
        house.access,
        origins=frozenset(),
        allowances=Allowances(house.services.clock, Flow(capacity=UNBOUNDED, restored=UNBOUNDED)),
        sockets_per_user=MOST_SOCKETS,
    )
    return Starlette(routes=graphql.routes, middleware=[Middleware(Traffic, metrics=Metrics())])


def arguments() -> argparse.Namespace:
    """What is ours of the command line; `scale` reads the rest."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", help="a PostgreSQL to be used in place of SQLite")
    parser.add_argument("--endpoints", type=json.loads, default={}, help="of a sandbox, as JSON")
    asked, sys.argv[1:] = parser.parse_known_args()
    return asked


async def main() -> None:
    """Serve until stdin ends."""
    asked, size = arguments(), scale()
    async with opened(asked.database, asked.endpoints) as house:
        everybody = [await linked(house)] if asked.endpoints else await owners(house, size)
        product = Product(house, size, everybody)
        await serve(
            application(house),
            {"marks": product.marks, "orders": product.orders},
            ws=SafeWebSockets,
            tokens=[owner.token for owner in everybody],
        )


if __name__ == "__main__":
    uvloop.run(main())
