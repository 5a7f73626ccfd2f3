"""`python -m tests.brokers.ibkr_line.served PORT ...`: lines to Gateways under a real uvicorn.

Each line places an order, hears of its fill and says so; then the server stops by itself.
"""

import asyncio
import socket
import sys

import uvicorn

from domain.order import OrderStatus
from sandbox.ibkr.gateway import Gateway
from tests.brokers.desk import Desk
from tests.brokers.hearing import hearing_on, reports
from tests.brokers.ibkr_line.scene import line_to, market
from tests.waiting import until


class _At(Gateway):
    """The address of a Gateway that runs elsewhere."""

    def __init__(self, port: int) -> None:
        self.port = port


async def _trade(port: int, client_id: int) -> None:
    async with line_to(_At(port), Desk(), client_id=str(client_id)) as line:
        number = (await line.accounts())[0].number
        async with hearing_on(line) as heard:
            await line.place(market(number, name=f"bg-{client_id}"))
            await until(lambda: any(one.status is OrderStatus.FILLED for one in reports(heard)))
        (holding,) = (await line.snapshot(number)).holdings
        sys.stdout.write(f"{port} {client_id} holds {holding.quantity > 0}\n")


async def _app(scope: dict[str, str], receive: object, send: object) -> None:
    del scope, receive, send


async def _serve() -> None:
    config = uvicorn.Config(_app, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    serving = asyncio.create_task(server.serve([listener]))
    await until(lambda: server.started)
    await asyncio.gather(*(_trade(int(p), n) for n, p in enumerate(sys.argv[1:], 1)))
    server.should_exit = True
    await serving


if __name__ == "__main__":
    # As uvicorn runs itself: a loop of its own, which nobody makes the thread's (since 0.36).
    with asyncio.Runner(loop_factory=uvicorn.Config(_app).get_loop_factory()) as runner:
        runner.run(_serve())
