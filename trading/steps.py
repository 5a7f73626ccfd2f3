"""The steps of price and quantity that brokers told, kept for a while."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from brokers.contract import Broker
from domain.account import Environment
from domain.connection import Connection
from domain.errors import BrokerError
from domain.ids import InstrumentId
from domain.instrument import AssetClass, Instrument
from domain.ticket_options import Increments
from trading.ports import Ports

# Brokers change them rarely, and overnight.
_KEPT_SECONDS = 900.0
_MOST = 10_000
_Key = tuple[str, Environment, InstrumentId]


@dataclass(frozen=True, slots=True)
class _Told:
    increments: Increments
    until_seconds: float


class Steps:
    """Asked for once by whoever orders first; what a broker cannot say now denies nothing."""

    def __init__(self, ports: Ports) -> None:
        self._clock = ports.clock
        self._kept: dict[_Key, _Told] = {}

    async def of(
        self, connection: Connection, broker: Broker, instruments: Iterable[Instrument]
    ) -> Mapping[InstrumentId, Increments]:
        """By instrument; of a combination, and where the broker does not answer, all is unknown."""
        asked = [each for each in instruments if each.asset_class is not AssetClass.MULTI_LEG]
        found = await asyncio.gather(*(self._one(connection, broker, each) for each in asked))
        return {each.id: steps for each, steps in zip(asked, found, strict=True)}

    async def _one(
        self, connection: Connection, broker: Broker, instrument: Instrument
    ) -> Increments:
        key = (connection.broker, connection.environment, instrument.id)
        now = self._clock.monotonic()
        kept = self._kept.get(key)
        if kept is not None and now < kept.until_seconds:
            return kept.increments
        try:
            told = await broker.increments(instrument)
        except BrokerError:
            return Increments()
        if len(self._kept) >= _MOST:
            self._kept.clear()
        self._kept[key] = _Told(told, until_seconds=now + _KEPT_SECONDS)
        return told
