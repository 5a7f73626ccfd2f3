"""What there is to trade and what it trades at, asked through one of the user's connections."""

from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from brokers.contract import Broker
from domain.clock import Clock
from domain.connection import Connection, ConnectionState
from domain.errors import ErrorCode, Problem, RateLimited
from domain.holding import Mark
from domain.ids import AccountId, ConnectionId, InstrumentId, UserId
from domain.instrument import AssetClass, Instrument, named
from store.reads import Reads

MOST_SYMBOLS = 100
_LONGEST_SEARCH = 64
# Seconds: how often what is streamed anyway is looked at, and how often the broker is asked.
_BEAT, _ASK_EVERY = 1.0, 5.0
_WELL = frozenset({ConnectionState.ACTIVE, ConnectionState.DEGRADED})
# A pair could be read as a share class, so pairs go first.
_CLASSES = (AssetClass.CRYPTO, AssetClass.EQUITY, AssetClass.OPTION)


class Lines(Protocol):
    """Where a connection is signed in."""

    async def open(self, connection: Connection) -> Broker:
        """The line, one for all who ask."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """An instrument at its latest price."""

    instrument: Instrument
    mark: Mark


Live = Callable[[ConnectionId, InstrumentId], Mark | None]


class Quotes:
    """The oldest connection that is well is asked; `accounts` is an allowance, None for all."""

    def __init__(self, reads: Reads, lines: Lines, live: Live, clock: Clock) -> None:
        self._reads, self._lines, self._live, self._clock = reads, lines, live, clock

    async def search(
        self,
        user: UserId,
        text: str,
        asset_class: AssetClass | None,
        *,
        first: int,
        accounts: Collection[AccountId] | None = None,
    ) -> Sequence[Instrument]:
        """What can be traded whose symbol or name begins so, best first."""
        wanted = " ".join(text.split())
        if not 0 < len(wanted) <= _LONGEST_SEARCH:
            message = f"search for 1 to {_LONGEST_SEARCH} characters"
            raise Problem(ErrorCode.BAD_INPUT, message, field="search")
        _, broker = await self._line(user, accounts)
        return list(await broker.instruments(wanted, asset_class))[:first]

    async def quotes(
        self,
        user: UserId,
        symbols: Sequence[str],
        *,
        accounts: Collection[AccountId] | None = None,
    ) -> Sequence[Quote]:
        """In the order asked for; what has no price is left out."""
        instruments = [instrument_of(symbol) for symbol in _checked(symbols)]
        connection, broker = await self._line(user, accounts)
        return await self._ask(connection, broker, instruments)

    async def updates(
        self,
        user: UserId,
        symbols: Sequence[str],
        *,
        accounts: Collection[AccountId] | None = None,
    ) -> AsyncGenerator[Sequence[Quote], None]:
        """All quotes, then those that changed; what is streamed within a second, else within 5."""
        instruments = [instrument_of(symbol) for symbol in _checked(symbols)]
        connection, broker = await self._line(user, accounts)
        quotes = await self._ask(connection, broker, instruments)
        told = {quote.instrument.id: quote.mark for quote in quotes}
        yield quotes
        asked_at = self._clock.monotonic()
        while True:
            await self._clock.sleep(_BEAT)
            if self._clock.monotonic() - asked_at < _ASK_EVERY:
                quotes = self._streamed(connection, instruments)
            else:
                connection, broker = await self._line(user, accounts)
                quotes = await self._asked_again(connection, broker, instruments)
                asked_at = self._clock.monotonic()
            news = [each for each in quotes if _is_news(each.mark, told.get(each.instrument.id))]
            if news:
                told |= {quote.instrument.id: quote.mark for quote in news}
                yield news

    async def _asked_again(
        self, connection: Connection, broker: Broker, instruments: Sequence[Instrument]
    ) -> Sequence[Quote]:
        """A broker that wants to be left alone is, and asked at the next turn."""
        try:
            return await self._ask(connection, broker, instruments)
        except RateLimited:
            return self._streamed(connection, instruments)

    async def _ask(
        self, connection: Connection, broker: Broker, instruments: Sequence[Instrument]
    ) -> Sequence[Quote]:
        marks = {mark.instrument_id: mark for mark in await broker.quotes(instruments)}
        live = {one.instrument.id: one.mark for one in self._streamed(connection, instruments)}
        found = []
        for instrument in instruments:
            mark, tick = marks.get(instrument.id), live.get(instrument.id)
            newest = tick if mark is None or (tick and tick.as_of > mark.as_of) else mark
            if newest is not None:
                found.append(Quote(instrument=instrument, mark=newest))
        return found

    def _streamed(
        self, connection: Connection, instruments: Sequence[Instrument]
    ) -> Sequence[Quote]:
        """What the connection follows anyway; a pair has the price of its coin."""
        ticks = ((one, self._live(connection.id, one.held_as)) for one in instruments)
        return [
            Quote(instrument=instrument, mark=mark)
            for instrument, mark in ticks
            if mark is not None and mark.currency == instrument.currency
        ]

    async def _line(
        self, user: UserId, accounts: Collection[AccountId] | None
    ) -> tuple[Connection, Broker]:
        reaching = {each.connection_id for each in await self._reads.accounts(user, ids=accounts)}
        for connection in await self._reads.connections(user):
            well = connection.enabled and connection.health.state in _WELL
            if well and connection.id in reaching:
                return connection, await self._lines.open(connection)
        message = "prices are asked of a broker: link a connection, or repair one"
        raise Problem(ErrorCode.NOT_FOUND, message)


def instrument_of(symbol: str) -> Instrument:
    """What a canonical symbol names: AAPL, BTC/USD, AAPL260619C00190000; else Problem."""
    for asset_class in _CLASSES:
        if found := named(asset_class, symbol):
            return found
    message = "a symbol is a ticker (AAPL), a pair (BTC/USD) or an OCC symbol"
    raise Problem(ErrorCode.BAD_INPUT, message, field="symbols")


def _checked(symbols: Sequence[str]) -> Sequence[str]:
    if not 0 < len(symbols) <= MOST_SYMBOLS:
        raise Problem(ErrorCode.BAD_INPUT, f"name 1 to {MOST_SYMBOLS} symbols", field="symbols")
    return tuple(dict.fromkeys(symbols))


def _is_news(mark: Mark, told: Mark | None) -> bool:
    return told is None or (mark.as_of >= told.as_of and mark != told)
