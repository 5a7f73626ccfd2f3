"""Prices: one seeded walk for each instrument, moved by hand or by a timer."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from sandbox.instruments import Instrument

_STEPS = 8
"""A walk moves by at most this many twenty-thousandths of the price at a time."""
_GAP = 150
"""Overnight it jumps by at most this many ten-thousandths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """One instrument's prices at a moment, a unit in its currency, with the day's range."""

    bid: Decimal
    ask: Decimal
    last: Decimal
    open: Decimal
    high: Decimal
    low: Decimal
    previous_close: Decimal
    volume: int
    at: datetime

    def traded(self, price: Decimal, instrument: Instrument, at: datetime) -> "Quote":
        """The quote after a trade at `price`."""
        step = instrument.increment(price)
        half = max(step, _to_step(price / 10_000, step))
        return replace(
            self,
            bid=max(price - half, step),
            ask=price + half,
            last=price,
            high=max(self.high, price),
            low=min(self.low, price),
            volume=self.volume + 100,
            at=at,
        )


class Market:
    """The quotes of all instruments; the same seed and the same steps give the same prices.

    Each of the `others` has a walk of its own, so that one more of them moves nothing else.
    """

    def __init__(
        self,
        instruments: Iterable[Instrument],
        seed: int,
        at: datetime,
        others: Iterable[Instrument] = (),
    ) -> None:
        self.instruments = {one.symbol: one for one in instruments}
        self._walk = random.Random(f"{seed}:prices")
        self._walks: dict[str, random.Random] = {}
        for one in others:
            self.instruments[one.symbol] = one
            self._walks[one.symbol] = random.Random(f"{seed}:prices:{one.symbol}")
        self.quotes = {symbol: _opening(one, at) for symbol, one in self.instruments.items()}

    def step(self, at: datetime) -> None:
        """Move every price by one step of its walk."""
        for symbol, quote in self.quotes.items():
            move = quote.last * self._random(symbol).randint(-_STEPS, _STEPS) / 20_000
            self.set(symbol, quote.last + move, at)

    def set(self, symbol: str, price: Decimal, at: datetime) -> None:
        """Let `symbol` trade at `price`, rounded to its increment."""
        instrument = self.instruments[symbol]
        rounded = max(_round(price, instrument), instrument.increment(Decimal(0)))
        self.quotes[symbol] = self.quotes[symbol].traded(rounded, instrument, at)

    def next_day(self, at: datetime) -> None:
        """Close the day: the last price becomes yesterday's close, and the next opens off it."""
        for symbol, quote in self.quotes.items():
            gap = quote.last * self._random(symbol).randint(-_GAP, _GAP) / 10_000
            price = _round(quote.last + gap, self.instruments[symbol])
            flat = replace(quote, previous_close=quote.last, open=price, high=price, low=price)
            self.quotes[symbol] = replace(flat, volume=0)
            self.set(symbol, price, at)

    def rate(self, currency: str) -> Decimal:
        """What one unit of `currency` is worth in USD, at the last price."""
        if currency == "USD":
            return Decimal(1)
        direct = self.quotes.get(f"{currency}.USD")
        return direct.last if direct else 1 / self.quotes[f"USD.{currency}"].last

    def _random(self, symbol: str) -> random.Random:
        return self._walks.get(symbol, self._walk)


def _round(price: Decimal, instrument: Instrument) -> Decimal:
    return _to_step(price, instrument.increment(price))


def _to_step(value: Decimal, step: Decimal) -> Decimal:
    return (value / step).quantize(Decimal(1), ROUND_HALF_EVEN) * step


def _opening(instrument: Instrument, at: datetime) -> Quote:
    price = instrument.opening
    flat = Quote(
        bid=price,
        ask=price,
        last=price,
        open=price,
        high=price,
        low=price,
        previous_close=price,
        volume=0,
        at=at,
    )
    return flat.traded(price, instrument, at)
