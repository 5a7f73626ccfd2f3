"""No limit is passed by concurrency, by a replacement, by another connection or by an alias."""

import asyncio
from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal

import pytest

import sandbox
from domain.errors import ErrorCode, Problem
from domain.ids import AccountId
from domain.instrument import AssetClass, named
from domain.intent import Intent, IntentState
from domain.order import OrderSide
from domain.risk import Denied, Limits, TradingScope
from tests.trading.orders import AAPL, PATH, hold, market, ours, resting
from tests.trading.rig import ADA, Later, Rig
from tests.waiting import until
from trading.drafts import Changes
from trading.wanted import Draft


async def _limit(made: Rig, limits: Limits, scope: TradingScope = TradingScope.ACCOUNT) -> None:
    (account,) = await made.reads.accounts(ADA)
    subject = {
        TradingScope.USER: ADA,
        TradingScope.ACCOUNT: account.id,
        TradingScope.CONNECTION: account.connection_id,
    }[scope]
    await made.desk.limits.set(ADA, scope, subject, limits)


async def _try(made: Rig, draft: Draft, key: str) -> Intent | ErrorCode:
    try:
        return await made.place(draft, key)
    except Problem as problem:
        return problem.code


@pytest.mark.parametrize(
    "scope", [TradingScope.USER, TradingScope.CONNECTION, TradingScope.ACCOUNT]
)
async def test_orders_at_once_share_one_limit(
    made: Rig, box: sandbox.Sandbox, scope: TradingScope
) -> None:
    await _limit(made, Limits(position_quantity=Decimal(5)), scope)
    found = await asyncio.gather(*(_try(made, resting(), f"k{each}") for each in range(12)))
    assert sum(isinstance(each, Intent) for each in found) == 5
    assert [each for each in found if not isinstance(each, Intent)] == [
        ErrorCode.RISK_POSITION_QUANTITY
    ] * 7
    assert len(ours(box)) == 5


async def test_an_unknown_order_is_reserved(made: Rig, box: sandbox.Sandbox) -> None:
    await _limit(made, Limits(position_quantity=Decimal(5)))
    box.faults.add("error", method="POST", path=PATH)
    unknown = await _try(made, resting(quantity=3), "lost")
    assert isinstance(unknown, Intent)
    assert unknown.state is IntentState.UNKNOWN
    assert await _try(made, resting(quantity=3), "second") is ErrorCode.RISK_POSITION_QUANTITY
    assert isinstance(await _try(made, resting(quantity=2), "fits"), Intent)


async def test_a_replacement_keeps_every_limit(made: Rig, box: sandbox.Sandbox) -> None:
    limits = Limits(order_quantity=Decimal(4), position_quantity=Decimal(5))
    await _limit(made, limits)
    placed = await _try(made, resting(quantity=3), "first")
    assert isinstance(placed, Intent)
    assert placed.order_id
    box.exchange.work()
    orders = made.desk.orders
    more = Changes(quantity=Decimal(5))
    with pytest.raises(Denied) as raised:
        await orders.replace(ADA, placed.order_id, more, key="r5")
    assert raised.value.code is ErrorCode.RISK_ORDER_QUANTITY
    await _limit(made, Limits(position_quantity=Decimal(4)))
    with pytest.raises(Denied) as raised:
        await orders.replace(ADA, placed.order_id, more, key="r5")
    assert raised.value.code is ErrorCode.RISK_POSITION_QUANTITY
    await _limit(made, limits)
    bigger = await orders.replace(ADA, placed.order_id, Changes(quantity=Decimal(4)), key="r4")
    assert bigger.state is IntentState.PLACED
    assert await _try(made, resting(quantity=2), "too-many") is ErrorCode.RISK_POSITION_QUANTITY
    assert isinstance(await _try(made, resting(quantity=1), "fits"), Intent)


async def test_a_second_connection_to_the_account_is_no_way_round(made: Rig) -> None:
    await _limit(made, Limits(order_quantity=Decimal(1)), TradingScope.CONNECTION)
    second, account = await made.link(sandbox.PAPER_KEY, sandbox.PAPER_SECRET)
    assert [each.id for each in await made.reads.accounts(ADA)] == [account.id]
    assert await _try(made, resting(quantity=2), "k") is ErrorCode.RISK_ORDER_QUANTITY
    # What is said of either connection holds for the account that both reach.
    await _limit(made, Limits(), TradingScope.CONNECTION)
    await made.desk.limits.set(
        ADA, TradingScope.CONNECTION, second.id, Limits(order_quantity=Decimal(1))
    )
    assert await _try(made, resting(quantity=2), "k") is ErrorCode.RISK_ORDER_QUANTITY
    await made.desk.halt.halt(ADA, TradingScope.CONNECTION, second.id)
    assert await _try(made, resting(quantity=1), "k") is ErrorCode.TRADING_HALTED


async def test_the_pace_counts_every_order_of_the_last_minute(made: Rig, clock: Later) -> None:
    await _limit(made, Limits(orders_per_minute=2))
    assert isinstance(await _try(made, resting(), "one"), Intent)
    assert isinstance(await _try(made, resting(), "two"), Intent)
    assert await _try(made, resting(), "three") is ErrorCode.RISK_ORDER_RATE
    clock.ahead += 61
    assert isinstance(await _try(made, resting(), "three"), Intent)


async def test_the_days_money_is_added_up(made: Rig) -> None:
    await _limit(made, Limits(daily_notional=Decimal(600)))
    assert isinstance(await _try(made, market(), "one"), Intent)
    assert isinstance(await _try(made, market(), "two"), Intent)
    assert await _try(made, market(), "three") is ErrorCode.RISK_DAILY_NOTIONAL


async def test_the_same_order_again_is_refused_for_a_while(made: Rig, clock: Later) -> None:
    await _limit(made, Limits(duplicate_window=timedelta(seconds=30)))
    assert isinstance(await _try(made, resting(), "one"), Intent)
    assert await _try(made, resting(quantity="1.0"), "two") is ErrorCode.RISK_DUPLICATE
    assert isinstance(await _try(made, resting(price="1.01"), "another"), Intent)
    clock.ahead += 31
    assert isinstance(await _try(made, resting(), "two"), Intent)


async def test_out_of_hours_only_crypto_trades(made: Rig, clock: Later) -> None:
    await _limit(made, Limits(market_hours_only=True))
    now = clock.now().astimezone(UTC)
    sunday = now + timedelta(days=(6 - now.weekday()) % 7 or 7)
    clock.ahead += (sunday.replace(hour=12) - now).total_seconds()
    assert await _try(made, market(), "closed") is ErrorCode.RISK_MARKET_HOURS
    pair = named(AssetClass.CRYPTO, "BTC/USD")
    assert pair
    coin = replace(resting(), instrument=pair)
    assert isinstance(await _try(made, coin, "open"), Intent)


async def test_a_loss_stops_purchases_and_no_exit(made: Rig, box: sandbox.Sandbox) -> None:
    hold(box, 10)
    (account,) = await made.reads.accounts(ADA)
    box.exchange.set_price("AAPL", Decimal(1))
    await made.sync(account)
    await _limit(made, Limits(daily_loss=Decimal(100)))
    assert await _try(made, market(), "buy") is ErrorCode.RISK_DAILY_LOSS
    assert isinstance(await _try(made, market(OrderSide.SELL, 10), "sell"), Intent)


async def test_what_has_no_price_passes_no_limit_in_money(made: Rig, box: sandbox.Sandbox) -> None:
    await _limit(made, Limits(order_notional=Decimal(10**9)))
    other = named(AssetClass.EQUITY, "MSFT")
    assert other
    box.faults.add("error", method="GET", path="/v2/stocks/*", count=0)
    assert await _try(made, replace(market(), instrument=other), "k") is ErrorCode.RISK_UNPRICED
    box.faults.clear()
    assert isinstance(await _try(made, replace(market(), instrument=other), "k"), Intent)


async def test_a_preview_binds_the_order_and_grows_old(made: Rig, clock: Later) -> None:
    await _limit(made, Limits(require_preview=True), TradingScope.USER)
    account, orders = await made.account(), made.desk.orders
    assert await _try(made, market(), "k") is ErrorCode.PREVIEW_REQUIRED
    seen = await made.desk.previewing.preview(ADA, account, market())
    assert seen.cost == Decimal(250)

    async def place(draft: Draft, key: str) -> Intent:
        return await orders.place(ADA, account, draft, key=key, preview=seen.token)

    with pytest.raises(Problem) as raised:
        await place(market(quantity=2), "k")
    assert raised.value.code is ErrorCode.PREVIEW_MISMATCH
    placed = await place(market(), "k")
    clock.ahead += 121
    assert await place(market(), "k") == placed
    with pytest.raises(Problem) as raised:
        await place(market(), "k2")
    assert raised.value.code is ErrorCode.PREVIEW_EXPIRED


async def test_closing_names_what_is_held_and_no_more(made: Rig, box: sandbox.Sandbox) -> None:
    hold(box, 4)
    (account,) = await made.reads.accounts(ADA)
    await made.sync(account)

    async def code(quantity: int | None, account_id: AccountId = account.id) -> ErrorCode | None:
        asked = None if quantity is None else Decimal(quantity)
        try:
            close = made.desk.orders.close
            await close(ADA, account_id, AAPL.id, key=f"c{quantity}", quantity=asked)
        except Problem as problem:
            return problem.code
        return None

    assert await code(5) is ErrorCode.NOTHING_TO_CLOSE
    assert await code(0) is ErrorCode.NOTHING_TO_CLOSE
    assert await code(4, AccountId("another")) is ErrorCode.NOT_FOUND
    assert await code(1) is None
    box.exchange.work()
    assert await code(None) is None
    box.exchange.work()
    assert box.paper.holding("AAPL").quantity == 0


async def test_a_sale_during_the_look_is_not_sold_twice(made: Rig, box: sandbox.Sandbox) -> None:
    hold(box, 10)
    (account,) = await made.reads.accounts(ADA)
    await made.sync(account)
    looks = len(box.log.matching("GET", "/v2/positions"))
    box.faults.add("slow", method="GET", path=PATH, seconds=0.3)
    closing = asyncio.create_task(made.desk.orders.close(ADA, account.id, AAPL.id, key="c"))
    # The positions are read; before the orders are, somebody sells everything by another way.
    await until(lambda: len(box.log.matching("GET", "/v2/positions")) > looks)
    await until(lambda: box.log.matching("GET", PATH)[-1].status is None)
    hold(box, -10)
    with pytest.raises(Problem) as raised:
        await closing
    assert raised.value.code is ErrorCode.NOTHING_TO_CLOSE
    assert ours(box) == []
    assert box.paper.holding("AAPL").quantity == 0
