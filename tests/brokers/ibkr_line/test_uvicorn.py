"""Several Gateways in the one loop of a real uvicorn, which no test's own loop is like."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sandbox import Sandbox
from sandbox.ibkr.gateway import Gateway


async def test_several_gateways_trade_in_the_loop_of_a_uvicorn(box: Sandbox) -> None:
    async with _gateways(box) as gateways:
        ports = [str(one.port) for one in gateways]
        await _served(ports)


@asynccontextmanager
async def _gateways(box: Sandbox) -> AsyncIterator[list[Gateway]]:
    """Two of one login, and three more."""
    more = [box.ibkr.gateway(f"more-{one}", (f"DU200000{one}",)) for one in range(3)]
    try:
        for one in more:
            await one.up()
        yield [box.ibkr.paper, box.ibkr.paper, *more]
    finally:
        for one in more:
            await one.close()


async def _served(ports: list[str]) -> None:
    served = await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "error",
        "-m",
        "tests.brokers.ibkr_line.served",
        *ports,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        told, failed = await served.communicate()
    assert served.returncode == 0, failed.decode()[-2000:]
    wanted = {f"{port} {number} holds True" for number, port in enumerate(ports, 1)}
    assert set(told.decode().split("\n")) == {"", *wanted}
