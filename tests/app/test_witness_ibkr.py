"""ib_insync, unchanged, agrees with what we keep of a Gateway, and tells what differs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from ib_async import IB

import sandbox
from domain.account import Environment
from domain.errors import Problem
from sandbox import Sandbox
from sandbox.account import Account
from sandbox.ibkr.server import PAPER_ACCOUNTS
from sandbox.orders import OrdType, Side, Ticket, TimeInForce
from tests.app.witness_scene import Scene, scened

D = Decimal
HELD = {
    "AAPL": "10",
    "AAPL271217C00250000": "2",
    "ESH7": "1",
    "ESH7 C6800": "1",
    "SAP.IBIS": "7",
    "EUR.USD": "20000",
    "BTC/USD": "0.125",
    "US-T 4 2035": "5000",
    "VFIAX": "1.5",
    "IBUS500": "1",
    "UBSWNT7": "100",
}
OPEN = [
    Ticket(symbol="MSFT", side=Side.SELL, type=OrdType.LIMIT, limit_price=D(900)),
    Ticket(symbol="MSFT", side=Side.BUY, type=OrdType.STOP, stop_price=D(900)),
    Ticket(
        symbol="MSFT",
        side=Side.BUY,
        type=OrdType.STOP_LIMIT,
        stop_price=D(900),
        limit_price=D(901),
    ),
    Ticket(symbol="AAPL", side=Side.SELL, type=OrdType.TRAILING_STOP, trail_amount=D(5)),
    Ticket(symbol="AAPL", side=Side.SELL, type=OrdType.TRAILING_STOP, trail_percent=D(5)),
    Ticket(symbol="ESH7", side=Side.BUY, type=OrdType.LIMIT, limit_price=D(100)),
    Ticket(symbol="EUR.USD", side=Side.BUY, type=OrdType.LIMIT, limit_price=D("0.9")),
]


def first(box: Sandbox) -> Account:
    """Of the accounts of the login."""
    return box.ibkr.paper.accounts[PAPER_ACCOUNTS[0]]


def hold(box: Sandbox, account: Account) -> None:
    """One position of each kind, a short one, and an open order of each kind."""
    account.cash = D(1_000_000)
    bought = [Ticket(symbol=one, side=Side.BUY, quantity=D(many)) for one, many in HELD.items()]
    short = Ticket(symbol="TSLA", side=Side.SELL, quantity=D(5))
    for ticket in (*bought, short):
        box.exchange.submit(account, ticket)
    for one in OPEN:
        lasting = replace(one, quantity=D(3), time_in_force=TimeInForce.GOOD_TILL_CANCEL)
        box.exchange.submit(account, lasting)
    box.exchange.work()


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with sandbox.serve(seed=7) as box:
        urls = {"gateway": box.ibkr.paper.url, "flex": box.ibkr.flex.url}
        hold(box, first(box))
        async with scened(tmp_path, box, "ibkr", Environment.PAPER, urls, {}) as made:
            yield made


async def test_it_agrees_on_every_kind_of_position_and_open_order(scene: Scene) -> None:
    verdict = await scene.witnessing().run(scene.connection.id)

    assert verdict.differences == ()
    accounts, currencies = 2, 3
    assert verdict.compared == accounts + currencies + len(HELD) + 1 + len(OPEN)
    asked = {one.path for one in scene.box.log.entries}
    assert asked.isdisjoint({"/placeOrder", "/cancelOrder", "/reqGlobalCancel"})


async def test_what_one_side_has_not_got_is_told(scene: Scene) -> None:
    hidden = first(scene.box).holdings.pop("AAPL")
    kept = await scene.kept()
    first(scene.box).holdings["AAPL"] = hidden
    scene.box.exchange.submit(
        first(scene.box),
        Ticket(symbol="NVDA", side=Side.BUY, quantity=D(1), type=OrdType.LIMIT, limit_price=D(1)),
    )

    found = [str(one) for one in await scene.told(kept, await scene.seen())]

    assert any(one.endswith("position EQUITY AAPL: only there") for one in found)
    assert any("open order" in one and one.endswith("only there") for one in found)
    assert len(found) == 2


async def test_an_altered_price_is_told(scene: Scene) -> None:
    kept = await scene.kept()

    scene.box.exchange.set_price("AAPL", D(300))
    found = await scene.told(kept, await scene.seen())

    assert {one.field for one in found} == {"price"}
    assert "position EQUITY AAPL: price is 250 here, 300 there" in "".join(map(str, found))


async def test_a_gateway_that_is_down_fails_the_witness_by_a_kind_alone(scene: Scene) -> None:
    await scene.box.ibkr.paper.down()

    with pytest.raises(Problem, match="ConnectionRefusedError; nothing was compared"):
        await scene.seen()


async def test_it_takes_another_client_id_where_its_own_is_in_use(scene: Scene) -> None:
    kept = await scene.kept()
    async with taken(scene, 971):
        assert await scene.told(kept, await scene.seen()) == ()


@asynccontextmanager
async def taken(scene: Scene, client_id: int) -> AsyncIterator[None]:
    """A client that has the id."""
    ib = IB()
    await ib.connectAsync("127.0.0.1", scene.box.ibkr.paper.port, client_id, timeout=5)
    try:
        yield
    finally:
        ib.disconnect()
