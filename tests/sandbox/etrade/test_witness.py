"""pyetrade, unchanged, in an environment of its own: signs in, reads, trades and signs out."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

import sandbox
from sandbox import Sandbox
from tests.sandbox.witnessing import witnessed

TRADED = {
    "cost": "300",
    "became": {
        "filled": "EXECUTED",
        "call": "EXECUTED",
        "changed": "CANCELLED",
        "cancelled": "CANCELLED",
    },
    "message": "5011",
    "refused": {
        "too much": "Etrade API Error - Code: 1021",
        "no such": "Etrade API Error - Code: 1019",
        "stale": "Etrade API Error - Code: 101",
    },
}


@pytest.fixture
async def demo() -> AsyncIterator[Sandbox]:
    async with sandbox.serve(seed=7, demo=True, rate_limit=100_000) as running:
        yield running


async def run(box: Sandbox) -> Any:
    """What the client found."""
    asked = {
        "url": box.etrade.host.url,
        "key": sandbox.CONSUMER_KEY,
        "secret": sandbox.CONSUMER_SECRET,
    }
    return await witnessed("etrade", asked)


async def test_the_client_signs_in_reads_trades_and_signs_out(demo: Sandbox) -> None:
    account, quotes = demo.etrade.margin, demo.exchange.market.quotes
    held = {symbol: one.quantity for symbol, one in account.holdings.items()}
    cash, booked = account.cash, len(account.executions) + len(account.movements)
    priced = [float(quotes[symbol].last) for symbol in ("AAPL", "AAPL271217C00250000")]
    found = await run(demo)
    assert found["accounts"] == ["ACTIVE", "ACTIVE", "CLOSED"]
    read = found["read"]
    assert sorted(read["held"]) == sorted(symbol for symbol in held if len(symbol) < 15)
    assert len(read["lots"]["PositionLot"]) == 2
    assert float(read["cash"]) == pytest.approx(float(cash))
    assert read["transactions"] == booked
    assert read["quotes"] == priced
    assert [one["symbol"] for one in read["found"]] == ["AAPL"]
    assert read["chain"] == 3
    assert found["trade"] == TRADED
    assert found["renewed"]
    assert found["revoked"]
    assert account.holding("AAPL").quantity == held["AAPL"] + 3
