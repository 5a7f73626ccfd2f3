"""Live prices of what is followed: streamed where Alpaca lets us, polled where it does not."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import NoReturn

from brokers.alpaca.client import Client
from brokers.alpaca.quotes import (
    MARKETS,
    Market,
    mark_of,
    market_of,
    newer,
    snapshots,
    symbols,
    ticked,
)
from brokers.alpaca.symbols import symbol_of
from brokers.alpaca.ticker import Declined, Ticker
from brokers.waiting import Watchers, first, together
from brokers.wire import Row
from domain.clock import Clock
from domain.errors import (
    BrokerError,
    CredentialsRejected,
    NotPermitted,
    RateLimited,
    Refused,
)
from domain.holding import Mark
from domain.ids import InstrumentId
from domain.instrument import Instrument

# What the stream does not bring is asked for this often, in seconds.
POLL_EVERY = 10.0
# Everything is asked for this often, as the stream does not bring the previous close.
REFRESH_EVERY = 3600.0
# How long to poll instead after a refusal that a reconnect does not mend: plan, connections.
RETRY_EVERY = 300.0


class Prices:
    """What is followed and the latest mark of each."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client, self._clock = client, clock
        self._wanted: frozenset[Instrument] = frozenset()
        self._named: dict[str, Mapping[str, list[Instrument]]] = {}
        self._latest: dict[InstrumentId, Mark] = {}
        self._news: dict[InstrumentId, Mark] = {}
        self._arrived = asyncio.Event()
        self._watchers = Watchers()
        self._tickers = {
            market.name: self._ticker(market, market.stream)
            for market in MARKETS
            if market.stream is not None
        }

    def follow(self, instruments: frozenset[Instrument]) -> None:
        """Replace what is wanted; those who are at work notice."""
        if instruments == self._wanted:
            return
        self._wanted = instruments
        self._named = {market.name: symbols(instruments, market) for market in MARKETS}
        kept = {one.id for one in instruments}
        self._latest = {one: mark for one, mark in self._latest.items() if one in kept}
        self._watchers.wake()

    async def quotes(self, instruments: Sequence[Instrument]) -> tuple[Mark, ...]:
        """The latest prices by REST; what Alpaca has no price for is left out."""
        found: list[Mark] = []
        for market in MARKETS:
            named = symbols(frozenset(instruments), market)
            for symbol, row in (await self._snapshots(market, list(named))).items():
                marks = (mark_of(one, row) for one in named.get(symbol, ()))
                found += [mark for mark in marks if mark is not None]
        return tuple(found)

    async def marks(self) -> AsyncIterator[Mark]:
        """Each followed instrument's newest mark; a slow reader misses those in between."""
        streams = (self._stream(market, ticker) for market, ticker in self._streams())
        async with together(self._poll(), *streams) as tasks:
            while True:
                self._arrived.clear()
                news, self._news = self._news, {}
                for mark in news.values():
                    yield mark
                if not self._news:
                    await first(self._arrived.wait(), among=tasks)

    async def _snapshots(self, market: Market, names: list[str]) -> Mapping[str, Row]:
        """In batches; a symbol that Alpaca does not know fails its batch, which is then halved."""
        if not names:
            return {}
        if len(names) <= market.batch:
            params = {**market.params, "symbols": ",".join(names)}
            try:
                body = await self._client.read("quotes", market.snapshots, params, host="data")
                return snapshots(body, market)
            except (CredentialsRejected, NotPermitted, RateLimited):
                raise
            except Refused:
                if len(names) == 1:
                    return {}
        middle = len(names) // 2
        before = await self._snapshots(market, names[:middle])
        return {**before, **await self._snapshots(market, names[middle:])}

    async def _poll(self) -> NoReturn:
        """Ask for everything when it is new and now and then, else for what is not streamed."""
        known: set[InstrumentId] = set()
        refresh_at = self._clock.monotonic() + REFRESH_EVERY
        with self._watchers.watching() as changed:
            while True:
                changed.clear()
                if self._clock.monotonic() >= refresh_at:
                    known, refresh_at = set(), self._clock.monotonic() + REFRESH_EVERY
                wanted = self._wanted
                due = [one for one in wanted if one.id not in known or not self._streams_it(one)]
                if await self._ask(due):
                    known = {one.id for one in wanted}
                await first(changed.wait(), self._clock.sleep(POLL_EVERY))

    async def _ask(self, due: Sequence[Instrument]) -> bool:
        """Whether it worked; if not, the next round tries again, unless the keys are dead."""
        try:
            for mark in await self.quotes(due):
                self._post(newer(self._latest.get(mark.instrument_id), mark))
        except CredentialsRejected:
            raise
        except BrokerError:
            return False
        return True

    async def _stream(self, market: Market, ticker: Ticker) -> NoReturn:
        """Keep a socket open once something of this market is followed; raises when it is lost."""
        with self._watchers.watching() as changed:
            while True:
                while not self._named.get(market.name):
                    changed.clear()
                    await changed.wait()
                try:
                    await ticker.run(changed)
                except (Declined, NotPermitted):
                    await self._clock.sleep(RETRY_EVERY)

    def _ticker(self, market: Market, path: str) -> Ticker:
        return Ticker(
            self._client,
            self._clock,
            path,
            wanted=lambda: frozenset(self._named.get(market.name, ())),
            post=lambda tick: self._tick(market, tick),
        )

    def _streams(self) -> Iterator[tuple[Market, Ticker]]:
        return ((market, self._tickers[market.name]) for market in MARKETS if market.stream)

    def _streams_it(self, instrument: Instrument) -> bool:
        market = market_of(instrument)
        ticker = self._tickers.get(market.name) if market else None
        return ticker is not None and symbol_of(instrument) in ticker.streamed

    def _tick(self, market: Market, tick: Row) -> None:
        for instrument in self._named[market.name].get(tick.text("S") or "", ()):
            mark = ticked(self._latest.get(instrument.id), instrument, tick)
            if mark is not None:
                self._post(mark)

    def _post(self, mark: Mark) -> None:
        if self._latest.get(mark.instrument_id) != mark:
            self._latest[mark.instrument_id] = self._news[mark.instrument_id] = mark
            self._arrived.set()
