"""Prices of what is followed, asked for by turns, as E*TRADE pushes none."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from brokers.etrade.client import Client
from brokers.etrade.quotes import BATCH, batches, marks
from brokers.etrade.symbols import symbol_of
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
            symbols = ",".join(symbol_of(several[0]) for several in batch.values())
            many = {"overrideSymbolCount": "true"} if len(batch) > _FEW else {}
            params = {"detailFlag": "ALL", "skipMiniOptionsCheck": "true", **many}
            try:
                body = await self._client.read("quotes", _PATH, params, symbols=symbols)
            except InstrumentNotFound:
                # A batch in which nothing is known; where something is, the rest is left out.
                continue
            found += marks(body, batch)
        return tuple(found)

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


__all__ = ["BATCH", "POLL_EVERY", "Prices"]
