"""What Alpaca trades, to be searched: its list of assets, and the contracts on one of them."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace

from brokers.alpaca.client import Client
from brokers.alpaca.symbols import instrument_of
from brokers.wire import Row, rows
from domain.clock import Clock
from domain.instrument import AssetClass, Instrument

# New listings appear overnight, in seconds.
_KEPT = 12 * 3600.0
_MOST_CONTRACTS = "100"


class Assets:
    """The list is some ten thousand long, and read at most twice a day, when first searched."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client, self._clock = client, clock
        self._turn = asyncio.Lock()
        self._listed: tuple[Instrument, ...] = ()
        self._until = clock.monotonic()

    async def search(self, text: str, asset_class: AssetClass | None) -> Sequence[Instrument]:
        """By symbol or name, best first; options by the symbol of what they are on."""
        if asset_class is AssetClass.OPTION:
            return await self._contracts(text.upper())
        found = ((_rank(one, text.upper()), one) for one in await self._all())
        ranked = [
            (rank, one.symbol, number, one)
            for number, (rank, one) in enumerate(found)
            if rank is not None and asset_class in {None, one.asset_class}
        ]
        return [one for *_, one in sorted(ranked)]

    async def _all(self) -> tuple[Instrument, ...]:
        async with self._turn:
            if self._clock.monotonic() >= self._until:
                body = await self._client.read("assets", "/v2/assets", {"status": "active"})
                self._listed = tuple(_instruments(rows(body, "the assets")))
                self._until = self._clock.monotonic() + _KEPT
            return self._listed

    async def _contracts(self, underlying: str) -> Sequence[Instrument]:
        """The first hundred that Alpaca lists of them."""
        params = {"underlying_symbols": underlying, "limit": _MOST_CONTRACTS}
        body = await self._client.read("contracts", "/v2/options/contracts", params)
        listed = Row(body, "the contracts").rows("option_contracts")
        return [instrument_of(row.need_text("symbol"), "us_option") for row in listed]


def _instruments(listed: Sequence[Row]) -> Iterator[Instrument]:
    """What can be traded now; what has no symbol cannot."""
    for row in listed:
        symbol = row.text("symbol")
        if symbol is not None and row.flag("tradable"):
            instrument = instrument_of(symbol, row.text("class", "asset_class"))
            yield replace(instrument, name=row.words("name") or None)


def _rank(one: Instrument, text: str) -> int | None:
    """The symbol itself, its beginning, the beginning of a word of the name; None: none of it."""
    if one.symbol == text:
        return 0
    if one.symbol.startswith(text):
        return 1
    words = (one.name or "").upper()
    return 2 if words.startswith(text) or f" {text}" in words else None
