"""What the tests of the Gateway line ask for, and how they listen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

from brokers.contract import Credentials, Opening
from brokers.ibkr.line import Line
from domain.account import Environment
from domain.instrument import AssetClass, Instrument
from domain.order import OrderSide, OrderType, Terms, TimeInForce
from domain.ticket import Ticket
from sandbox import Sandbox
from sandbox.account import Account
from sandbox.ibkr.gateway import Gateway
from sandbox.orders import Side
from sandbox.orders import Ticket as Asked
from tests.brokers.desk import Desk

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
