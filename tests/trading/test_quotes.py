"""What can be traded and what it trades at, asked of the sandbox over the real line."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal

import pytest

from domain.errors import ErrorCode, Problem
from domain.holding import Mark, MarkSource
from domain.ids import AccountId, ConnectionId, InstrumentId, UserId
from domain.instrument import AssetClass
from sandbox import Sandbox
from tests.clock import START, FakeClock, rest
from tests.trading.rig import ADA, Rig
from tests.waiting import until
from trading.quotes import Quotes

CALL = "AAPL271217C00250000"


class Ticks:
    """What is streamed of the connection."""

    def __init__(self) -> None:
        self.marks: dict[InstrumentId, Mark] = {}

    def of(self, connection: ConnectionId, instrument: InstrumentId) -> Mark | None:
        """The latest."""
        return self.marks.get(instrument)

    def tick(self, id: str, price: str, year: int = 2100) -> None:
        """A price, by default newer than any other."""
        self.marks[InstrumentId(id)] = Mark(
            instrument_id=InstrumentId(id),
            price=Decimal(price),
            currency="USD",
            as_of=START.replace(year=year),
            source=MarkSource.STREAM,
        )


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def fake() -> Iterator[FakeClock]:
    clock = FakeClock()
    yield clock
    assert clock.sleeping == 0


@pytest.fixture
def quotes(made: Rig, ticks: Ticks, fake: FakeClock) -> Quotes:
    return Quotes(made.reads, made.lines, ticks.of, fake)


async def test_a_search_finds_by_symbol_first_and_then_by_name(quotes: Quotes, made: Rig) -> None:
    found = await quotes.search(ADA, "aa", None, first=10)
    assert found[0].symbol == "AAPL"
    assert found[0].name
    assert "AAPL" in [one.symbol for one in await quotes.search(ADA, "apple", None, first=10)]
    assert len(await quotes.search(ADA, "a", None, first=1)) == 1
    coins = await quotes.search(ADA, "btc", AssetClass.CRYPTO, first=10)
    assert [one.symbol for one in coins] == ["BTC/USD"]
    assert await quotes.search(ADA, "nothing is called so", None, first=10) == []
    assert sum(call.operation == "assets" for call in made.calls) == 1


async def test_options_are_found_by_what_they_are_on(quotes: Quotes) -> None:
    found = await quotes.search(ADA, "aapl", AssetClass.OPTION, first=50)
    assert found
    assert {one.option.underlying for one in found if one.option} == {"AAPL"}


@pytest.mark.parametrize("text", ["", "   ", "x" * 65])
async def test_a_search_for_nothing_or_for_a_novel_is_refused(quotes: Quotes, text: str) -> None:
    with pytest.raises(Problem) as caught:
        await quotes.search(ADA, text, None, first=10)
    assert caught.value.code is ErrorCode.BAD_INPUT


async def test_quotes_come_in_the_order_asked_for_without_what_has_no_price(
    quotes: Quotes, box: Sandbox
) -> None:
    box.exchange.set_price("AAPL", Decimal("251.5"))
    found = await quotes.quotes(ADA, ["BTC/USD", "ZZZZ", "AAPL", CALL, "AAPL"])
    assert [one.instrument.symbol for one in found] == ["BTC/USD", "AAPL", "AAPL  271217C00250000"]
    assert found[1].mark.price == Decimal("251.5")
    assert found[1].mark.source is MarkSource.QUOTE


async def test_a_newer_tick_goes_before_what_the_broker_answers(
    quotes: Quotes, ticks: Ticks
) -> None:
    ticks.tick("EQUITY:AAPL:USD", "1.23")
    ticks.tick("CRYPTO:BTC", "4.56", year=2000)
    apple, coin = await quotes.quotes(ADA, ["AAPL", "BTC/USD"])
    assert apple.mark.price == Decimal("1.23")
    assert coin.mark.source is MarkSource.QUOTE


@pytest.mark.parametrize("symbols", [[], ["aapl"], ["AAPL", "'; --"], ["AAPL"] * 101])
async def test_what_is_no_symbol_is_refused(quotes: Quotes, symbols: list[str]) -> None:
    with pytest.raises(Problem) as caught:
        await quotes.quotes(ADA, symbols)
    assert caught.value.code is ErrorCode.BAD_INPUT


async def test_without_a_connection_that_may_be_used_nobody_is_asked(quotes: Quotes) -> None:
    for user, accounts in ((UserId("eve"), None), (ADA, frozenset({AccountId("other")}))):
        with pytest.raises(Problem) as caught:
            await quotes.quotes(user, ["AAPL"], accounts=accounts)
        assert caught.value.code is ErrorCode.NOT_FOUND


async def test_updates_tell_of_ticks_at_the_next_beat_and_of_the_rest_when_asked(
    quotes: Quotes, ticks: Ticks, fake: FakeClock, box: Sandbox
) -> None:
    told: list[list[tuple[str, Decimal]]] = []

    async def listen() -> None:
        async for batch in quotes.updates(ADA, ["AAPL", "MSFT"]):
            prices = [(one.instrument.symbol, one.mark.price) for one in batch]
            told.append(prices)

    task = asyncio.create_task(listen())
    await until(lambda: len(told) == 1 and fake.sleeping == 1)
    assert [symbol for symbol, _ in told[0]] == ["AAPL", "MSFT"]
    ticks.tick("EQUITY:AAPL:USD", "1.23")
    await fake.advance(1)
    assert told[1:] == [[("AAPL", Decimal("1.23"))]]
    box.exchange.set_price("MSFT", Decimal("77.5"))
    for _ in range(3):
        await fake.advance(1)
        await rest()
    assert len(told) == 2
    await fake.advance(1)
    await until(lambda: len(told) == 3)
    assert told[2] == [("MSFT", Decimal("77.5"))]
    task.cancel()
    await asyncio.wait([task])
