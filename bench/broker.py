"""The sandbox in a process of its own, told by lines to have orders placed and cancelled."""

import asyncio
import time
from decimal import Decimal
from typing import Any

import sandbox
from bench.peers.control import listen, tell
from sandbox.orders import OrdType, Side, Ticket

SYMBOL = "AAPL"
FAR_BELOW = Decimal("1.00")
# What one order says of itself: that it is asked for, that it works.
EVENTS_AN_ORDER = 2


async def place(box: sandbox.Sandbox, asked: dict[str, Any]) -> dict[str, Any]:
    """Orders that rest far from the market, at a rate of the events that they cause."""
    orders = max(1, asked["count"] // EVENTS_AN_ORDER)
    for number in range(orders):
        due = asked["start"] / 1_000_000 + number * EVENTS_AN_ORDER / asked["rate"]
        await asyncio.sleep(max(0.0, due - time.time()))
        ticket = Ticket(
            symbol=SYMBOL,
            side=Side.BUY,
            type=OrdType.LIMIT,
            quantity=Decimal(1),
            limit_price=FAR_BELOW,
        )
        box.exchange.submit(box.paper, ticket)
        box.exchange.work()
    return {"published": orders * EVENTS_AN_ORDER}


async def main() -> None:
    """Serve until stdin ends."""
    async with sandbox.serve(rate_limit=100_000) as box:
        alpaca = box.alpaca
        paper = {
            "trading": alpaca.paper.url,
            "stream": alpaca.paper.socket_url,
            "data": alpaca.market.url,
            "data_stream": alpaca.market_stream.socket_url,
        }
        tell(endpoints={"alpaca": {"paper": paper}})
        await listen({"orders": lambda asked: place(box, asked)})


if __name__ == "__main__":
    asyncio.run(main())
