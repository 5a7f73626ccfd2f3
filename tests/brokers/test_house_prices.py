"""Prices by a key of the server's own: one line, one socket, many who are told."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

import sandbox
from app.clock import RealClock
from brokers import plugins
from brokers.contract import Broker
from brokers.gate import CallRecord
from brokers.house_prices import HOUSE
from brokers.lines import Lines
from domain.errors import NotPermitted
from domain.holding import Mark
from domain.ids import ConnectionId, UserId
from sandbox import Sandbox
from tests.brokers.alpaca_line.scene import BITCOIN, latest, pricing
from tests.brokers.desk import connection, endpoints
from tests.brokers.tickets import APPLE
from tests.waiting import until

DATA_KEY, DATA_SECRET = "PKSANDBOXHOUSE000001", "house-secret"  # open play money only
KEYS = {"key_id": sandbox.PAPER_KEY, "secret": sandbox.PAPER_SECRET}


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with sandbox.serve(seed=1, rate_limit=100_000) as running:
        running.alpaca.account(DATA_KEY, DATA_SECRET)
        yield running


@asynccontextmanager
async def lines(
    box: Sandbox, records: list[CallRecord], secret: str = DATA_SECRET
) -> AsyncIterator[Lines]:
    """Lines of a server that has a key of its own."""

    async def credentials(_: UserId, __: ConnectionId) -> Mapping[str, str]:
        return KEYS

    async def record(call: CallRecord) -> None:
        records.append(call)

    held = {"alpaca": {"data_key_id": DATA_KEY, "data_secret": secret}}
    made = Lines(plugins(), credentials, record, RealClock(), {"alpaca": endpoints(box)}, held=held)
    try:
        yield made
    finally:
        await made.aclose()


def _sockets(box: Sandbox) -> set[str]:
    """Who streams prices, by key."""
    return {each.credential.id for each in box.alpaca.prices.sessions if each.credential}


async def test_two_lines_are_told_over_one_socket_each_of_its_own(box: Sandbox) -> None:
    records: list[CallRecord] = []
    async with lines(box, records) as made:
        one, two = [await made.open(connection(name)) for name in ("one", "two")]
        one.follow(frozenset({APPLE}))
        two.follow(frozenset({APPLE, BITCOIN}))
        async with pricing(one) as first, pricing(two) as second:
            await until(lambda: latest(first, APPLE) and latest(second, APPLE))
            await until(lambda: latest(second, BITCOIN))
            await until(lambda: len(box.alpaca.prices.sessions) == 2)
            assert _sockets(box) == {DATA_KEY}
            await until(lambda: any(s.wants("trades", "AAPL") for s in box.alpaca.prices.sessions))
            box.exchange.set_price("AAPL", Decimal("251.25"))
            for marks in (first, second):
                await until(lambda marks=marks: _price(latest(marks, APPLE)) == Decimal("251.25"))  # type: ignore[misc]  # bound at once
            assert latest(first, BITCOIN) is None
            one.follow(frozenset({BITCOIN}))
            await until(lambda: latest(first, BITCOIN))
        await until(lambda: not box.alpaca.prices.sessions)
    assert {each.user for each in records if each.operation in {"quotes", "market_data"}} == {HOUSE}


async def test_quotes_are_asked_by_the_house(box: Sandbox) -> None:
    records: list[CallRecord] = []
    async with lines(box, records) as made:
        line = await made.open(connection())
        assert await line.quotes([APPLE])
        assert await line.accounts()
    assert [each.user == HOUSE for each in records] == [True, False]


async def test_a_refused_key_of_the_house_is_no_fault_of_anybodys_own(box: Sandbox) -> None:
    async with lines(box, [], "wrong") as made:
        line = await made.open(connection())
        line.follow(frozenset({APPLE}))
        with pytest.raises(NotPermitted, match="server's own key"):
            await line.quotes([APPLE])
        with pytest.raises(NotPermitted, match="server's own key"):
            await _to_its_loss(line)
        assert await line.accounts()


async def _to_its_loss(line: Broker) -> None:
    async with asyncio.timeout(10):
        async for _ in line.marks():
            pass


def _price(mark: Mark | None) -> Decimal | None:
    return None if mark is None else mark.price
