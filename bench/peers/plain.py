"""Plain Strawberry and broadcaster: one execution for each subscriber and mark."""

import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import strawberry
import uvloop
from broadcaster import Broadcast
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.routing import Route, WebSocketRoute
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.types import Info

from bench.peers.control import marks_of, scale, serve
from bench.peers.rows import Row, row
from bench.workload import Tick, user_name

CACHED = "--cached"


@strawberry.enum
class Side(Enum):
    """Which way a position faces."""

    LONG = "LONG"
    SHORT = "SHORT"
    FLAT = "FLAT"


@strawberry.type
class Instrument:
    """What is held."""

    symbol: str


@strawberry.type
class Valuation:
    """What it is worth."""

    price: Decimal
    as_of: datetime
    market_value: Decimal
    unrealized_pnl: Decimal | None
    day_change: Decimal | None


@strawberry.type
class Position:
    """A holding with its valuation."""

    id: strawberry.ID
    side: Side
    quantity: Decimal
    currency: str
    average_cost: Decimal | None
    cost_basis: Decimal | None
    instrument: Instrument
    valuation: Valuation | None


@strawberry.type
class PositionEdge:
    """A place in a page."""

    node: Position


@strawberry.type
class PageInfo:
    """What follows a page."""

    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class PositionConnection:
    """A page."""

    edges: list[PositionEdge]
    page_info: PageInfo


@strawberry.type
class PositionsUpdate:
    """What a subscriber is sent."""

    upserts: list[Position]


def position(row: Row) -> Position:
    """The GraphQL object of a row."""
    return Position(
        id=strawberry.ID(row.id),
        side=Side(row.side),
        quantity=row.quantity,
        currency=row.currency,
        average_cost=row.average_cost,
        cost_basis=row.cost_basis,
        instrument=Instrument(symbol=row.symbol),
        valuation=Valuation(
            price=row.price,
            as_of=row.as_of,
            market_value=row.market_value,
            unrealized_pnl=row.unrealized_pnl,
            day_change=row.day_change,
        ),
    )


@strawberry.type
class Query:
    """What can be asked."""

    @strawberry.field
    async def positions(self, info: Info[Any, None], first: int) -> PositionConnection:
        """The first positions of a portfolio that is in memory."""
        held: list[Position] = info.context["positions"]
        return PositionConnection(
            edges=[PositionEdge(node=each) for each in held[:first]],
            page_info=PageInfo(has_next_page=first < len(held), end_cursor=str(first)),
        )


@strawberry.type
class Subscription:
    """What can be followed."""

    @strawberry.subscription
    async def position_updated(self, info: Info[Any, None]) -> AsyncIterator[PositionsUpdate]:
        """Each revalued position of the user."""
        user = info.context["connection_params"]["authorization"].removeprefix("Bearer ")
        async with info.context["broadcast"].subscribe(channel=user) as subscriber:
            async for event in subscriber:
                yield PositionsUpdate(upserts=[event.message])


class View(GraphQL[Any, None]):
    """Strawberry's own ASGI application, given what its resolvers need."""

    def __init__(self, broadcast: Broadcast, held: list[Position], *, cached: bool) -> None:
        extensions = [ParserCache, ValidationCache] if cached else []
        schema = strawberry.Schema(Query, subscription=Subscription, extensions=extensions)
        super().__init__(schema)
        self._shared = {"broadcast": broadcast, "positions": held}

    async def get_context(self, request: HTTPConnection, response: object) -> dict[str, Any]:
        """A dictionary, to which Strawberry adds the connection's parameters."""
        return {"request": request, "response": response, **self._shared}


async def main() -> None:
    """Serve until stdin ends."""
    cached = CACHED in sys.argv
    if cached:
        sys.argv.remove(CACHED)
    size = scale()
    # To its credit: graphql-core keeps 5 KB of each event while a subscription lasts, and walking
    # them again and again would take most of its time. So what is old is never looked at.
    gc.set_threshold(700, 10, 1_000_000)
    broadcast = Broadcast("memory://")
    start = datetime.now(UTC)
    held = [
        position(row(Tick(user=0, instrument=index, price=Decimal(100), as_of=start)))
        for index in range(size.positions)
    ]

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with broadcast:
            yield

    async def publish(tick: Tick) -> None:
        await broadcast.publish(channel=user_name(tick.user), message=position(row(tick)))

    view = View(broadcast, held, cached=cached)
    routes = [Route("/graphql", view), WebSocketRoute("/graphql", view)]
    app = Starlette(routes=routes, lifespan=lifespan)
    await serve(app, {"marks": lambda asked: marks_of(asked, publish, size)})


if __name__ == "__main__":
    uvloop.run(main())
