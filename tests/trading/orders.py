"""Orders to try things with, and the exchange's own view of them."""

from decimal import Decimal

import pytest

import sandbox
from domain.errors import ErrorCode, Problem
from domain.instrument import AssetClass, Instrument
from domain.order import OrderSide, OrderType, Terms, TimeInForce
from sandbox.orders import Order, Side, Ticket
from tests.trading.rig import Rig
from trading.wanted import Draft

# Where they are placed at Alpaca.
PATH = "/v2/orders"
AAPL = Instrument(asset_class=AssetClass.EQUITY, symbol="AAPL", currency="USD")


def endpoints(box: sandbox.Sandbox) -> dict[str, str]:
    """The sandbox in Alpaca's place."""
    alpaca = box.alpaca
    return {
        "trading": alpaca.paper.url,
        "stream": alpaca.paper.socket_url,
        "data": alpaca.market.url,
        "data_stream": alpaca.market_stream.socket_url,
    }


def market(side: OrderSide = OrderSide.BUY, quantity: object = 1) -> Draft:
    """A day order at the market."""
    terms = Terms(
        side=side,
        type=OrderType.MARKET,
        time_in_force=TimeInForce.DAY,
        quantity=Decimal(str(quantity)),
    )
    return Draft(instrument=AAPL, terms=terms)


def resting(side: OrderSide = OrderSide.BUY, quantity: object = 1, price: object = "1.00") -> Draft:
    """A limit order that does not fill unless its price is the market's."""
    terms = Terms(
        side=side,
        type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        quantity=Decimal(str(quantity)),
        limit_price=Decimal(str(price)),
    )
    return Draft(instrument=AAPL, terms=terms)


async def refused(code: ErrorCode, made: Rig, draft: Draft, key: str = "key") -> Problem:
    """How it was refused before anything was sent."""
    with pytest.raises(Problem) as raised:
        await made.place(draft, key)
    assert raised.value.code is code
    return raised.value


def hold(box: sandbox.Sandbox, quantity: int) -> None:
    """Let the account own some AAPL."""
    side = Side.BUY if quantity > 0 else Side.SELL
    ticket = Ticket(symbol="AAPL", side=side, quantity=Decimal(abs(quantity)))
    box.exchange.submit(box.paper, ticket)
    box.exchange.work()


def ours(box: sandbox.Sandbox) -> list[Order]:
    """The orders that the exchange has from us."""
    return [order for order in box.paper.orders.values() if order.client_id.startswith("bg-")]
