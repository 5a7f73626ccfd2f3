"""The whole server on ib_insync in ib_async's place: connect, place, fill, cancel, reconnect.

Under a real uvicorn in an environment of its own: there, and only there, ib_insync takes hold of
another event loop than the one that runs, if it is let.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.ibkr.gateway import Gateway
from sandbox.ibkr.server import PAPER_ACCOUNTS
from tests.app.process import Child, serving
from tests.flow.world import BEGIN, COMPLETE, Api, World, world
from tests.waiting import asked_until
from tools.witness_env import environment

PLACE = """
mutation P($input: PlaceOrderInput!) { placeOrder(input: $input) {
  outcome { __typename
    ... on OrderPlaced { order { id status } }
    ... on OrderRefused { code message }
    ... on OrderUnknown { message }
  }
  userErrors { code field message }
} }
"""
CANCEL = """
mutation K($input: CancelOrderInput!) { cancelOrder(input: $input) {
  order { id status } userErrors { code message }
} }
"""
ORDERS = "{ orders(first: 9) { nodes { id status filledQuantity } } }"
POSITIONS = "{ positions(first: 9) { nodes { quantity instrument { symbol } } } }"
ACCOUNTS = "{ accounts { id maskedNumber } }"
APPLE = {"assetClass": "EQUITY", "symbol": "AAPL"}


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


@pytest.fixture
def gateway(made: World) -> Gateway:
    return made.box.ibkr.paper


@pytest.fixture
async def served(made: World, gateway: Gateway) -> AsyncIterator[tuple[Api, Child]]:
    python = await asyncio.to_thread(environment, "ibkr-insync")
    urls = {
        "ENDPOINTS__IBKR__PAPER__GATEWAY": gateway.url,
        "ENDPOINTS__IBKR__PAPER__FLEX": made.box.ibkr.flex.url,
    }
    async with serving(made.folder, python, **{**made.settings, **urls}) as (url, child):
        yield made.api(url), child


async def linked(api: Api) -> str:
    """A connection to the Gateway that may trade, signed in."""
    given = {"broker": "ibkr", "environment": "PAPER", "permission": "TRADE", "persist": True}
    begun = (await api.ask(BEGIN, input=given))["beginConnect"]
    assert begun["userErrors"] == [], begun
    id: str = begun["connection"]["id"]
    done = (await api.ask(COMPLETE, input={"connectionId": id, "values": []}))["completeConnect"]
    assert done["userErrors"] == [], done
    assert len(done["connection"]["accounts"]) == len(PAPER_ACCOUNTS)
    return id


async def place(api: Api, account: str, key: str, **terms: Any) -> str:
    """The id of an order that was taken."""
    usual = {"accountId": account, "instrument": APPLE, "side": "BUY", "quantity": "10"}
    given = {"idempotencyKey": key, "ticket": {**usual, **terms}}
    answer = (await api.ask(PLACE, input=given))["placeOrder"]
    assert answer["userErrors"] == [], answer
    assert answer["outcome"]["__typename"] == "OrderPlaced", answer
    id: str = answer["outcome"]["order"]["id"]
    return id


async def stands(api: Api, id: str, status: str) -> None:
    """Wait until the order has the status."""

    async def current() -> str:
        nodes = (await api.ask(ORDERS))["orders"]["nodes"]
        return next((str(one["status"]) for one in nodes if one["id"] == id), "")

    await asked_until(current, status.__eq__)


async def _held(api: Api) -> list[tuple[str, str]]:
    nodes = (await api.ask(POSITIONS))["positions"]["nodes"]
    return [(one["quantity"], one["instrument"]["symbol"]) for one in nodes]


async def test_it_connects_places_fills_cancels_and_comes_back(
    served: tuple[Api, Child], gateway: Gateway, made: World
) -> None:
    api, child = served
    connection = await linked(api)
    assert "ib_insync 0.9.86" in await child.line("is spoken to by")
    accounts = (await api.ask(ACCOUNTS))["accounts"]
    account = next(one["id"] for one in accounts if one["maskedNumber"].endswith("0001"))

    bought = await place(api, account, "one", type="MARKET", timeInForce="DAY")
    await stands(api, bought, "FILLED")
    limits = {"type": "LIMIT", "timeInForce": "GTC"}
    gone = await place(api, account, "two", limitPrice="200", **limits)
    assert (await api.ask(CANCEL, input={"orderId": gone}))["cancelOrder"]["userErrors"] == []
    await stands(api, gone, "CANCELED")

    resting = await place(api, account, "three", limitPrice="240", **limits)
    await gateway.down()
    made.box.exchange.set_price("AAPL", gateway.exchange.market.quotes["AAPL"].last - 15)
    await gateway.up()
    await stands(api, resting, "FILLED")

    await asked_until(lambda: _held(api), lambda held: held == [("20", "AAPL")])
    await asked_until(
        lambda: api.connection(connection), lambda one: one["health"]["state"] == "ACTIVE"
    )
    executions = [fill.id for fill in gateway.fills.all]
    assert len(executions) == len(set(executions)) == 2
