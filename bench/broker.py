"""The sandbox in a process of its own, told by lines to have orders placed and cancelled."""

import asyncio
import time
from decimal import Decimal
from typing import Any

import uvloop

import sandbox
from bench.peers.control import listen, tell
from sandbox.orders import Order, OrdType, Side, Ticket

SYMBOL = "AAPL"
FAR_BELOW = Decimal("1.00")
# What one step of an order says: asked for and working, or asked to end and ended.
EVENTS_A_STEP = 2


async def play(box: sandbox.Sandbox, asked: dict[str, Any]) -> dict[str, Any]:
    """Orders that are placed and at the next step cancelled, at a rate of the events they cause.

    So none is left open: what the sandbox takes for an order grows with those that are.
    """
    steps = max(1, asked["count"] // EVENTS_A_STEP)
    resting: Order | None = None
    for number in range(steps):
        due = asked["start"] / 1_000_000 + number * EVENTS_A_STEP / asked["rate"]
        await asyncio.sleep(max(0.0, due - time.time()))
        resting = step(box, resting)
    return {"published": steps * EVENTS_A_STEP}


def step(box: sandbox.Sandbox, resting: Order | None) -> Order | None:
    """Cancel the order that rests, or place one."""
    placed = None
    if resting is not None:
        box.exchange.cancel(box.paper, resting.id)
    else:
        ticket = Ticket(
            symbol=SYMBOL,
            side=Side.BUY,
            type=OrdType.LIMIT,
            quantity=Decimal(1),
            limit_price=FAR_BELOW,
        )
        placed = box.exchange.submit(box.paper, ticket)
    box.exchange.work()
    return placed


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
        await listen({"orders": lambda asked: play(box, asked)})


if __name__ == "__main__":
    uvloop.run(main())
