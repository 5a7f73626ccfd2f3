"""Prices by a key of the server's own: one line asks, all connections of its broker are told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

from brokers.contract import Broker
from brokers.waiting import first
from domain.errors import CredentialsRejected, NotPermitted
from domain.holding import Mark
from domain.ids import InstrumentId, UserId
from domain.instrument import Instrument

# In whose audit the calls by a key of the server's own are written down.
HOUSE = UserId("house")
_REFUSED = "the server's own key for market data is not accepted; its settings have to be mended"


class HousePrices:
    """Opens its line when it is first needed; a line that could not be opened is tried anew."""

    def __init__(self, open_line: Callable[[], Awaitable[Broker]]) -> None:
        self._open_line, self._turn = open_line, asyncio.Lock()
        self._line: Broker | None = None
        self._latest: dict[InstrumentId, Mark] = {}
        self._listening: set[Share] = set()
        self._pump: asyncio.Future[object] | None = None

    def share(self) -> "Share":
        """Prices for one more line."""
        return Share(self)

    async def quotes(self, instruments: Sequence[Instrument]) -> Sequence[Mark]:
        """The latest prices."""
        with _excused():
            return await (await self._opened()).quotes(instruments)

    async def aclose(self) -> None:
        """Let go of the line."""
        if self._line is not None:
            await self._line.aclose()

    @asynccontextmanager
    async def telling(self, share: "Share") -> AsyncIterator[asyncio.Future[object]]:
        """Tell the share what it wants to know; what is yielded ends when prices are lost."""
        self._listening.add(share)
        pump = self._pump
        if pump is None or pump.done():
            telling: Awaitable[object] = self._tell()
            pump = self._pump = asyncio.ensure_future(telling)
        self.follow()
        try:
            yield pump
        finally:
            self._listening.discard(share)
            self.follow()
            if not self._listening and self._pump is not None:
                # Forgotten first: whoever comes while it ends begins another.
                ending, self._pump = self._pump, None
                ending.cancel()
                await asyncio.gather(ending, return_exceptions=True)

    def follow(self) -> None:
        """What any of those who listen wants is followed; what is known is told at once."""
        wanted = frozenset[Instrument]().union(*(share.wanted for share in self._listening))
        kept = {one.id for one in wanted}
        self._latest = {one: mark for one, mark in self._latest.items() if one in kept}
        if self._line is not None:
            self._line.follow(wanted)

    def known(self, instrument: Instrument) -> Mark | None:
        """The newest mark of what is followed."""
        return self._latest.get(instrument.id)

    async def _tell(self) -> None:
        with _excused():
            line = await self._opened()
            self.follow()
            async for mark in line.marks():
                self._latest[mark.instrument_id] = mark
                for share in self._listening:
                    share.tell(mark)

    async def _opened(self) -> Broker:
        async with self._turn:
            if self._line is None:
                self._line = await self._open_line()
            return self._line


class Share:
    """One line's part of the house's prices."""

    def __init__(self, house: HousePrices) -> None:
        self._house = house
        self.wanted: frozenset[Instrument] = frozenset()
        self._ids: frozenset[InstrumentId] = frozenset()
        self._news: dict[InstrumentId, Mark] = {}
        self._arrived = asyncio.Event()

    async def quotes(self, instruments: Sequence[Instrument]) -> Sequence[Mark]:
        """The latest prices."""
        return await self._house.quotes(instruments)

    def follow(self, instruments: frozenset[Instrument]) -> None:
        """Set what `marks` is to bring."""
        new = instruments - self.wanted
        self.wanted, self._ids = instruments, frozenset(one.id for one in instruments)
        self._house.follow()
        for mark in map(self._house.known, new):
            if mark is not None:
                self.tell(mark)

    def tell(self, mark: Mark) -> None:
        """Take note of a mark, if it is of anything that is wanted."""
        if mark.instrument_id in self._ids:
            self._news[mark.instrument_id] = mark
            self._arrived.set()

    async def marks(self) -> AsyncIterator[Mark]:
        """Each followed instrument's newest mark; raises when the house's prices are lost."""
        async with self._house.telling(self) as pump:
            while True:
                self._arrived.clear()
                news, self._news = self._news, {}
                for mark in news.values():
                    yield mark
                if not self._news:
                    await first(self._arrived.wait(), among=[pump])
                    if pump.done() and not self._news:
                        return


@contextmanager
def _excused() -> Iterator[None]:
    """That the house's key is refused says nothing of anybody's own."""
    try:
        yield
    except CredentialsRejected:
        pass
    else:
        return
    raise NotPermitted(_REFUSED)
