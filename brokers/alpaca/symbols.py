"""Alpaca's symbols and our instruments."""

from collections.abc import Sequence
from decimal import Decimal

from brokers.alpaca.words import ASSET_CLASS
from domain.instrument import AssetClass, Instrument, option_of

_CENTS = Decimal(100)
# Longest first: BTCUSDT is Bitcoin in Tether, not BTCUSD of anything.
_QUOTES = ("USDT", "USDC", "USD", "BTC")


def instrument_of(symbol: str, asset_class: str | None) -> Instrument:
    """What an order, or an equity or option position, is in; an unknown class is kept as OTHER."""
    kind = ASSET_CLASS.get(asset_class or "", AssetClass.OTHER)
    if kind is AssetClass.CRYPTO:
        base, quote = _pair(symbol)
        return Instrument(asset_class=kind, symbol=f"{base}/{quote}", currency=quote)
    option = option_of(symbol) if kind in {AssetClass.OPTION, AssetClass.OTHER} else None
    if option is not None:
        return option
    multiplier = _CENTS if kind is AssetClass.OPTION else Decimal(1)
    return Instrument(asset_class=kind, symbol=symbol, currency="USD", multiplier=multiplier)


def holding_of(symbol: str, asset_class: str | None) -> Instrument:
    """What a position is in: crypto is held as the coin, and valued in dollars."""
    traded = instrument_of(symbol, asset_class)
    if traded.asset_class is not AssetClass.CRYPTO:
        return traded
    return Instrument(
        asset_class=AssetClass.CRYPTO, symbol=traded.symbol.partition("/")[0], currency="USD"
    )


def combination_of(legs: Sequence[Instrument]) -> Instrument:
    """What a multi-leg order is in, which Alpaca leaves blank: its underlying, if it has one."""
    roots = sorted({leg.option.underlying if leg.option else leg.symbol for leg in legs})
    return Instrument(
        asset_class=AssetClass.MULTI_LEG,
        symbol="+".join(roots) or "UNKNOWN",
        currency="USD",
        multiplier=_CENTS,
    )


def symbol_of(instrument: Instrument) -> str:
    """How Alpaca writes it in an order or a market-data request: options unpadded, coins as pairs.

    A coin is priced in dollars: BTC is asked for as BTC/USD.
    """
    match instrument.asset_class:
        case AssetClass.OPTION:
            return instrument.symbol.replace(" ", "")
        case AssetClass.CRYPTO if "/" not in instrument.symbol:
            return f"{instrument.symbol}/{instrument.currency}"
        case _:
            return instrument.symbol


def _pair(symbol: str) -> tuple[str, str]:
    """Orders write BTC/USD; positions and trade updates BTCUSD (recorded, 2022-04)."""
    base, slash, quote = symbol.partition("/")
    if slash and base and quote:
        return base, quote
    for known in _QUOTES:
        if symbol.endswith(known) and len(symbol) > len(known):
            return symbol.removesuffix(known), known
    return symbol, "USD"
