"""The sandbox as a whole: what it promises whoever runs it."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

import sandbox
from sandbox.clock import ManualClock
from tests.sandbox.wire import BUY, KEYS, ask
from tests.waiting import until
from tools.witness_env import ROOT, ensure

SATURDAY = ManualClock(datetime(2026, 11, 21, 15, 0, tzinfo=UTC))


async def read(box: sandbox.Sandbox, url: str) -> Any:
    """An answer with its numbers exact."""
    async with (
        aiohttp.ClientSession(box.alpaca.paper.url, headers=KEYS) as paper,
        paper.get(url) as answer,
    ):
        return json.loads(await answer.text(), parse_float=Decimal)


async def order_id_after(reads: int) -> str:
    """The id of the first order, placed after so many reads."""
    async with (
        sandbox.serve(seed=4, clock=SATURDAY) as box,
        aiohttp.ClientSession(box.alpaca.paper.url, headers=KEYS) as paper,
    ):
        for _ in range(reads):
            await ask(paper, "GET", "/v2/account")
        _, order = await ask(paper, "POST", "/v2/orders", json=BUY)
        return str(order["id"])


async def test_how_often_it_was_read_changes_nothing() -> None:
    assert await order_id_after(0) == await order_id_after(5)


async def test_on_a_saturday_the_market_is_closed_where_hours_are_kept() -> None:
    async with sandbox.serve(clock=SATURDAY, always_open=False) as box:
        clock = await read(box, "/v2/clock")
        assert (clock["is_open"], clock["next_open"]) == (False, "2026-11-23T09:30:00-05:00")
        async with aiohttp.ClientSession(box.alpaca.paper.url, headers=KEYS) as paper:
            _, order = await ask(paper, "POST", "/v2/orders", json=BUY)
            _, later = await ask(paper, "GET", f"/v2/orders/{order['id']}")
    assert later["status"] == "pending_new"


async def test_prices_move_by_themselves_if_asked_to() -> None:
    async with sandbox.serve(tick_interval=0.001) as box:
        before = box.exchange.market.quotes
        prices = {symbol: one.last for symbol, one in before.items()}
        await until(
            lambda: any(
                one.last != prices[symbol] for symbol, one in box.exchange.market.quotes.items()
            )
        )


@pytest.fixture
async def demo() -> AsyncIterator[sandbox.Sandbox]:
    async with sandbox.serve(seed=7, demo=True) as running:
        yield running


async def test_over_the_wire_equity_is_cash_and_positions(demo: sandbox.Sandbox) -> None:
    account = await read(demo, "/v2/account")
    positions = await read(demo, "/v2/positions")
    total = sum((Decimal(one["market_value"]) for one in positions), Decimal(account["cash"]))
    assert total == Decimal(account["equity"])


async def test_the_history_ends_where_the_account_stands(demo: sandbox.Sandbox) -> None:
    account = await read(demo, "/v2/account")
    history = await read(demo, "/v2/account/portfolio/history?period=1M&timeframe=1D")
    assert round(history["equity"][-1], 9) == Decimal(account["equity"])
    gains = [equity - history["base_value"] for equity in history["equity"]]
    assert history["profit_loss"] == gains
    assert history["timestamp"] == sorted(set(history["timestamp"]))


def test_the_witnesses_environment_is_made_once() -> None:
    python = ensure("alpaca")
    stamp = ROOT / ".venv-witness-alpaca" / "lock.sha256"
    made = stamp.stat().st_mtime_ns
    assert ensure("alpaca") == python
    assert stamp.stat().st_mtime_ns == made
