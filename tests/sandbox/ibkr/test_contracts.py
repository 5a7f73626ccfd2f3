"""Contracts and prices over the library."""

import asyncio

from ib_async import IB, Contract, Future, Index, Stock

from sandbox import Sandbox
from sandbox.ibkr.gateway import Gateway
from tests.sandbox.ibkr.shop import AAPL, PATIENCE, D, until


async def test_a_stock_is_described_in_full(ib: IB) -> None:
    (found,) = await ib.reqContractDetailsAsync(Stock("AAPL", "SMART", "USD"))

    contract = found.contract
    assert contract is not None
    assert (contract.conId, contract.primaryExchange, contract.tradingClass) == (
        265598,
        "NASDAQ",
        "NMS",
    )
    assert (found.longName, found.minTick, found.stockType) == ("APPLE INC.", 0.01, "COMMON")


async def test_a_future_without_an_expiry_and_a_stock_without_a_currency_are_several(
    ib: IB,
) -> None:
    futures = await ib.reqContractDetailsAsync(Future("ES"))
    stocks = await ib.reqContractDetailsAsync(Stock("SAP"))

    assert [one.contract.localSymbol for one in futures if one.contract] == ["ESH7", "ESM7"]
    assert [one.contract.currency for one in stocks if one.contract] == ["EUR", "USD"]


async def test_an_unknown_contract_is_error_200(ib: IB, codes: list[int]) -> None:
    assert await ib.reqContractDetailsAsync(Stock("NOPE", "SMART", "USD")) == []
    assert codes == [200]


async def test_every_contract_is_found_by_its_number_and_described(
    ib: IB, gateway: Gateway
) -> None:
    for one in gateway.catalog.by_id.values():
        (found,) = await ib.reqContractDetailsAsync(Contract(conId=one.con_id))
        contract = found.contract
        assert contract is not None
        assert (contract.conId, contract.secType, contract.currency) == (
            one.con_id,
            one.sec_type,
            one.currency,
        )


async def test_symbols_are_searched_with_what_is_derived_from_them(ib: IB) -> None:
    found = await ib.reqMatchingSymbolsAsync("apple") or []

    assert [(one.contract.symbol, one.derivativeSecTypes) for one in found if one.contract] == [
        ("AAPL", ["OPT"])
    ]


async def test_an_option_chain_has_expiries_and_strikes(ib: IB) -> None:
    (chain,) = await ib.reqSecDefOptParamsAsync("AAPL", "", "STK", 265598)

    assert (chain.expirations, chain.strikes) == (["20271217"], [220.0, 250.0, 270.0])


async def test_prices_are_pushed_as_they_move(ib: IB, box: Sandbox) -> None:
    ticker = ib.reqMktData(AAPL)
    await until(ib, lambda: ticker.last == 250)
    assert (ticker.bid, ticker.ask, ticker.close, ticker.marketDataType) == (
        249.98,
        250.02,
        250.0,
        1,
    )

    box.exchange.set_price("AAPL", D(251))

    await until(ib, lambda: ticker.last == 251)


async def test_a_snapshot_ends_by_itself(ib: IB, gateway: Gateway) -> None:
    (ticker,) = await asyncio.wait_for(ib.reqTickersAsync(AAPL), PATIENCE)

    assert ticker.last == 250
    assert [one.prices for one in gateway.started()] == [{}]


async def test_an_index_has_a_last_price_alone(ib: IB) -> None:
    ticker = ib.reqMktData(Index("SPX", "CBOE", "USD", conId=416904))

    await until(ib, lambda: ticker.last == 6698.5)

    assert not ticker.hasBidAsk()


async def test_prices_may_be_delayed(ib: IB, gateway: Gateway) -> None:
    gateway.habits.delayed = True

    ticker = ib.reqMktData(AAPL)

    await until(ib, lambda: ticker.marketDataType == 3 and ticker.last == 250)


async def test_a_competing_session_has_the_prices(
    ib: IB, gateway: Gateway, codes: list[int]
) -> None:
    gateway.habits.competing_session = True

    ib.reqMktData(AAPL)

    await until(ib, lambda: codes == [10197])
