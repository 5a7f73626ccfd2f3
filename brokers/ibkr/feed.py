"""What a Gateway pushes, as events: orders as they change, and that holdings or cash moved."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from brokers.ibkr import said
from brokers.ibkr.book import Book
from brokers.ibkr.link import Link
from brokers.ibkr.listing import Listing
from domain.clock import Clock
from domain.errors import BrokerError
from domain.events import Alive, Stirred, StreamEvent

# A Gateway that says nothing for so long is asked for something, in seconds.
BEAT = 10.0
_CASH = frozenset({"CashBalance", "TotalCashBalance"})
# An order, and the execution that was told of it; nothing: holdings or cash moved.
_News = tuple[int, str | None] | None | BrokerError


class Feed:
    """Tells every listener all that happens, from the moment of listening on."""

    def __init__(self, clock: Clock, book: Book) -> None:
        self._clock, self._book = clock, book
        self._queues: set[asyncio.Queue[_News]] = set()
        self._held: dict[tuple[str, int], Decimal] = {}
        self._cash: dict[tuple[str, str, str], str] = {}

    def hear(self, word: said.Said) -> None:
        """Anything that the Gateway said."""
        if isinstance(word, said.Position):
            self._moved(word)
        elif (touched := self._book.heard(word)) is not None:
            self._post(touched)

    def fell(self, error: BrokerError) -> None:
        """The connection ended, or means nothing for a while."""
        self._held.clear()
        self._cash.clear()
        self._post(error)

    def positions(self, held: Mapping[tuple[str, int], said.Position]) -> None:
        """All that is held, as it was asked for."""
        self._held = {key: one.quantity for key, one in held.items()}

    def balances(self, account: str, rows: Iterable[said.Value]) -> None:
        """An account's figures, as they were asked for."""
        for row in rows:
            if row.tag in _CASH:
                self._cash[account, row.tag, row.currency] = row.text

    def value(self, word: said.Said) -> None:
        """A figure that was pushed."""
        if not isinstance(word, said.Value) or word.tag not in _CASH:
            return
        key = (word.account, word.tag, word.currency)
        if self._cash.get(key) != word.text:
            self._cash[key] = word.text
            self._post(None)

    async def events(self, link: Link, listing: Listing) -> AsyncIterator[StreamEvent]:
        """Until the connection ends, which is raised."""
        queue: asyncio.Queue[_News] = asyncio.Queue()
        self._queues.add(queue)
        try:
            await link.connected()
            yield Alive(at=self._now())
            while True:
                try:
                    # Not wait_for, which in Python 3.11 can swallow a cancellation.
                    async with asyncio.timeout(BEAT):
                        news = await queue.get()
                except TimeoutError:
                    await listing.beat()
                    yield Alive(at=self._now())
                    continue
                async for event in self._told(news, listing):
                    yield event
        finally:
            self._queues.discard(queue)

    async def _told(self, news: _News, listing: Listing) -> AsyncIterator[StreamEvent]:
        if isinstance(news, BrokerError):
            raise news
        yield Alive(at=self._now())
        if news is None:
            yield Stirred(at=self._now())
            return
        perm_id, exec_id = news
        known = self._book.of_number(perm_id)
        if known is None or known.guessed:
            return
        for report in await listing.told(known, exec_id or ""):
            yield report

    def _moved(self, word: said.Position) -> None:
        """While nobody has asked what is held, nobody can say whether it is news."""
        key = (word.account, word.contract.con_id)
        if self._held and self._held.get(key) != word.quantity:
            self._held[key] = word.quantity
            self._post(None)

    def _post(self, news: _News) -> None:
        for queue in self._queues:
            queue.put_nowait(news)

    def _now(self) -> datetime:
        return self._clock.now()
