"""A running sandbox, and clients of its paper Gateway: the library, and bare sockets."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from ib_async import IB

import sandbox
from sandbox import Sandbox
from sandbox.ibkr.gateway import Gateway
from tests.sandbox.ibkr.wire import Client

Connect = Callable[..., Awaitable[IB]]
Dial = Callable[..., Awaitable[Client]]


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with sandbox.serve(seed=1) as running:
        yield running


@pytest.fixture
def gateway(box: Sandbox) -> Gateway:
    return box.ibkr.paper


@pytest.fixture
async def connect(gateway: Gateway) -> AsyncIterator[Connect]:
    """Connects the library as a client."""
    opened: list[IB] = []

    async def connected(client_id: int = 1, **options: Any) -> IB:
        ib = IB()
        opened.append(ib)
        await ib.connectAsync("127.0.0.1", gateway.port, client_id, timeout=5, **options)
        return ib

    yield connected
    for ib in opened:
        ib.disconnect()


@pytest.fixture
async def ib(connect: Connect) -> IB:
    return await connect()


@pytest.fixture
async def dial(gateway: Gateway) -> AsyncIterator[Dial]:
    """Opens a bare connection that speaks one version."""
    async with AsyncExitStack() as stack:

        async def dialled(version: int = 176, client_id: int | None = 9) -> Client:
            client = await Client.open(gateway.port, version)
            stack.callback(client.close)
            if client_id is not None:
                await client.start(client_id)
            return client

        yield dialled


@pytest.fixture
def errors(ib: IB) -> list[tuple[int, int]]:
    """Every error and notice: whom it is about, and its code."""
    heard: list[tuple[int, int]] = []
    ib.errorEvent += lambda about, code, *_: heard.append((about, code))
    return heard


@pytest.fixture
def codes(ib: IB) -> list[int]:
    """The codes of all errors and notices."""
    heard: list[int] = []
    ib.errorEvent += lambda _, code, *__: heard.append(code)
    return heard
