"""States over a real store, watched live."""

import asyncio
from decimal import Decimal

import pytest

from domain.connection import ConnectionState
from domain.errors import Problem
from tests.streaming.conftest import USER, House
from tests.streaming.samples import AAPL, MSFT, holding, mark, snapshot
from tests.streaming.watching import degrade, later, price
from tests.waiting import taken


async def test_positions_come_whole_then_as_they_change_and_go(house: House) -> None:
    link = await house.connect()
    record = await house.ledger.record(
        USER, link.id, snapshot(holding(5), holding(2, MSFT), marks=(mark(110),))
    )
    account = record.account_id
    assert account
    frames = house.views.positions(USER, max_rate=20)
    (whole,) = await taken(frames)
    worth = {each.holding.instrument.id: each.valuation for each in whole.upserts}
    assert worth[MSFT.id] is None
    apple = worth[AAPL.id]
    assert apple
    assert (apple.market_value, apple.unrealized_pnl) == (Decimal(550), Decimal(50))

    price(house, link.id, 120, second=1)
    (ticked,) = await taken(frames)
    (position,) = ticked.upserts
    assert position.valuation
    assert position.valuation.market_value == Decimal(600)
    assert ticked.removed == ()

    await house.ledger.record(USER, link.id, snapshot(holding(2, MSFT), at=later(2)))
    (ended,) = await taken(frames)
    assert ended.removed == ((account, AAPL.id),)
    assert [each.holding.quantity for each in ended.upserts] == [Decimal(0)]

    price(house, link.id, 130, second=3)
    await house.ledger.record(USER, link.id, snapshot(holding(3, MSFT), at=later(3)))
    (after,) = await taken(frames)
    assert [each.holding.quantity for each in after.upserts] == [Decimal(3)]
    assert after.removed == ()
    await frames.aclose()


async def test_a_user_without_positions_is_told_so(house: House) -> None:
    frames = house.views.positions(USER)
    (whole,) = await taken(frames)
    assert whole.upserts == ()
    await frames.aclose()


async def test_a_tick_of_another_connection_does_not_price_a_holding(house: House) -> None:
    link, other = await house.connect(), await house.connect()
    await house.ledger.record(USER, link.id, snapshot(holding(5), marks=(mark(110),)))
    frames = house.views.positions(USER, max_rate=20)
    await taken(frames)
    waiting = asyncio.create_task(taken(frames))
    price(house, other.id, 999, second=1)
    await house.ledger.record(
        USER, link.id, snapshot(holding(5), holding(2, MSFT), at=later(2), marks=(mark(110),))
    )
    (changed,) = await waiting
    assert [each.holding.instrument for each in changed.upserts] == [MSFT]
    waiting = asyncio.create_task(taken(frames))
    price(house, link.id, 120, second=2)
    (ticked,) = await waiting
    assert [each.valuation and each.valuation.price for each in ticked.upserts] == [Decimal(120)]
    await frames.aclose()


async def test_ticks_are_told_no_faster_than_asked_and_the_last_one_always_is(
    house: House,
) -> None:
    link = await house.connect()
    await house.ledger.record(USER, link.id, snapshot(holding(5), marks=(mark(110),)))
    frames = house.views.positions(USER, max_rate=5)
    await taken(frames)
    loop = asyncio.get_running_loop()
    began, told, last = loop.time(), 0, Decimal(0)

    async def tick() -> None:
        for second in range(1, 101):
            price(house, link.id, 200 + second, second=second)
            await asyncio.sleep(0.005)

    ticking = asyncio.create_task(tick())
    while last != 300:
        (frame,) = await taken(frames)
        told += 1
        (position,) = frame.upserts
        assert position.valuation
        last = position.valuation.price
    await ticking
    assert told <= 1 + (loop.time() - began) * 5 + 1
    await frames.aclose()


@pytest.mark.parametrize("rate", [0, -1, 20.1])
async def test_a_rate_out_of_bounds_is_a_problem(house: House, rate: float) -> None:
    with pytest.raises(Problem) as raised:
        house.views.positions(USER, max_rate=rate)
    assert raised.value.field == "maxRate"


async def test_accounts_come_each_and_again_when_cash_or_worth_changes(house: House) -> None:
    link = await house.connect()
    await house.ledger.record(USER, link.id, snapshot(cash=10))
    frames = house.views.accounts(USER, max_rate=20)
    (first,) = await taken(frames)
    assert first.balances[0].cash == 10
    assert first.valuation
    assert first.valuation.equity == 10
    await house.ledger.record(USER, link.id, snapshot(cash=20, at=later(1)))
    (second,) = await taken(frames)
    assert second.balances[0].cash == 20
    await frames.aclose()


async def test_connections_come_each_and_again_when_they_change_or_are_heard_from(
    house: House,
) -> None:
    link = await house.connect()
    seen = house.views.connections(USER)
    assert [each.id for each in await taken(seen)] == [link.id]
    await degrade(house, link.id)
    (degraded,) = await taken(seen)
    assert degraded.health.state is ConnectionState.DEGRADED
    await seen.aclose()


async def test_subscriptions_that_come_and_go_leave_nothing_behind(house: House) -> None:
    link = await house.connect()
    await house.ledger.record(USER, link.id, snapshot(holding(5)))
    tasks = asyncio.all_tasks()
    for _ in range(20):
        changing = [house.views.changes(USER) for _ in range(5)]
        positions = [house.views.positions(USER) for _ in range(5)]
        await asyncio.gather(*map(anext, changing), *map(anext, positions))
        assert house.hub.listeners == 10
        for one, other in zip(changing, positions, strict=True):
            await one.aclose()
            await other.aclose()
    assert house.hub.listeners == 0
    assert asyncio.all_tasks() == tasks
