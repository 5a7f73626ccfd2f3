"""The sandbox in a process of its own, told by lines to have orders placed and cancelled."""

import asyncio
import time
from decimal import Decimal
from typing import Any

import uvloop

import sandbox
from bench.peers.control import listen, tell
from bench.workload import microseconds
from sandbox.orders import Event, Order, OrdType, Side, Ticket

SYMBOL = "AAPL"
FAR_BELOW = Decimal("1.00")
# What one step of an order says: asked for and working, or asked to end and ended.
EVENTS_A_STEP = 2


class Made:
    """When the frame of each event was made: what the sandbox needs until then is not measured.

    The exchange tells us after the socket that it has put the frame on; an event is known by the
    time, in us after 1970, that its order bears.
    """

    def __init__(self, box: sandbox.Sandbox) -> None:
        self._times: dict[str, float] = {}
        box.exchange.listeners.append(self._note)

    def taken(self) -> dict[str, float]:
        """The times since this was asked last, in seconds after 1970."""
        times, self._times = self._times, {}
        return times

    def _note(self, event: Event) -> None:
        self._times.setdefault(microseconds(event.order.updated), time.time())


async def play(box: sandbox.Sandbox, made: Made, asked: dict[str, Any]) -> dict[str, Any]:
    """Orders that are placed and at the next step cancelled, at a rate of the events they cause.

    So none is left open: what the sandbox takes for an order grows with those that are.
    """
    steps = max(1, asked["count"] // EVENTS_A_STEP)
    resting: Order | None = None
    for number in range(steps):
        due = asked["start"] / 1_000_000 + number * EVENTS_A_STEP / asked["rate"]
        await asyncio.sleep(max(0.0, due - time.time()))
        resting = step(box, resting)
    return {"published": steps * EVENTS_A_STEP, "made": made.taken()}


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
        made = Made(box)
        await listen({"orders": lambda asked: play(box, made, asked)})


if __name__ == "__main__":
    uvloop.run(main())
