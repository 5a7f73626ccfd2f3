"""What a snapshot of every broker says: what is held, owed and ordered, all of it and no more."""

from datetime import timedelta
from decimal import Decimal

import pytest

from domain.events import Snapshot
from domain.holding import Holding
from domain.instrument import AssetClass
from domain.transaction import TransactionCategory
from sandbox.orders import ExecType, OrdType, Side, Ticket, TimeInForce
from tests.conformance.observing import RICH, trade
from tests.conformance.orders import rounded, sample_of
from tests.conformance.scene import Scene
from tests.conformance.stage import Sample

MANY = 3


async def _snapshot(scene: Scene) -> Snapshot:
    return await (await scene.broker()).snapshot(scene.account)


def _holding(snapshot: Snapshot, sample: Sample) -> Holding | None:
    held = sample.instrument.held_as
    return next((one for one in snapshot.holdings if one.instrument.id == held), None)


def _dollars(snapshot: Snapshot) -> Decimal:
    return sum((one.cash for one in snapshot.balances if one.currency == "USD"), Decimal(0))


async def test_a_new_account_holds_nothing_but_its_cash(scene: Scene) -> None:
    told = await _snapshot(scene)
    assert told.holdings == ()
    assert told.orders == ()
    assert told.account.number == scene.account
    assert _dollars(told) == scene.owner.cash


async def test_a_long_position_is_told_with_what_it_cost(scene: Scene) -> None:
    sample = sample_of(scene)
    trade(scene, sample.symbol, sample.whole)
    told = _holding(await _snapshot(scene), sample)
    assert told is not None
    assert told.quantity == sample.whole
    assert told.cost_basis == scene.owner.holding(sample.symbol).cost


async def test_a_short_position_is_negative(scene: Scene) -> None:
    shorts = [one for one, trades in scene.able.trades.items() if trades.short]
    if not shorts:
        pytest.skip("nothing can be sold short there")
    sample = sample_of(scene, *shorts)
    trade(scene, sample.symbol, sample.whole, Side.SELL)
    told = _holding(await _snapshot(scene), sample)
    assert told is not None
    assert told.quantity == -sample.whole


async def test_a_position_that_went_flat_is_gone(scene: Scene) -> None:
    sample = sample_of(scene)
    trade(scene, sample.symbol, sample.whole)
    assert _holding(await _snapshot(scene), sample)
    trade(scene, sample.symbol, sample.whole, Side.SELL)
    assert _holding(await _snapshot(scene), sample) is None


async def test_a_fraction_is_told_to_its_last_digit(scene: Scene) -> None:
    broken = [one for one, trades in scene.able.trades.items() if trades.fractional]
    if not broken:
        pytest.skip("no fractions are traded there")
    sample = sample_of(scene, *broken)
    lot = scene.stage.box.exchange.market.instruments[sample.symbol].lot
    quantity = Decimal("0.12345678") // lot * lot
    trade(scene, sample.symbol, quantity)
    told = _holding(await _snapshot(scene), sample)
    assert told is not None
    assert told.quantity == quantity


async def test_an_option_has_its_terms_and_its_multiplier(scene: Scene) -> None:
    sample = scene.stage.samples.get(AssetClass.OPTION)
    if sample is None:
        pytest.skip("no options are traded there")
    trade(scene, sample.symbol, sample.whole)
    told = _holding(await _snapshot(scene), sample)
    assert told is not None
    assert told.instrument.option == sample.instrument.option
    assert told.instrument.multiplier == 100
    assert told.cost_basis == scene.owner.holding(sample.symbol).cost


async def test_cash_of_another_currency_is_told_in_it(scene: Scene) -> None:
    wanted = scene.stage.foreign()
    if wanted is None:
        pytest.skip("there is no other currency there")
    told = {one.currency: one.cash for one in (await _snapshot(scene)).balances}
    assert told[wanted.currency] == wanted.cash
    assert told["USD"] == scene.owner.cash


async def test_each_account_has_its_own(scene: Scene) -> None:
    if len(scene.stage.accounts) == 1:
        pytest.skip("a sign-in reaches one account there")
    broker, sample = await scene.broker(), sample_of(scene)
    exchange = scene.stage.box.exchange
    for times, account in enumerate(scene.stage.accounts.values(), 1):
        quantity = sample.whole * times
        exchange.submit(account, Ticket(symbol=sample.symbol, side=Side.BUY, quantity=quantity))
        exchange.work()
    for times, number in enumerate(scene.stage.accounts, 1):
        told = await broker.snapshot(number)
        assert told.account.number == number
        held = _holding(told, sample)
        assert held is not None
        assert held.quantity == sample.whole * times
        assert {one.account for one in told.orders} == {number}
        assert {one.terms.quantity for one in told.orders} == {sample.whole * times}
        assert _dollars(told) == scene.stage.accounts[number].cash


async def test_orders_are_all_told_past_three_pages(scene: Scene) -> None:
    wanted = MANY * scene.stage.page_of_orders + 1
    sample, exchange = sample_of(scene), scene.stage.box.exchange
    scene.owner.cash = RICH
    price = rounded(exchange.market.quotes[sample.symbol].last / 2, sample)
    resting = Ticket(
        symbol=sample.symbol,
        side=Side.BUY,
        quantity=sample.whole,
        type=OrdType.LIMIT,
        time_in_force=TimeInForce.GOOD_TILL_CANCEL,
        limit_price=price,
    )
    for _ in range(wanted):
        # Not submitted: whether there is money for the next one is asked of all that are there.
        order = exchange.draft(scene.owner, resting)
        exchange.enter(scene.owner, order)
        exchange.note(ExecType.PENDING_NEW, order)
    exchange.work()
    told = await _snapshot(scene)
    assert len({one.broker_order_id for one in told.orders}) == wanted


async def test_transactions_are_all_told_past_three_pages_and_each_once(scene: Scene) -> None:
    wanted = MANY * scene.stage.page_of_transactions + 1
    sample, broker = sample_of(scene), await scene.broker()
    scene.owner.cash = RICH
    for _ in range(wanted):
        trade(scene, sample.symbol, sample.whole)
    since = scene.clock.now() - timedelta(days=1)
    token: str | None = None
    found = []
    while True:
        page = await broker.transactions(scene.account, since, token)
        found += [
            one for one in page.transactions if one.type.category is TransactionCategory.TRADE
        ]
        token = page.token
        if token is None:
            break
    trades = [one for one in found if one.type.category is TransactionCategory.TRADE]
    assert len(trades) == wanted
    assert len({one.broker_id for one in trades}) == wanted
    assert {one.quantity for one in trades} == {sample.whole}
