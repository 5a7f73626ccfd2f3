"""What something trades at now: the live price if there is one, else the broker is asked."""

import asyncio
from collections.abc import Iterable

from brokers.contract import Broker
from brokers.market_hours import is_open
from domain.books import Market
from domain.connection import Connection
from domain.errors import BrokerError
from domain.holding import Mark
from domain.ids import InstrumentId
from domain.instrument import AssetClass, Instrument
from trading.ports import Ports


class Prices:
    """Prices for decisions; one that cannot be had is left out, which limits take for a no."""

    def __init__(self, ports: Ports) -> None:
        self._live, self._clock = ports.live, ports.clock

    async def marks(
        self, connection: Connection, broker: Broker, instruments: Iterable[Instrument]
    ) -> dict[InstrumentId, Mark]:
        """By what is held: the pair of a coin has the coin's price."""
        found: dict[InstrumentId, Mark] = {}
        unknown = []
        for instrument in instruments:
            mark = self._live(connection.id, instrument.held_as)
            if mark is None:
                unknown.append(instrument)
            else:
                found[instrument.held_as] = mark
        names = {instrument.id: instrument.held_as for instrument in unknown}
        for mark in await _quotes(broker, unknown):
            found[names.get(mark.instrument_id, mark.instrument_id)] = mark
        return found

    async def market(
        self, connection: Connection, broker: Broker, instruments: tuple[Instrument, ...]
    ) -> Market:
        """What the gate before an order has to know of the outside."""
        marks = await self.marks(connection, broker, instruments)
        now = self._clock.now()
        classes = {instrument.asset_class for instrument in instruments}
        # The calendars take a second to load, which is not the event loop's to wait for.
        hours = [await asyncio.to_thread(is_open, each, now) for each in sorted(classes)]
        return Market(marks={name: mark.price for name, mark in marks.items()}, open=all(hours))

    async def warm(self) -> None:
        """Load the calendars, so that the first order does not wait for them."""
        await asyncio.to_thread(is_open, AssetClass.EQUITY, self._clock.now())


async def _quotes(broker: Broker, instruments: list[Instrument]) -> Iterable[Mark]:
    if not instruments:
        return ()
    try:
        return await broker.quotes(instruments)
    except BrokerError:
        return ()
