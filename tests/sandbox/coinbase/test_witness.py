"""Coinbase's own client, unchanged, in an environment of its own, reads, trades and streams."""

from typing import Any

import pytest

import sandbox
from sandbox import Sandbox
from sandbox.coinbase.keys import Key
from tests.sandbox.witnessing import witnessed

READ = {
    "may": [True, True, False],
    "wallets": ["USD", "BTC", "ETH"],
    "wallet": "50000",
    "portfolios": ["Default"],
    "positions": ["USD"],
    "products": ["BTC-USD", "ETH-USD"],
    "product": ["BTC", "92000"],
    "book": "91990.8",
    "best": "92009.2",
    "public": "92000",
    "time": True,
    "fees": "0.006",
}
TRADED = {
    "preview": ["503", []],
    "became": {
        "market": "FILLED",
        "sale": "FILLED",
        "limit": "OPEN",
        "post": "OPEN",
        "date": "OPEN",
        "ioc": "CANCELLED",
        "fok": "FILLED",
        "stop": "OPEN",
    },
    "again": True,
    "edit preview": ["1026.12", []],
    "edited": [True, "0.02", "51000"],
    "open": 4,
    "canceled": [
        [True, "UNKNOWN_CANCEL_FAILURE_REASON"],
        [False, "COMMANDER_REJECTED_CANCEL_ORDER"],
        [False, "UNKNOWN_CANCEL_ORDER"],
    ],
    "became canceled": "CANCELLED",
    "fill": [True, "FILL", 1],
    "refused": {"much": [False, "INSUFFICIENT_FUND"], "fine": False, "product": 400, "order": 404},
}


async def run(box: Sandbox, key: Key) -> Any:
    """What the client found."""
    asked = {
        "name": key.name,
        "secret": key.secret,
        "rest": box.coinbase.rest.url,
        "market": box.coinbase.market.socket_url,
        "user": box.coinbase.user.socket_url,
    }
    return await witnessed("coinbase", asked)


@pytest.mark.parametrize("name", ["key", "ed25519_key"])
async def test_the_vendors_client_reads_trades_and_streams(name: str) -> None:
    async with sandbox.serve(seed=7, rate_limit=100_000) as box:
        found = await run(box, getattr(box.coinbase, name))
        assert box.coinbase.access.refused == []
    assert found["read"] == READ
    assert found["trade"] == TRADED
    assert found["stream"] == {
        "ticker": "92000",
        "statuses": ["PENDING", "OPEN", "FILLED"],
        "beat": True,
    }
