"""How the Alpaca line prices what is followed."""

from decimal import Decimal

import pytest

from brokers.alpaca.line import Line
from brokers.alpaca.prices import Prices
from brokers.alpaca.symbols import instrument_of
from brokers.alpaca.ticker import ROTATE_EVERY
from domain.errors import Unreachable
from domain.instrument import Instrument
from sandbox import Sandbox
from tests.brokers.alpaca_line.scene import BITCOIN, COIN, SNAPSHOTS, latest, pricing, to_its_loss
from tests.brokers.desk import Desk
from tests.brokers.tickets import APPLE, CALL
from tests.clock import FakeClock
from tests.waiting import until


async def test_quotes_come_for_what_there_is_a_price_of(line: Line, box: Sandbox) -> None:
    nothing = instrument_of("NOSUCH", "us_equity")
    bond = instrument_of("912797", "treasury")
    found = await line.quotes([APPLE, BITCOIN, COIN, CALL, nothing, bond])
    assert {mark.instrument_id for mark in found} == {APPLE.id, BITCOIN.id, COIN.id, CALL.id}
    mark = next(one for one in found if one.instrument_id == APPLE.id)
    assert mark.price == box.exchange.market.quotes["AAPL"].last
    assert mark.previous_close == box.exchange.market.quotes["AAPL"].previous_close


async def test_one_symbol_that_is_refused_does_not_cost_the_others(
    line: Line, box: Sandbox
) -> None:
    box.faults.add("html_after", path="/v2/stocks/snapshots", status=400)
    found = await line.quotes([APPLE, instrument_of("MSFT", "us_equity")])
    assert len(found) == 2


async def test_what_is_followed_is_priced_at_once_and_as_it_moves(line: Line, box: Sandbox) -> None:
    line.follow(frozenset({APPLE, COIN, CALL}))
    async with pricing(line) as marks:
        await until(lambda: all(latest(marks, one) for one in (APPLE, COIN, CALL)))
        before = latest(marks, APPLE)
        await until(lambda: len(box.alpaca.prices.sessions) == 2)
        await until(
            lambda: all(
                s.wants("trades", "AAPL") or s.wants("trades", "BTC/USD")
                for s in box.alpaca.prices.sessions
            )
        )
        box.exchange.set_price("AAPL", Decimal("251.25"))
        box.exchange.set_price("BTC/USD", Decimal("93000"))
        await until(lambda: (latest(marks, APPLE) or before).price == Decimal("251.25"))  # type: ignore[union-attr]  # known by now
        await until(lambda: (latest(marks, COIN) or before).price == 93000)  # type: ignore[union-attr]  # known by now
    streamed = latest(marks, APPLE)
    assert streamed is not None
    assert streamed.source == "STREAM"
    assert streamed.bid is not None
    assert streamed.previous_close is not None


async def test_what_is_followed_later_is_priced_too(line: Line, box: Sandbox) -> None:
    line.follow(frozenset({APPLE}))
    microsoft = instrument_of("MSFT", "us_equity")
    async with pricing(line) as marks:
        await until(lambda: latest(marks, APPLE))
        line.follow(frozenset({microsoft}))
        await until(lambda: latest(marks, microsoft))
        await until(lambda: any(s.wants("trades", "MSFT") for s in box.alpaca.prices.sessions))
        assert not any(s.wants("trades", "AAPL") for s in box.alpaca.prices.sessions)


@pytest.mark.parametrize("code", [402, 405, 406, 408, 409])
async def test_a_stream_that_is_refused_leaves_the_polls(
    line: Line, box: Sandbox, code: int
) -> None:
    text = f'[{{"T":"error","code":{code},"msg":"no"}}]'
    box.faults.add("replace_frame", path="/v2/iex", containing="authenticated", text=text, count=0)
    line.follow(frozenset({APPLE}))
    async with pricing(line) as marks:
        await until(lambda: latest(marks, APPLE))
    assert latest(marks, APPLE)


async def test_more_symbols_than_the_plan_allows_are_cut_to_what_it_allows(
    line: Line, box: Sandbox
) -> None:
    many = frozenset(instrument_of(f"X{index:02}", "us_equity") for index in range(40))
    line.follow(many | {APPLE})
    async with pricing(line) as marks:
        await until(lambda: latest(marks, APPLE))
        await until(lambda: any(s.wants("trades", "AAPL") for s in box.alpaca.prices.sessions))
        (session,) = box.alpaca.prices.sessions
        assert sum(session.wants("trades", one.symbol) for one in many) == 29


async def test_more_symbols_than_the_plan_allows_take_turns(box: Sandbox) -> None:
    clock = FakeClock()
    many = [instrument_of(f"X{index:02}", "us_equity") for index in range(40)]
    async with Desk(clock=clock).line(box) as line:
        line.follow(frozenset(many))
        async with pricing(line):
            seen: set[str] = set()
            for _ in range(2):
                await until(lambda: len(_subscribed(box, many)) == 30)
                seen |= _subscribed(box, many)
                await until(lambda: clock.sleeping)
                before = _subscribed(box, many)
                await clock.advance(ROTATE_EVERY)
                await until(lambda before=before: _subscribed(box, many) != before)  # type: ignore[misc]  # bound at once
    assert seen == {one.symbol for one in many}


def _subscribed(box: Sandbox, many: list[Instrument]) -> set[str]:
    sessions = box.alpaca.prices.sessions
    return {one.symbol for one in many if any(s.wants("trades", one.symbol) for s in sessions)}


async def test_a_lost_price_stream_is_told(line: Line, box: Sandbox) -> None:
    line.follow(frozenset({APPLE}))
    marks = line.marks()
    await anext(aiter(marks))
    await until(lambda: box.alpaca.prices.sessions)
    await box.inflict("cut_streams")
    with pytest.raises(Unreachable):
        await to_its_loss(marks)


async def test_what_is_streamed_is_not_polled_and_what_is_not_is(box: Sandbox) -> None:
    clock = FakeClock()

    def asked(path: str) -> int:
        return sum(entry.path.startswith(path) for entry in box.log.entries)

    async with Desk(clock=clock).line(box) as line:
        line.follow(frozenset({APPLE, CALL}))
        async with pricing(line) as marks:
            await until(lambda: latest(marks, APPLE) and latest(marks, CALL))
            assert isinstance(line._prices, Prices)
            ticker = line._prices._tickers["stocks"]
            await until(lambda: ticker.streamed)
            stocks, options = (asked(path) for path in SNAPSHOTS)
            for _ in range(3):
                before = asked(SNAPSHOTS[1])
                await clock.advance(10)
                await until(lambda before=before: asked(SNAPSHOTS[1]) > before)  # type: ignore[misc]  # bound at once
                await until(lambda: clock.sleeping)
            assert asked(SNAPSHOTS[0]) == stocks
            assert asked(SNAPSHOTS[1]) == options + 3
