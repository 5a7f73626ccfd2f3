"""E*TRADE's quotes as marks, and what looking up a name finds."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from brokers.etrade import words
from brokers.etrade.symbols import instrument_of, symbol_of
from brokers.etrade.times import moment_of
from brokers.wire import Row
from domain.errors import Unintelligible
from domain.holding import Mark, MarkSource
from domain.instrument import AssetClass, Instrument, option_of
from domain.money import EXACT

# With overrideSymbolCount; 25 without.
BATCH = 50
_VIEWS = ("all", "intraday", "option", "fundamental", "week52", "mutualFund")
_PRICED = frozenset(
    {
        AssetClass.EQUITY,
        AssetClass.ETF,
        AssetClass.OPTION,
        AssetClass.INDEX,
        AssetClass.MUTUAL_FUND,
        AssetClass.MONEY_MARKET,
    }
)
_HALF = Decimal("0.5")


def batches(instruments: Sequence[Instrument]) -> list[Mapping[str, list[Instrument]]]:
    """Those that E*TRADE has prices of, by its symbol, fifty symbols at a time."""
    named: dict[str, list[Instrument]] = {}
    for instrument in sorted(instruments, key=lambda one: one.id):
        if instrument.asset_class in _PRICED and instrument.currency == "USD":
            named.setdefault(symbol_of(instrument), []).append(instrument)
    symbols = list(named)
    return [
        {symbol: named[symbol] for symbol in symbols[start : start + BATCH]}
        for start in range(0, len(symbols), BATCH)
    ]


def marks(body: Row, asked: Mapping[str, Sequence[Instrument]]) -> tuple[Mark, ...]:
    """The price of each that has one; of others there is a message at most."""
    response = body.row("quoteResponse")
    rows = response.rows("quoteData") if response else ()
    wanted = {one.id for several in asked.values() for one in several}
    found = (mark(row) for row in rows)
    return tuple(one for one in found if one is not None and one.instrument_id in wanted)


def mark(row: Row) -> Mark | None:
    """One quote; None if it says no price, or not of what."""
    try:
        instrument = instrument_of(row)
    except Unintelligible:
        return None
    views = (row.row(name) for name in _VIEWS)
    view = next((one for one in views if one is not None), Row({}, "the quote"))
    at = moment_of(view, "timeOfLastTrade") or moment_of(row, "dateTimeUTC") or _said(row)
    price = view.figure("lastTrade") or view.figure("netAssetValue")
    bid, ask = view.figure("bid") or None, view.figure("ask") or None
    if price is None and bid is not None and ask is not None:
        price = EXACT.multiply(EXACT.add(bid, ask), _HALF)
    if price is None or at is None:
        return None
    return Mark(
        instrument_id=instrument.id,
        price=price,
        currency=instrument.currency,
        as_of=at,
        source=MarkSource.QUOTE,
        bid=bid,
        ask=ask,
        previous_close=view.figure("previousClose") or None,
    )


def _said(row: Row) -> datetime | None:
    """The time as it is written out, "19:59:52 EST 12-03-2018": zones are New York's two."""
    clock, _, rest = (row.text("dateTime") or "").partition(" ")
    zone, _, day = rest.partition(" ")
    hours = {"EST": "-0500", "EDT": "-0400"}.get(zone)
    try:
        return datetime.strptime(f"{clock} {day} {hours}", "%H:%M:%S %m-%d-%Y %z").astimezone(UTC)
    except ValueError:
        return None


def looked_up(body: Row) -> tuple[Instrument, ...]:
    """What is called so, best first."""
    response = body.row("lookupResponse")
    return tuple(map(_named, response.rows("data") if response else ()))


def _named(row: Row) -> Instrument:
    word = (row.text("type") or "").upper().replace(" ", "_")
    return Instrument(
        asset_class=words.LOOKED_UP.get(word, AssetClass.OTHER),
        symbol=row.need_text("symbol"),
        currency="USD",
        name=row.words("description") or None,
    )


def contracts(body: Row) -> tuple[Instrument, ...]:
    """The options of a chain, calls and puts of a strike together."""
    response = body.row("optionChainResponse")
    pairs = response.rows("optionPair") if response else ()
    sides = (pair.row(name) for pair in pairs for name in ("call", "put"))
    found = (_contract(side) for side in sides if side is not None)
    return tuple(one for one in found if one is not None)


def _contract(row: Row) -> Instrument | None:
    return option_of(row.text("osiKey") or "")
