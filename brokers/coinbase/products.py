"""What Coinbase trades: its products, to be searched and to be priced."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from brokers.coinbase.client import Client
from brokers.coinbase.parse import increments, product_rows
from brokers.coinbase.symbols import pair_of, product_of
from brokers.wire import Row
from domain.clock import Clock
from domain.instrument import AssetClass, Instrument
from domain.ticket_options import Increments

# New listings appear now and then, in seconds.
_KEPT = 6 * 3600.0


class Products:
    """The list is some hundreds long, and read when it is first needed, then four times a day."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client, self._clock = client, clock
        self._turn = asyncio.Lock()
        self._listed: Mapping[str, Row] = {}
        self._until = clock.monotonic()

    async def listed(self) -> Mapping[str, Row]:
        """All of them, by their id."""
        async with self._turn:
            if self._clock.monotonic() >= self._until:
                self._listed = product_rows(await self._client.read("products", "/products"))
                self._until = self._clock.monotonic() + _KEPT
            return self._listed

    async def priced(self, instruments: Sequence[Instrument]) -> Mapping[str, list[Instrument]]:
        """Instruments by the product that they are priced by; those without one are left out."""
        listed = await self.listed() if instruments else {}
        found: dict[str, list[Instrument]] = {}
        for instrument in sorted(instruments, key=lambda one: one.id):
            product_id = product_of(instrument)
            if product_id in listed:
                found.setdefault(product_id, []).append(instrument)
        return found

    async def increments(self, instrument: Instrument) -> Increments:
        """The steps of a product as they are now."""
        body = await self._client.read(
            "product", "/products/{product_id}", product_id=product_of(instrument)
        )
        return increments(body)

    async def search(self, text: str, asset_class: AssetClass | None) -> Sequence[Instrument]:
        """By pair, coin or the coin's name, best first; what cannot be ordered now is left out."""
        ranked = []
        for product_id, row in (await self.listed()).items():
            instrument = replace(
                pair_of(product_id, row.text("product_type")), name=row.words("base_name") or None
            )
            rank = _rank(instrument, text.upper())
            wanted = asset_class in {None, instrument.asset_class}
            if rank is not None and wanted and increments(row).tradable:
                ranked.append((rank, instrument.symbol, instrument))
        return [one for *_, one in sorted(ranked, key=lambda each: each[:2])]


def _rank(one: Instrument, text: str) -> int | None:
    """The pair, the coin, the beginning of either or of the name; None: none of it."""
    coin, name = one.symbol.partition("/")[0], (one.name or "").upper()
    if text in {one.symbol, one.symbol.replace("/", "-")}:
        return 0
    if text == coin:
        return 1
    return 2 if one.symbol.startswith(text) or name.startswith(text) else None
