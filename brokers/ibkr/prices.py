"""Live prices: of positions by what they are worth, of all else by market data.

A position's live value needs no market data subscription and is pushed about once a second. Where
none was bought, market data comes delayed by 15 to 20 minutes and is dated so.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from brokers.ibkr import parse, said
from brokers.ibkr.catalog import Catalog, tradable
from brokers.ibkr.link import Link
from domain.clock import Clock
from domain.errors import RateLimited, Refused, Unreachable
from domain.holding import Mark, MarkSource
from domain.ids import InstrumentId
from domain.instrument import Instrument
from domain.money import EXACT

# In seconds: a snapshot of market data takes up to eleven; the first word on a position about one.
_SNAPSHOT, FIRST_WORD = 12.0, 2.0
# Live where it was bought, else delayed.
_DELAYED_IF_NEED_BE = 3
_DELAY = timedelta(minutes=15)
_BID, _ASK, _LAST, _CLOSE = {1, 66}, {2, 67}, {4, 68}, {9, 75}
_STAMPS, _DELAYED = {45, 88}, {66, 67, 68, 75, 88}
# A user has a hundred lines of market data unless more are bought.
_MOST, _AT_ONCE = 80, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked:
    """What market data told of one instrument so far."""

    bid: Decimal | None = None
    ask: Decimal | None = None
    last: Decimal | None = None
    close: Decimal | None = None
    at: datetime | None = None
    delayed: bool = False

    def and_(self, tick: said.Tick) -> "Ticked":
        """With one more word; a price of zero or less is no price there."""
        told = replace(self, delayed=self.delayed or tick.kind in _DELAYED)
        if tick.kind in _STAMPS and tick.text.isdigit():
            return replace(told, at=datetime.fromtimestamp(int(tick.text), UTC))
        price = tick.price if tick.price is not None and tick.price > 0 else None
        for kinds, name in ((_BID, "bid"), (_ASK, "ask"), (_LAST, "last"), (_CLOSE, "close")):
            if tick.kind in kinds:
                return replace(told, **{name: price})  # type: ignore[arg-type]  # all are prices
        return told

    def mark(self, instrument: Instrument, now: datetime, source: MarkSource) -> Mark | None:
        """The last price, else the middle; None before either is known."""
        price = self.last
        if price is None and self.bid is not None and self.ask is not None:
            price = EXACT.divide(EXACT.add(self.bid, self.ask), Decimal(2))
        if price is None:
            return None
        return Mark(
            instrument_id=instrument.id,
            price=price,
            currency=instrument.currency,
            as_of=self.at or (now - _DELAY if self.delayed else now),
            source=source,
            bid=self.bid,
            ask=self.ask,
            previous_close=self.close,
        )


@dataclass(slots=True)
class _Worth:
    """A position whose value is told; `number` of its subscription."""

    instrument: Instrument
    mark: Mark | None = None
    number: int = -1


class Prices:
    """What is followed, and the latest mark of each."""

    def __init__(self, link: Link, catalog: Catalog, clock: Clock) -> None:
        self._link, self._catalog, self._clock = link, catalog, clock
        self._worth: dict[tuple[str, int], _Worth] = {}
        self._quoted: dict[InstrumentId, int] = {}
        self._wanted: frozenset[Instrument] = frozenset()
        self._changed, self._arrived = asyncio.Event(), asyncio.Event()
        self._news: dict[InstrumentId, Mark] = {}
        self._typed, self._losses = False, 0

    def forget(self) -> None:
        """Nothing is subscribed to any more: the connection ended, or its data were lost."""
        self._worth.clear()
        self._quoted.clear()
        self._typed, self._losses = False, self._losses + 1
        self._changed.set()

    async def value(
        self, account: str, held: Sequence[tuple[int, Instrument]], traded: Callable[[int], bool]
    ) -> tuple[Mark, ...]:
        """Marks of an account's positions by number; new ones have two seconds to be told."""
        wanted = {(account, number): instrument for number, instrument in held}
        gone = [key for key in self._worth if key[0] == account and key not in wanted]
        new = [key for key in wanted if key not in self._worth]
        for key in gone:
            number = self._worth.pop(key).number
            await self._link.unsubscribe(
                "worth", "CANCEL_PNL_SINGLE", number, lambda client, n: client.cancelPnLSingle(n)
            )
        for key in new:
            await self._follow_worth(key, wanted[key], traded)
        await self._first_words([self._worth[key] for key in new if key in self._worth])
        told = (self._worth[key].mark for key in wanted if key in self._worth)
        return tuple(mark for mark in told if mark is not None)

    async def quotes(self, instruments: Sequence[Instrument]) -> tuple[Mark, ...]:
        """The latest prices; what is not told or not allowed is left out."""
        found: list[Mark | None] = []
        for first in range(0, len(instruments), _AT_ONCE):
            batch = instruments[first : first + _AT_ONCE]
            found += await asyncio.gather(*(self._quote(one) for one in batch))
        return tuple(mark for mark in found if mark is not None)

    def follow(self, instruments: frozenset[Instrument]) -> None:
        """What `marks` is to bring besides positions."""
        if instruments != self._wanted:
            self._wanted = instruments
            self._changed.set()

    async def marks(self) -> AsyncIterator[Mark]:
        """Each newest price; a slow reader misses those in between."""
        await self._link.connected()
        losses = self._losses
        while losses == self._losses:
            await self._adjust()
            self._arrived.clear()
            news, self._news = self._news, {}
            for mark in news.values():
                yield mark
            if not self._news:
                await self._wait()
        raise Unreachable("the Gateway's prices are lost")

    async def _wait(self) -> None:
        waits = [asyncio.ensure_future(each.wait()) for each in (self._arrived, self._changed)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()

    def _post(self, mark: Mark | None) -> None:
        if mark is not None:
            self._news[mark.instrument_id] = mark
            self._arrived.set()

    async def _follow_worth(
        self, key: tuple[str, int], instrument: Instrument, traded: Callable[[int], bool]
    ) -> None:
        account, con_id = key
        worth = self._worth[key] = _Worth(instrument)

        def take(word: said.Said) -> None:
            if isinstance(word, said.Profit):
                now = self._clock.now()
                worth.mark = parse.mark(instrument, word, now, traded_today=traded(con_id))
                self._post(worth.mark)

        worth.number = await self._link.subscribe(
            "worth",
            "REQ_PNL_SINGLE",
            lambda client, number: client.reqPnLSingle(number, account, "", con_id),
            take,
        )

    async def _first_words(self, worths: Sequence[_Worth]) -> None:
        try:
            async with asyncio.timeout(FIRST_WORD):
                while any(worth.mark is None for worth in worths):
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            pass  # a position without a price is shown without one

    async def _adjust(self) -> None:
        """Subscribe to what is wanted and not held, as far as one client may."""
        self._changed.clear()
        valued = {worth.instrument.id for worth in self._worth.values()}
        wanted = {one.id: one for one in self._wanted if one.id not in valued}
        for gone in self._quoted.keys() - wanted.keys():
            number = self._quoted.pop(gone)
            await self._link.unsubscribe(
                "prices", "CANCEL_MKT_DATA", number, lambda client, n: client.cancelMktData(n)
            )
        for new in wanted.keys() - self._quoted.keys():
            if len(self._quoted) < _MOST:
                await self._subscribe(wanted[new])

    async def _subscribe(self, instrument: Instrument) -> None:
        told = Ticked()

        def take(word: said.Said) -> None:
            nonlocal told
            if isinstance(word, said.Tick):
                told = told.and_(word)
                self._post(told.mark(instrument, self._clock.now(), MarkSource.STREAM))

        try:
            contract = await self._priced(instrument)
        except Refused:
            self._quoted[instrument.id] = -1
            return
        self._quoted[instrument.id] = await self._link.subscribe(
            "prices",
            "REQ_MKT_DATA",
            lambda client, n: client.reqMktData(n, contract, "", False, False, []),  # noqa: FBT003 (the library's)
            take,
        )

    async def _quote(self, instrument: Instrument) -> Mark | None:
        try:
            contract = await self._priced(instrument)
            words = await self._link.ask(
                "quotes",
                "REQ_MKT_DATA",
                lambda client, n: client.reqMktData(n, contract, "", True, False, []),  # noqa: FBT003 (the library's)
                patience=_SNAPSHOT,
                endless=True,
            )
        except RateLimited:
            raise
        except Refused:
            return self._worth_of(instrument)
        told = Ticked()
        for word in words:
            if isinstance(word, said.Tick):
                told = told.and_(word)
        mark = told.mark(instrument, self._clock.now(), MarkSource.QUOTE)
        return mark or self._worth_of(instrument)

    def _worth_of(self, instrument: Instrument) -> Mark | None:
        found = (one.mark for one in self._worth.values() if one.instrument.id == instrument.id)
        return next(found, None)

    async def _priced(self, instrument: Instrument) -> Any:
        """The contract to ask of; the Gateway is told once what kind of prices will do."""
        if not self._typed:
            self._typed = True
            await self._link.tell(
                "market_data_type",
                "REQ_MARKET_DATA_TYPE",
                lambda client: client.reqMarketDataType(_DELAYED_IF_NEED_BE),
            )
        return tradable(await self._catalog.details(instrument))
