"""Live prices of what is followed, by the ticker channel; and prices asked for."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NoReturn

from brokers.coinbase.client import Client
from brokers.coinbase.products import Products
from brokers.coinbase.stream import Socket, connected
from brokers.waiting import Watchers, together
from brokers.wire import Row
from domain.clock import Clock
from domain.holding import Mark, MarkSource
from domain.instrument import Instrument
from domain.money import EXACT

_CHANNEL = "ticker"
_BATCH = 50
_HALF = Decimal("0.5")

Named = Mapping[str, list[Instrument]]


class Prices:
    """What is followed; coins without a product that is priced in dollars are priced elsewhere."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client, self._clock = client, clock
        self.products = Products(client, clock)
        self._wanted: frozenset[Instrument] = frozenset()
        self._watchers = Watchers()

    def follow(self, instruments: frozenset[Instrument]) -> None:
        """Replace what is wanted; those who are at work notice."""
        if instruments != self._wanted:
            self._wanted = instruments
            self._watchers.wake()

    async def quotes(self, instruments: Sequence[Instrument]) -> tuple[Mark, ...]:
        """The middle of the best bid and ask; what has no product is left out."""
        named = await self.products.priced(instruments)
        ids, found = sorted(named), list[Mark]()
        for start in range(0, len(ids), _BATCH):
            query = [("product_ids", one) for one in ids[start : start + _BATCH]]
            body = await self._client.read("quotes", "/best_bid_ask", query)
            found += [mark for row in body.rows("pricebooks") for mark in quoted(row, named)]
        return tuple(found)

    async def marks(self) -> AsyncIterator[Mark]:
        """Each price of what is followed; without a socket while nothing is."""
        with self._watchers.watching() as changed:
            while not self._wanted:
                changed.clear()
                await changed.wait()
            named: dict[str, list[Instrument]] = {}
            async with (
                connected(self._client, "ticker", "market") as socket,
                together(self._subscribe(socket, named, changed)) as tasks,
            ):
                while True:
                    for mark in ticked(await socket.hear(), named):
                        yield mark
                    for task in tasks:
                        if task.done():
                            task.result()

    async def _subscribe(
        self, socket: Socket, named: dict[str, list[Instrument]], changed: asyncio.Event
    ) -> NoReturn:
        """Tell the difference between what is followed and what was asked for, as it changes."""
        asked: set[str] = set()
        while True:
            changed.clear()
            fresh = await self.products.priced(list(self._wanted))
            named.clear()
            named.update(fresh)
            gone, new = asked - fresh.keys(), fresh.keys() - asked
            if gone:
                await socket.ask(_CHANNEL, sorted(gone), action="unsubscribe")
            if new:
                await socket.ask(_CHANNEL, sorted(new))
            asked = set(fresh)
            await changed.wait()


def quoted(book: Row, named: Named) -> Iterator[Mark]:
    """The marks of a price book that has a bid and an ask."""
    bid, ask = (_best(book, side) for side in ("bids", "asks"))
    at = book.moment("time")
    if bid and ask and at:
        middle = EXACT.multiply(EXACT.add(bid, ask), _HALF)
        for instrument in named.get(book.text("product_id") or "", ()):
            yield _mark(instrument, middle, at, MarkSource.QUOTE, bid, ask)


def ticked(frame: Row, named: Named) -> Iterator[Mark]:
    """The marks of a message of the ticker channel: the last trade, with bid and ask."""
    at = frame.moment("timestamp")
    if frame.text("channel") != _CHANNEL or at is None:
        return
    for event in frame.rows("events"):
        for row in event.rows("tickers"):
            price, bid, ask = (row.amount(name) for name in ("price", "best_bid", "best_ask"))
            if price is None:
                continue
            for instrument in named.get(row.text("product_id") or "", ()):
                yield _mark(instrument, price, at, MarkSource.STREAM, bid, ask)


def _best(book: Row, side: str) -> Decimal | None:
    levels = book.rows(side)
    return levels[0].amount("price") if levels else None


def _mark(
    instrument: Instrument,
    price: Decimal,
    at: datetime,
    source: MarkSource,
    bid: Decimal | None,
    ask: Decimal | None,
) -> Mark:
    return Mark(
        instrument_id=instrument.id,
        price=price,
        currency=instrument.currency,
        as_of=at,
        source=source,
        bid=bid,
        ask=ask,
    )
