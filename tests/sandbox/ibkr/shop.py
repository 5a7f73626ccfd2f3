"""Short ways to trade over the library, and to wait for what comes of it."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from ib_async import IB, Contract, Order, Trade

D = Decimal
FIRST, SECOND = "DU1000001", "DU1000002"
AAPL = Contract(conId=265598, symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
PATIENCE = 5


async def until(ib: IB, holds: Callable[[], object]) -> None:
    """Wait for the condition; it is looked at whenever something has come."""
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await ib.updateEvent


def order(kind: str, action: str = "BUY", quantity: float = 10, **terms: Any) -> Order:
    """An order of the first account."""
    usual: dict[str, Any] = {"account": FIRST, "tif": "GTC"}
    return Order(orderType=kind, action=action, totalQuantity=quantity, **(usual | terms))


async def place(ib: IB, asked: Order, status: str, contract: Contract = AAPL) -> Trade:
    """Place an order and wait until it is told to have the status."""
    trade = ib.placeOrder(contract, asked)
    await until(ib, lambda: trade.orderStatus.status == status)
    return trade


async def gone(ib: IB) -> None:
    """Wait until it has lost its connection."""
    if ib.isConnected():
        async with asyncio.timeout(PATIENCE):
            await ib.disconnectedEvent


async def settled(ib: IB) -> None:
    """Wait until all that was asked before has been answered."""
    async with asyncio.timeout(PATIENCE):
        await ib.reqCurrentTimeAsync()
