"""What the market can be asked: prices, instruments and their steps."""

from dataclasses import replace

import pytest

from brokers.etrade.line import Line
from domain.errors import InstrumentNotFound
from domain.holding import MarkSource
from domain.instrument import AssetClass, Instrument
from sandbox import Sandbox
from tests.brokers.etrade_line.scene import FUND
from tests.brokers.tickets import APPLE, CALL


async def test_quotes_come_fifty_at_a_time_and_unknown_ones_are_left_out(
    line: Line, box: Sandbox
) -> None:
    many = [
        Instrument(asset_class=AssetClass.EQUITY, symbol=f"X{index:02}", currency="USD")
        for index in range(60)
    ]
    found = await line.quotes([APPLE, CALL, FUND, *many])
    assert {mark.instrument_id for mark in found} == {APPLE.id, CALL.id, FUND.id}
    assert {mark.source for mark in found} == {MarkSource.QUOTE}
    asked = [one.path.count(",") + 1 for one in box.log.entries if "/quote/" in one.path]
    assert asked == [50, 13]


async def test_one_symbol_that_fails_its_batch_costs_no_other_its_price(
    line: Line, box: Sandbox
) -> None:
    told = {"Error": {"code": 1019, "message": "Invalid symbol"}}
    box.faults.add("alter", path="*/market/quote/*", set=told)
    found = await line.quotes([APPLE, CALL, FUND])
    assert {mark.instrument_id for mark in found} == {APPLE.id, CALL.id, FUND.id}


async def test_instruments_are_looked_up(line: Line) -> None:
    assert [one.symbol for one in await line.instruments("apple", None)] == ["AAPL"]
    assert [one.symbol for one in await line.instruments("v", AssetClass.MUTUAL_FUND)] == ["VFIAX"]
    contracts = await line.instruments("aapl", AssetClass.OPTION)
    assert CALL in contracts
    assert len(contracts) == 3
    assert await line.instruments("zzz", None) == ()
    assert await line.instruments("zzz", AssetClass.OPTION) == ()
    assert (await line.increments(APPLE)).lot == 1
    with pytest.raises(InstrumentNotFound):
        await line.increments(replace(APPLE, symbol="NOSUCH"))
