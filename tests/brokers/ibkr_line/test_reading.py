"""What a Gateway tells of accounts, of everything that there is to hold, and of prices."""

import asyncio
from contextlib import suppress
from decimal import Decimal

import pytest

from brokers.ibkr.line import Line
from domain.errors import BrokerError, InstrumentNotFound
from domain.events import Alive, Stirred
from domain.holding import Mark, MarkSource, value
from domain.instrument import AssetClass, Instrument
from domain.rates import Money, Rates
from domain.transaction import TransactionType
from sandbox import Sandbox
from sandbox.ibkr.gateway import Gateway
from sandbox.orders import Side
from tests.brokers.desk import Desk
from tests.brokers.hearing import hearing_on
from tests.brokers.ibkr_line.scene import APPLE, limit, line_to, trade
from tests.waiting import until

# Of everything a bit, by the exchange's symbol; currency pairs leave cash and no holding.
HELD = {
    "AAPL": AssetClass.EQUITY,
    "SAP.IBIS": AssetClass.EQUITY,
    "VOD.LSE": AssetClass.EQUITY,
    "AAPL271217C00250000": AssetClass.OPTION,
    "ESH7": AssetClass.FUTURE,
    "ESH7 C6800": AssetClass.FUTURE_OPTION,
    "US-T 4 2035": AssetClass.BOND,
    "VFIAX": AssetClass.MUTUAL_FUND,
    "IBUS500": AssetClass.CFD,
    "BTC/USD": AssetClass.CRYPTO,
    "UBSWNT7": AssetClass.WARRANT,
}


async def test_everything_that_is_held_is_read_and_valued(
    box: Sandbox, line: Line, gateway: Gateway, number: str
) -> None:
    account = gateway.accounts[number]
    for symbol in HELD:
        trade(box, account, symbol, "1000" if symbol.startswith("US-T") else "3")
    told = await line.snapshot(number)
    assert sorted(one.instrument.asset_class for one in told.holdings) == sorted(HELD.values())
    marks = {mark.instrument_id: mark for mark in told.marks}
    assert marks.keys() >= {one.instrument.id for one in told.holdings}
    currencies = {one.currency for one in told.holdings}
    assert currencies == {"USD", "EUR", "GBP"}
    by_class = {one.instrument.asset_class: one for one in told.holdings}
    future = by_class[AssetClass.FUTURE]
    assert (future.instrument.symbol, future.instrument.mic) == ("ESH7", "XCME")
    assert future.instrument.multiplier == 50
    assert by_class[AssetClass.CRYPTO].instrument.id == "CRYPTO:BTC"
    option = by_class[AssetClass.FUTURE_OPTION].instrument.option
    assert option is not None
    assert option.strike == 6800
    for holding in told.holdings:
        worth = value(holding, marks[holding.instrument.id])
        assert worth is not None
        assert worth.unrealized_pnl is not None


async def test_a_position_is_worth_what_the_exchange_says_to_the_cent(
    box: Sandbox, line: Line, gateway: Gateway, number: str
) -> None:
    account = gateway.accounts[number]
    for symbol in ("AAPL", "AAPL271217C00250000"):
        trade(box, account, symbol, "7", Side.SELL if symbol == "AAPL" else Side.BUY)
    told = await line.snapshot(number)
    quotes = box.exchange.market.quotes
    prices = {mark.instrument_id: mark.price for mark in told.marks}
    for holding in told.holdings:
        symbol = holding.instrument.symbol.replace(" ", "")
        assert prices[holding.instrument.id] == quotes[symbol].last
        assert holding.cost_basis == account.holding(symbol).cost


async def test_cash_is_told_for_each_currency(line: Line, gateway: Gateway, number: str) -> None:
    account = gateway.accounts[number]
    account.pay_in("EUR", Decimal("1000.50"))
    account.pay_in("JPY", Decimal(-5000))
    told = await line.snapshot(number)
    assert {one.currency: one.cash for one in told.balances} == {
        "USD": account.cash,
        "EUR": Decimal("1000.50"),
        "JPY": Decimal(-5000),
    }
    assert told.valuation.net_liquidation is not None
    assert told.valuation.currency == told.account.currency == "USD"


async def test_an_order_and_its_holding_are_the_same_instrument_wherever_it_is_listed(
    box: Sandbox, line: Line, gateway: Gateway, number: str
) -> None:
    trade(box, gateway.accounts[number], "SAP.IBIS", "5")
    told = await line.snapshot(number)
    (holding,) = told.holdings
    assert (holding.instrument.mic, holding.instrument.currency) == ("XETR", "EUR")
    assert {one.instrument.id for one in told.orders} == {holding.instrument.id}


async def test_what_moved_beside_any_order_stirs_the_feed(
    box: Sandbox, line: Line, gateway: Gateway, number: str
) -> None:
    async with hearing_on(line) as heard:
        await line.snapshot(number)
        trade(box, gateway.accounts[number], "AAPL", "5")
        await until(lambda: any(isinstance(one, Stirred) for one in heard))
    assert any(isinstance(one, Alive) for one in heard)


async def test_what_others_order_is_told_by_the_beat_although_it_is_not_pushed(
    gateway: Gateway, desk: Desk
) -> None:
    number = next(iter(gateway.accounts))
    async with (
        line_to(gateway, desk) as first,
        line_to(gateway, desk) as second,
        hearing_on(second) as heard,
    ):
        await first.place(limit(number))
        await until(lambda: any(not isinstance(one, Alive) for one in heard), within=15)


async def test_prices_of_positions_and_of_what_is_followed_are_pushed(
    box: Sandbox, line: Line, gateway: Gateway, number: str
) -> None:
    trade(box, gateway.accounts[number], "AAPL", "5")
    await line.snapshot(number)
    other = Instrument(asset_class=AssetClass.EQUITY, symbol="MSFT", currency="USD")
    line.follow(frozenset({APPLE, other}))
    latest: dict[str, Mark] = {}

    async def listen() -> None:
        with suppress(BrokerError):
            async for mark in line.marks():
                latest[mark.instrument_id] = mark

    task = asyncio.create_task(listen())
    await until(lambda: other.id in latest)
    for symbol, price in (("AAPL", "260.5"), ("MSFT", "490.25")):
        box.exchange.set_price(symbol, Decimal(price))
    await until(lambda: APPLE.id in latest and latest[APPLE.id].price == Decimal("260.5"))
    await until(lambda: latest[other.id].price == Decimal("490.25"))
    assert latest[APPLE.id].source is MarkSource.STREAM
    assert len(gateway.started()[0].prices) == 1
    await gateway.down()
    await asyncio.wait_for(task, 5)


async def test_without_market_data_there_is_no_quote_but_of_what_is_held(
    box: Sandbox, line: Line, gateway: Gateway, number: str
) -> None:
    (mark,) = await line.quotes([APPLE])
    assert mark.price == box.exchange.market.quotes["AAPL"].last
    gateway.habits.delayed = True
    assert len(await line.quotes([APPLE])) == 1
    gateway.habits.competing_session = True
    assert await line.quotes([APPLE]) == ()
    trade(box, gateway.accounts[number], "AAPL", "5")
    await line.snapshot(number)
    (worth,) = await line.quotes([APPLE])
    assert worth.price == box.exchange.market.quotes["AAPL"].last


async def test_the_fills_of_the_day_are_the_books_without_a_flex_query(
    box: Sandbox, line: Line, gateway: Gateway, number: str
) -> None:
    account = gateway.accounts[number]
    trade(box, account, "AAPL", "5")
    trade(box, account, "AAPL", "2", Side.SELL)
    booked = (await line.transactions(number, None)).transactions
    assert [(one.type, int(one.quantity or 0)) for one in booked] == [
        (TransactionType.BUY, 5),
        (TransactionType.SELL, -2),
    ]
    assert booked == (await line.transactions(number, None)).transactions
    assert await line.history(number, None) == ()


async def test_a_search_finds_what_is_called_so(line: Line) -> None:
    assert APPLE.id in {one.id for one in await line.instruments("AAPL", None)}
    found = await line.instruments("AAPL", AssetClass.OPTION)
    assert {one.asset_class for one in found} == {AssetClass.OPTION}
    assert await line.instruments("AAPL 2027-12", AssetClass.OPTION) == found
    with pytest.raises(InstrumentNotFound, match="end then"):
        await line.instruments("AAPL 2026-01", AssetClass.OPTION)
    with pytest.raises(InstrumentNotFound, match="name the month"):
        await line.instruments("ES", AssetClass.FUTURE_OPTION)
    (call,) = await line.instruments("ES 2027-03", AssetClass.FUTURE_OPTION)
    assert call.symbol == "ESH7 C6800"
    steps = await line.increments(APPLE)
    assert steps.tick == Decimal("0.01")


async def test_what_a_currency_is_converted_at_is_told_as_the_price_of_its_pair(
    box: Sandbox, line: Line, gateway: Gateway, number: str
) -> None:
    trade(box, gateway.accounts[number], "SAP.IBIS", "3")
    told = {mark.instrument_id: mark for mark in (await line.snapshot(number)).marks}
    euro = Instrument(asset_class=AssetClass.FX, symbol="EUR/USD", currency="USD")
    assert told[euro.id].price == box.exchange.market.quotes["EUR.USD"].last
    assert told[euro.id].currency == "USD"
    assert Rates.of(Money(), told.values()).rate("EUR", "USD")
