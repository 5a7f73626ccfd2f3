"""Alpaca's own client, unchanged, in an environment of its own, reads, trades and streams."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

import sandbox
from sandbox import Sandbox
from sandbox.alpaca.access import PAPER, Credential
from sandbox.json_text import plain
from tests.sandbox.witnessing import witnessed

TRADED = {
    "became": {
        "resting": "replaced",
        "replaced": "canceled",
        "stop": "new",
        "trail": "new",
        "bracket": "filled",
        "spread": "filled",
        "money": "filled",
    },
    "legs": ["new", "new"],
    "by client id": True,
    "half": "37",
    "cancelled": [200],
    "closed": [200],
    "left": 0,
    "refused": {
        "duplicate": [422, 40010001],
        "too much": [403, 40310000],
        "sub-penny": [422, 42210000],
    },
}
TOKEN = "79500537-5796-4230-9661-7f7108877c60"


@pytest.fixture
async def demo() -> AsyncIterator[Sandbox]:
    async with sandbox.serve(seed=7, demo=True, rate_limit=100_000) as running:
        yield running


async def run(box: Sandbox) -> Any:
    """What the client found."""
    box.alpaca.access.add(
        Credential(id=TOKEN, secret="", accounts={PAPER: box.paper}, scopes=frozenset())
    )
    asked = {
        "key": sandbox.PAPER_KEY,
        "secret": sandbox.PAPER_SECRET,
        "token": TOKEN,
        "trading": box.alpaca.paper.url,
        "market": box.alpaca.market.url,
        "stream": box.alpaca.paper.socket_url + "/stream",
    }
    return await witnessed("alpaca", asked)


async def test_the_vendors_client_reads_trades_and_streams(demo: Sandbox) -> None:
    read = what_it_should_read(demo)
    prices = what_it_should_price(demo)
    found = await run(demo)
    history = found["read"].pop("history")
    assert history > 20
    assert found["read"] == read
    assert found["prices"] == prices
    assert found["token"] == demo.paper.number
    assert found["stream"] == [
        ["pending_new", "BTCUSD", None],
        ["new", "BTCUSD", None],
        ["fill", "BTCUSD", 0.25],
    ]
    assert found["trade"] == TRADED
    assert demo.paper.holdings == {}


def what_it_should_read(box: Sandbox) -> dict[str, Any]:
    """The truth, in the words of the script."""
    held = {symbol: plain(one.quantity) for symbol, one in box.paper.holdings.items()}
    return {
        "account": box.paper.number,
        "configuration": "all",
        "positions": {symbol.replace("/", ""): quantity for symbol, quantity in held.items()},
        "position": held["AAPL"],
        "coin": held["BTC/USD"],
        "open orders": len(box.paper.live_orders()),
        "all orders": len(box.paper.orders),
        "asset": "Apple Inc. Common Stock",
        "assets": 7,
        "contracts": ["AAPL271217C00250000", "AAPL271217C00270000", "AAPL271217P00220000"],
        "contract": 250,
        "open": True,
        "calendar": 3,
        "activities": len(box.paper.executions),
    }


def what_it_should_price(box: Sandbox) -> dict[str, float]:
    """The market, as the client's floats have it."""
    quotes = box.exchange.market.quotes
    stock, coin, option = quotes["AAPL"], quotes["BTC/USD"], quotes["AAPL271217C00250000"]
    return {
        "stock": float(stock.ask),
        "trade": float(stock.last),
        "day": float(stock.last),
        "coin": float(coin.ask),
        "coin day": float(coin.last),
        "option": float(option.ask),
        "option last": float(option.last),
    }
