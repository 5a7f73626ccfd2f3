"""Prices of what is followed, asked for by turns, as E*TRADE pushes none."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

from brokers.etrade.client import Client
from brokers.etrade.quotes import batches, marks
from brokers.waiting import first, together
from domain.clock import Clock
from domain.errors import BrokerError, CredentialsRejected, InstrumentNotFound
from domain.holding import Mark
from domain.ids import InstrumentId
from domain.instrument import Instrument

# How often what is followed is asked for, in seconds.
POLL_EVERY = 5.0
_PATH = "/v1/market/quote/{symbols}"
_FEW = 25


class Prices:
    """What is followed and the latest mark of each."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client, self._clock = client, clock
        self._wanted: frozenset[Instrument] = frozenset()
        self._latest: dict[InstrumentId, Mark] = {}
        self._changed = asyncio.Event()

    def follow(self, instruments: frozenset[Instrument]) -> None:
        """Replace what is wanted; whoever waits for prices notices."""
        if instruments != self._wanted:
            self._wanted = instruments
            self._changed.set()

    async def quotes(self, instruments: Sequence[Instrument]) -> tuple[Mark, ...]:
        """The latest prices, fifty at a time; what E*TRADE has no price of is left out."""
        found: list[Mark] = []
        for batch in batches(instruments):
            found += await self._asked(batch)
        return tuple(found)

    async def _asked(self, batch: Mapping[str, list[Instrument]]) -> tuple[Mark, ...]:
        """A symbol that is not known is left out, or fails its batch, which is then halved."""
        many = {"overrideSymbolCount": "true"} if len(batch) > _FEW else {}
        params = {"detailFlag": "ALL", "skipMiniOptionsCheck": "true", **many}
        try:
            symbols = ",".join(batch)
            return marks(await self._client.read("quotes", _PATH, params, symbols=symbols), batch)
        except InstrumentNotFound:
            if len(batch) == 1:
                return ()
        named, middle = list(batch.items()), len(batch) // 2
        before = await self._asked(dict(named[:middle]))
        return (*before, *await self._asked(dict(named[middle:])))

    async def marks(self) -> AsyncIterator[Mark]:
        """Each new price of what is followed; nothing is asked for while nothing is.

        Ends in CredentialsRejected when the sign-in does, of which nobody else would be told.
        """
        async with together(self._client.session.kept()) as keeping:
            while True:
                self._changed.clear()
                for mark in await self._news():
                    yield mark
                if self._wanted:
                    await first(self._changed.wait(), self._clock.sleep(POLL_EVERY), among=keeping)
                else:
                    await first(self._changed.wait(), among=keeping)

    async def _news(self) -> list[Mark]:
        """What is new of it; a round that fails is left to the next, unless the sign-in is over."""
        wanted = self._wanted
        try:
            told = await self.quotes(tuple(wanted)) if wanted else ()
        except CredentialsRejected:
            raise
        except BrokerError:
            return []
        news = [mark for mark in told if self._latest.get(mark.instrument_id) != mark]
        self._latest = {mark.instrument_id: mark for mark in told}
        return news
