"""Accounts over the library: positions, values by currency, portfolio and gains."""

import asyncio

import pytest
from ib_async import IB

from sandbox import Sandbox
from sandbox.ibkr.gateway import Gateway
from sandbox.orders import Side, Ticket
from tests.sandbox.ibkr.conftest import Connect, Dial
from tests.sandbox.ibkr.shop import AAPL, FIRST, PATIENCE, SECOND, D, order, place, until

BOUGHT = {
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
KINDS = {
    "AAPL": ("STK", "USD", ""),
    "AAPL  271217C00250000": ("OPT", "USD", "100"),
    "ESH7": ("FUT", "USD", "50"),
    "ESH7 C6800": ("FOP", "USD", "50"),
    "SAP": ("STK", "EUR", ""),
    "EUR.USD": ("CASH", "USD", ""),
    "BTC.USD": ("CRYPTO", "USD", ""),
    "US-T 4 2035": ("BOND", "USD", ""),
    "VFIAX": ("FUND", "USD", ""),
    "IBUS500": ("CFD", "USD", ""),
    "UBSWNT7": ("WAR", "EUR", ""),
}


@pytest.fixture
def rich(box: Sandbox, gateway: Gateway) -> None:
    """The first account holds one of each kind, and is short of one more."""
    account = gateway.accounts[FIRST]
    account.cash = D(1_000_000)
    for symbol, quantity in BOUGHT.items():
        box.exchange.submit(account, Ticket(symbol=symbol, side=Side.BUY, quantity=D(quantity)))
    box.exchange.submit(account, Ticket(symbol="TSLA", side=Side.SELL, quantity=D(5)))
    box.exchange.work()


def value(ib: IB, tag: str, currency: str) -> float:
    (found,) = [
        float(one.value)
        for one in ib.accountValues(FIRST)
        if (one.tag, one.currency) == (tag, currency)
    ]
    return found


@pytest.mark.usefixtures("rich")
async def test_every_kind_of_position_is_told(ib: IB) -> None:
    held = {one.contract.localSymbol: one for one in ib.positions(FIRST)}

    assert {
        name: (one.contract.secType, one.contract.currency, one.contract.multiplier)
        for name, one in held.items()
    } == KINDS | {"TSLA": ("STK", "USD", "")}
    assert held["TSLA"].position == -5
    assert held["ESH7"].avgCost == pytest.approx(50 * 6700.75)
    assert (held["AAPL"].contract.exchange, held["ESH7"].contract.exchange) == ("NASDAQ", "")


async def test_a_position_that_goes_flat_is_told_once(ib: IB) -> None:
    await place(ib, order("MKT"), "Filled")
    await until(ib, ib.positions)

    await place(ib, order("MKT", "SELL"), "Filled")

    await until(ib, lambda: not ib.positions())


@pytest.mark.usefixtures("rich")
async def test_cash_comes_by_currency_and_as_a_sum_in_base(ib: IB) -> None:
    rate = value(ib, "ExchangeRate", "EUR")

    usd, eur = value(ib, "CashBalance", "USD"), value(ib, "CashBalance", "EUR")

    assert rate == pytest.approx(1.1585)
    assert value(ib, "CashBalance", "BASE") == pytest.approx(usd + eur * rate, abs=0.02)
    assert value(ib, "TotalCashValue", "USD") == pytest.approx(usd + eur * rate, abs=0.02)
    net = value(ib, "NetLiquidation", "USD")
    assert value(ib, "NetLiquidationByCurrency", "BASE") == pytest.approx(net, abs=0.02)


@pytest.mark.usefixtures("rich")
async def test_a_future_is_not_paid_for_and_its_gain_is_told(ib: IB, box: Sandbox) -> None:
    before = value(ib, "CashBalance", "USD")

    box.exchange.set_price("ESH7", D(6710))
    await place(ib, order("MKT"), "Filled")
    await until(ib, lambda: value(ib, "FuturesPNL", "USD") == pytest.approx(461.83))

    assert value(ib, "CashBalance", "USD") == pytest.approx(before - 2501.2)


async def test_values_have_the_tags_of_a_real_account(ib: IB) -> None:
    tags = {one.tag for one in ib.accountValues(FIRST)}

    assert len(tags) >= 63
    assert {"NetLiquidation", "BuyingPower", "NetLiquidation-S", "Cushion", "SMA"} <= tags


async def test_an_account_may_be_kept_in_another_currency(box: Sandbox) -> None:
    gateway = box.ibkr.gateway("ibkr-eur", ["DU3000001"], base="EUR")
    await gateway.up()
    ib = IB()
    await ib.connectAsync("127.0.0.1", gateway.port, 1, timeout=5)
    try:
        found = {(one.tag, one.currency): one.value for one in ib.accountValues()}
    finally:
        ib.disconnect()
        await gateway.down()

    assert found["NetLiquidation", "EUR"] == "86318.52"
    assert found["CashBalance", "USD"] == "100000.00"
    assert found["CashBalance", "BASE"] == "86318.52"
    assert found["ExchangeRate", "USD"] == "0.863185"


@pytest.mark.usefixtures("rich")
async def test_a_portfolio_of_one_account_has_prices_and_gains(connect: Connect) -> None:
    ib = await connect(2, account=FIRST)

    (mine,) = [one for one in ib.portfolio() if one.contract.conId == AAPL.conId]

    assert (mine.position, mine.marketPrice, mine.marketValue) == (10, 250.0, 2500.0)
    assert mine.unrealizedPNL == pytest.approx(-0.2)
    assert mine.account == FIRST


async def test_each_account_is_told_apart(ib: IB) -> None:
    await place(ib, order("MKT", account=SECOND), "Filled")

    await until(ib, lambda: ib.positions(SECOND))

    assert ib.positions(FIRST) == []


async def test_two_summaries_at_a_time_and_no_third(dial: Dial) -> None:
    client = await dial()
    for request in (1, 2, 3):
        client.send("62", "1", request, "All", "NetLiquidation,BuyingPower")

    told = await client.read_until("4", "2", "3", "322")

    assert ["63", "1", "1", FIRST, "NetLiquidation", "100000.00", "USD"] in told
    assert [one for one in told if one[0] == "64"] == [["64", "1", "1"], ["64", "1", "2"]]


async def test_gains_of_an_account_and_of_a_position_follow_the_price(ib: IB, box: Sandbox) -> None:
    await place(ib, order("MKT"), "Filled")
    single, whole = ib.reqPnLSingle(FIRST, "", AAPL.conId), ib.reqPnL(FIRST)
    await until(ib, lambda: single.value == 2500)

    box.exchange.set_price("AAPL", D(255))
    await until(ib, lambda: single.value == 2550)

    assert (single.position, single.dailyPnL) == (10, 50)
    assert single.unrealizedPnL == pytest.approx(49.8)
    assert whole.dailyPnL == 50
    assert whole.unrealizedPnL == pytest.approx(49.8)


async def test_an_account_that_is_not_the_logins_is_refused(ib: IB) -> None:
    heard: asyncio.Queue[int] = asyncio.Queue()
    ib.errorEvent += lambda _, code, *__: heard.put_nowait(code)

    ib.reqPnL("DU9")

    assert await asyncio.wait_for(heard.get(), PATIENCE) == 321
