"""Alpaca's market data as marks: what a trade, a quote or a snapshot says of a price."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from brokers.alpaca.symbols import symbol_of
from brokers.wire import Row
from domain.holding import Mark, MarkSource
from domain.instrument import AssetClass, Instrument
from domain.money import EXACT

_HALF = Decimal("0.5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Where the prices of some asset classes come from; `stream` is None where none is readable.

    `nested` says whether snapshots come under a name of their own; `batch` is how many at once.
    """

    name: str
    snapshots: str
    params: Mapping[str, str]
    nested: bool
    batch: int
    stream: str | None


# IEX is the feed that every plan has; the consolidated tape is a paid one.
STOCKS = Market(
    name="stocks",
    snapshots="/v2/stocks/snapshots",
    params={"feed": "iex"},
    nested=False,
    batch=200,
    stream="/v2/iex",
)
CRYPTO = Market(
    name="crypto",
    snapshots="/v1beta3/crypto/us/snapshots",
    params={},
    nested=True,
    batch=100,
    stream="/v1beta3/crypto/us",
)
# The option stream speaks MessagePack only (vendor documentation, 2026), so options are polled.
OPTIONS = Market(
    name="options",
    snapshots="/v1beta1/options/snapshots",
    params={"feed": "indicative", "limit": "100"},
    nested=True,
    batch=100,
    stream=None,
)

MARKETS = (STOCKS, CRYPTO, OPTIONS)
_BY_CLASS: Mapping[AssetClass, Market] = {
    AssetClass.EQUITY: STOCKS,
    AssetClass.ETF: STOCKS,
    AssetClass.CRYPTO: CRYPTO,
    AssetClass.OPTION: OPTIONS,
}


def market_of(instrument: Instrument) -> Market | None:
    """Where its price comes from, None if Alpaca has none."""
    return _BY_CLASS.get(instrument.asset_class)


def snapshots(body: object, market: Market) -> Mapping[str, Row]:
    """The snapshots of an answer, by symbol."""
    outer = Row(body, "the snapshots")
    inner = outer.need_row("snapshots") if market.nested else outer
    found = ((symbol, inner.row(symbol)) for symbol in inner)
    return {symbol: row for symbol, row in found if row is not None}


def mark_of(instrument: Instrument, snapshot: Row) -> Mark | None:
    """The mark that a snapshot amounts to, None if it has no price."""
    trade, quote = snapshot.row("latestTrade"), snapshot.row("latestQuote")
    before = snapshot.row("prevDailyBar")
    price, at = _price(trade, quote)
    if price is None or at is None:
        return None
    return Mark(
        instrument_id=instrument.id,
        price=price,
        currency=instrument.currency,
        as_of=at,
        source=MarkSource.QUOTE,
        bid=quote.amount("bp") if quote else None,
        ask=quote.amount("ap") if quote else None,
        previous_close=before.amount("c") if before else None,
    )


def ticked(known: Mark | None, instrument: Instrument, tick: Row) -> Mark | None:
    """The mark after a trade or a quote of the stream; None if the message brings no price."""
    is_trade = tick.text("T") == "t"
    price, at = _price(tick if is_trade else None, None if is_trade else tick)
    if price is None or at is None:
        return None
    if known is None:
        mark = Mark(
            instrument_id=instrument.id,
            price=price,
            currency=instrument.currency,
            as_of=at,
            source=MarkSource.STREAM,
        )
    elif is_trade and at >= known.as_of:
        mark = replace(known, price=price, as_of=at, source=MarkSource.STREAM)
    else:
        mark = known
    return mark if is_trade else replace(mark, bid=tick.amount("bp"), ask=tick.amount("ap"))


def newer(known: Mark | None, quoted: Mark) -> Mark:
    """The streamed mark with the close of the day before, unless what was asked for is later."""
    if known is None or known.as_of < quoted.as_of:
        return quoted
    return replace(known, previous_close=quoted.previous_close)


def symbols(instruments: frozenset[Instrument], market: Market) -> Mapping[str, list[Instrument]]:
    """Those of a market by Alpaca's symbol; a coin and its dollar pair share one."""
    found: dict[str, list[Instrument]] = {}
    for instrument in sorted(instruments, key=lambda one: one.id):
        if market_of(instrument) is market:
            found.setdefault(symbol_of(instrument), []).append(instrument)
    return found


def ticks(frame: object) -> Iterator[Row]:
    """The messages of a frame, which is a list of them, or in the documentation a single one."""
    for message in frame if isinstance(frame, list) else [frame]:
        yield Row(message, "the market data")


def _price(trade: Row | None, quote: Row | None) -> tuple[Decimal | None, datetime | None]:
    """The last trade, else the middle of bid and ask."""
    if trade is not None and (price := trade.amount("p")) is not None:
        return price, trade.moment("t")
    if quote is None:
        return None, None
    bid, ask = quote.amount("bp"), quote.amount("ap")
    if not bid or not ask:
        return None, None
    return EXACT.multiply(EXACT.add(bid, ask), _HALF), quote.moment("t")
