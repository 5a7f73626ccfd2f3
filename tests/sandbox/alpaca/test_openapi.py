"""Every answer of the REST hosts is what the vendor's specification says it is."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

import sandbox
from sandbox import Sandbox
from tests.recordings import needs_recordings
from tests.sandbox.alpaca.openapi import violations
from tests.sandbox.wire import KEYS

pytestmark = needs_recordings

CALL, OTHER_CALL = "AAPL271217C00250000", "AAPL271217C00270000"
EXITS = {"take_profit": {"limit_price": "300"}, "stop_loss": {"stop_price": "200"}}
ORDERS: dict[str, dict[str, Any]] = {
    "market": {"symbol": "AAPL", "qty": "1", "type": "market"},
    "money": {"symbol": "AAPL", "notional": "100.50", "type": "market"},
    "limit": {"symbol": "MSFT", "qty": "1", "type": "limit", "limit_price": "400.25"},
    "stop": {"symbol": "MSFT", "qty": "1", "type": "stop", "stop_price": "600"},
    "stop limit": {
        "symbol": "MSFT",
        "qty": "1",
        "type": "stop_limit",
        "stop_price": "600",
        "limit_price": "601",
    },
    "trailing": {"symbol": "MSFT", "qty": "1", "type": "trailing_stop", "trail_percent": "3"},
    "coin": {"symbol": "BTC/USD", "qty": "0.01", "type": "market", "time_in_force": "gtc"},
    "option": {"symbol": CALL, "qty": "1", "type": "limit", "limit_price": "33"},
    "bracket": {"symbol": "AAPL", "qty": "1", "type": "market", "order_class": "bracket", **EXITS},
    "oto": {
        "symbol": "AAPL",
        "qty": "1",
        "type": "market",
        "order_class": "oto",
        "stop_loss": {"stop_price": "200", "limit_price": "199"},
    },
    "oco": {
        "symbol": "AAPL",
        "qty": "5",
        "side": "sell",
        "type": "limit",
        "order_class": "oco",
        **EXITS,
    },
    "multileg": {
        "qty": "1",
        "type": "limit",
        "limit_price": "10",
        "order_class": "mleg",
        "legs": [
            {"symbol": CALL, "ratio_qty": "1", "side": "buy", "position_intent": "buy_to_open"},
            {
                "symbol": OTHER_CALL,
                "ratio_qty": "1",
                "side": "sell",
                "position_intent": "sell_to_open",
            },
        ],
    },
}


@pytest.fixture
async def demo() -> AsyncIterator[Sandbox]:
    async with sandbox.serve(seed=7, demo=True, rate_limit=10_000) as running:
        yield running


@pytest.fixture
async def client(demo: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(demo.alpaca.paper.url, headers=KEYS) as session:
        yield session


async def ask(
    client: aiohttp.ClientSession, method: str, url: str, template: str = "", **options: Any
) -> Any:
    """The body of an answer that the specification has nothing against."""
    async with client.request(method, url, **options) as answer:
        body = json.loads(await answer.text())
        path = template or url.partition("?")[0]
        document = "market-data-api" if path.startswith(MARKET) else "trading-api"
        assert violations(document, method, path, answer.status, body) == []
        return body


MARKET = ("/v2/stocks", "/v1beta1/options", "/v1beta3/crypto")


@pytest.mark.parametrize(
    ("url", "template"),
    [
        ("/v2/account", ""),
        ("/v2/account/configurations", ""),
        ("/v2/account/activities?page_size=100", ""),
        # By type it is specified as oneOf two schemas that require nothing, so that each fill is
        # both and none is valid; the general path says anyOf.
        ("/v2/account/activities/FILL", "/v2/account/activities"),
        ("/v2/account/portfolio/history?period=1M", ""),
        ("/v2/positions", ""),
        ("/v2/positions/AAPL", "/v2/positions/{symbol_or_asset_id}"),
        ("/v2/positions/BTC/USD", "/v2/positions/{symbol_or_asset_id}"),
        ("/v2/orders?status=all&limit=500&nested=true", ""),
        ("/v2/assets", ""),
        ("/v2/assets/ETH/USD", "/v2/assets/{symbol_or_asset_id}"),
        ("/v2/options/contracts?underlying_symbols=AAPL", ""),
        (f"/v2/options/contracts/{CALL}", "/v2/options/contracts/{symbol_or_id}"),
        ("/v2/clock", ""),
        ("/v2/calendar?start=2026-11-20&end=2026-12-04", ""),
    ],
)
async def test_what_is_read_is_as_specified(
    client: aiohttp.ClientSession, url: str, template: str
) -> None:
    assert await ask(client, "GET", url, template)


@pytest.mark.parametrize("name", ORDERS)
async def test_an_order_is_as_specified_when_placed_and_when_read(
    client: aiohttp.ClientSession, name: str
) -> None:
    asked = {"side": "buy", "time_in_force": "day"} | ORDERS[name]
    placed = await ask(client, "POST", "/v2/orders", json=asked)
    again = await ask(client, "GET", f"/v2/orders/{placed['id']}", "/v2/orders/{order_id}")
    by_client_id = await ask(
        client,
        "GET",
        f"/v2/orders:by_client_order_id?client_order_id={placed['client_order_id']}",
        "/v2/orders:by_client_order_id",
    )
    assert again == by_client_id
    assert again["status"] in {"filled", "new"}


async def test_a_replacement_is_as_specified(client: aiohttp.ClientSession) -> None:
    asked = {"side": "buy", "time_in_force": "gtc"} | ORDERS["limit"]
    old = await ask(client, "POST", "/v2/orders", json=asked)
    url, template = f"/v2/orders/{old['id']}", "/v2/orders/{order_id}"
    new = await ask(client, "PATCH", url, template, json={"limit_price": "401"})
    assert new["replaces"] == old["id"]
    assert (await ask(client, "GET", url, template))["replaced_by"] == new["id"]


async def test_closing_and_cancelling_are_as_specified(client: aiohttp.ClientSession) -> None:
    template = "/v2/positions/{symbol_or_asset_id}"
    await ask(client, "DELETE", "/v2/positions/NVDA?percentage=50", template)
    cancelled = await ask(client, "DELETE", "/v2/orders")
    assert [one["status"] for one in cancelled] == [200] * 4
    closed = await ask(client, "DELETE", "/v2/positions?cancel_orders=True")
    assert {one["status"] for one in closed} == {200}
    assert await ask(client, "GET", "/v2/positions") == []


async def test_a_configuration_is_as_specified_when_changed(client: aiohttp.ClientSession) -> None:
    change = {"trade_confirm_email": "none"}
    body = await ask(client, "PATCH", "/v2/account/configurations", json=change)
    assert body["trade_confirm_email"] == "none"


@pytest.mark.parametrize(
    ("url", "template", "symbol"),
    [
        ("/v2/stocks/quotes/latest?symbols=AAPL,NOPE", "", "AAPL"),
        ("/v2/stocks/trades/latest?symbols=AAPL", "", "AAPL"),
        ("/v2/stocks/snapshots?symbols=AAPL", "", "AAPL"),
        ("/v2/stocks/AAPL/quotes/latest", "/v2/stocks/{symbol}/quotes/latest", None),
        ("/v2/stocks/AAPL/trades/latest", "/v2/stocks/{symbol}/trades/latest", None),
        ("/v2/stocks/AAPL/snapshot", "/v2/stocks/{symbol}/snapshot", None),
        (f"/v1beta1/options/quotes/latest?symbols={CALL}", "", CALL),
        (f"/v1beta1/options/trades/latest?symbols={CALL}", "", CALL),
        (f"/v1beta1/options/snapshots?symbols={CALL}", "", CALL),
        *(
            (
                f"/v1beta3/crypto/us/{what}?symbols=BTC/USD",
                f"/v1beta3/crypto/{{loc}}/{what}",
                "BTC/USD",
            )
            for what in ("latest/quotes", "latest/trades", "snapshots")
        ),
    ],
)
async def test_prices_are_as_specified(
    market: aiohttp.ClientSession, url: str, template: str, symbol: str | None
) -> None:
    body = await ask(market, "GET", url, template)
    inner = next(iter(body.values())) if len(body) < 3 and symbol not in body else body
    assert symbol is None or set(inner) - {"next_page_token"} == {symbol}
