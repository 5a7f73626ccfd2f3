"""What the tests of the E*TRADE line ask for."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

from brokers.contract import Credentials, Opening
from brokers.etrade.line import Line
from brokers.etrade.symbols import combination_of
from domain.account import Environment
from domain.instrument import AssetClass, Instrument, option_of
from domain.order import Leg, OrderClass, OrderType, PositionEffect
from domain.ticket import Ticket
from sandbox import Sandbox
from sandbox.account import Account
from sandbox.orders import Side
from sandbox.orders import Ticket as Asked
from tests.brokers.desk import Desk
from tests.brokers.tickets import APPLE, BUY, CALL, SELL, terms

FUND = Instrument(asset_class=AssetClass.MUTUAL_FUND, symbol="VFIAX", currency="USD")
OTHER_CALL = option_of("AAPL271217C00270000") or APPLE
PLACE = "/orders/place.json"
# What the answer to a placing or a change is lost by, after it was done.
LOST = ["reset_after", "error_after", "garbage_after", "html_after"]


def opening(
    box: Sandbox, desk: Desk, credentials: Mapping[str, str] | None = None, url: str | None = None
) -> Opening:
    """All that a line, or a sign-in, needs."""
    host = box.etrade.host.url if url is None else url
    return Opening(
        credentials=Credentials(box.etrade.token() if credentials is None else credentials),
        environment=Environment.SANDBOX,
        endpoints={"api": host, "oauth": host, "authorize": host},
        gate=desk.gate(),
        clock=desk.clock,
    )


@asynccontextmanager
async def lined(
    box: Sandbox, desk: Desk, credentials: Mapping[str, str] | None = None
) -> AsyncIterator[Line]:
    """A line to the sandbox's E*TRADE."""
    line = Line(opening(box, desk, credentials))
    try:
        yield line
    finally:
        await line.aclose()


def spread(account: str, net: str, name: str = "bg-1") -> Ticket:
    """Two calls, bought and sold; a credit has a negative price."""
    wanted = terms(limit=net)
    return Ticket(
        account=account,
        client_order_id=name,
        instrument=combination_of([CALL, OTHER_CALL]),
        terms=replace(wanted, type=OrderType.NET, order_class=OrderClass.MULTI_LEG),
        legs=(
            Leg(instrument=CALL, side=BUY, effect=PositionEffect.OPEN),
            Leg(instrument=OTHER_CALL, side=SELL, effect=PositionEffect.OPEN),
        ),
    )


def trade(
    box: Sandbox, symbol: str, quantity: str, account: Account | None = None, side: Side = Side.BUY
) -> None:
    """At the market, by another way."""
    asked = Asked(symbol=symbol, side=side, quantity=Decimal(quantity))
    box.exchange.submit(account or box.etrade.margin, asked)
    box.exchange.work()


def sent(box: Sandbox, ending: str) -> int:
    """How often a path was asked for."""
    return sum(entry.path.endswith(ending) for entry in box.log.entries)
