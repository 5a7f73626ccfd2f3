"""What the tests of the Gateway line ask for, and how they listen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from decimal import Decimal
from functools import reduce

from brokers.contract import Credentials, Opening
from brokers.ibkr.line import Line
from domain.account import Environment
from domain.errors import BrokerError
from domain.events import StreamEvent
from domain.facts import OrderReport, facts_of, join
from domain.instrument import AssetClass, Instrument
from domain.order import OrderSide, OrderType, Terms, TimeInForce
from domain.sums import Sum, summed
from domain.ticket import Ticket
from sandbox import Sandbox
from sandbox.account import Account
from sandbox.ibkr.gateway import Gateway
from sandbox.orders import Side
from sandbox.orders import Ticket as Asked
from tests.brokers.desk import Desk
from tests.waiting import until

APPLE = Instrument(asset_class=AssetClass.EQUITY, symbol="AAPL", currency="USD")


@asynccontextmanager
async def line_to(
    gateway: Gateway,
    desk: Desk,
    environment: Environment = Environment.PAPER,
    flex: str = "http://127.0.0.1:1",
    /,
    **credentials: str,
) -> AsyncIterator[Line]:
    """A line of a client's own."""
    line = Line(
        Opening(
            credentials=Credentials(credentials),
            environment=environment,
            endpoints={"gateway": gateway.url, "flex": flex},
            gate=desk.gate(),
            clock=desk.clock,
        )
    )
    try:
        yield line
    finally:
        await line.aclose()


def limit(account: str, price: str = "200", quantity: str = "2", name: str = "bg-1") -> Ticket:
    """A purchase of apples that rests unless the price is above the market."""
    terms = Terms(
        side=OrderSide.BUY,
        type=OrderType.LIMIT,
        time_in_force=TimeInForce.DAY,
        quantity=Decimal(quantity),
        limit_price=Decimal(price),
    )
    return Ticket(account=account, client_order_id=name, instrument=APPLE, terms=terms)


def market(account: str, quantity: str = "2", name: str = "bg-1") -> Ticket:
    """A purchase of apples that fills."""
    wanted = limit(account, quantity=quantity, name=name)
    terms = replace(wanted.terms, type=OrderType.MARKET, limit_price=None)
    return replace(wanted, terms=terms)


def trade(
    box: Sandbox, account: Account, symbol: str, quantity: str, side: Side = Side.BUY
) -> None:
    """By hand, at the market."""
    account.cash = Decimal(10) ** 9
    box.exchange.submit(account, Asked(symbol=symbol, side=side, quantity=Decimal(quantity)))
    box.exchange.work()


@asynccontextmanager
async def hearing(line: Line) -> AsyncIterator[list[StreamEvent]]:
    """What the stream brings, opened anew whenever it is lost."""
    heard: list[StreamEvent] = []

    async def listen() -> None:
        while True:
            with suppress(BrokerError):
                async for event in line.events():
                    heard.append(event)  # noqa: PERF401 (read while it grows)
            await asyncio.sleep(0.02)

    task = asyncio.create_task(listen())
    try:
        await until(lambda: heard)
        yield heard
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def reports(heard: list[StreamEvent]) -> list[OrderReport]:
    """The orders among it."""
    return [event for event in heard if isinstance(event, OrderReport)]


def known(said: list[OrderReport], broker_order_id: str) -> Sum:
    """All that was said of one order together."""
    of_it = [facts_of(one) for one in said if one.broker_order_id == broker_order_id]
    return summed(reduce(join, of_it))
