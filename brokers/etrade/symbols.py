"""E*TRADE's products and our instruments."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from brokers.etrade.words import ASSET_CLASS
from brokers.wire import Row
from domain.errors import InvalidTicket
from domain.instrument import AssetClass, Instrument, option_of
from domain.money import plain

_DOLLARS = "USD"
_HUNDRED = Decimal(100)
_SECURITY_TYPE = {kind: word for word, kind in ASSET_CLASS.items()} | {AssetClass.ETF: "EQ"}
_MOST_ROOT = 6


def instrument_of(holder: Row) -> Instrument:
    """What a position, an order's leg or a quote is in; an unknown class is kept as OTHER.

    An option is known by its OCC symbol, padded with dashes there (`osiKey`, or the product's id),
    else by its terms. Unintelligible if nothing is named.
    """
    product = holder.need_row("product")
    kind = ASSET_CLASS.get(product.text("securityType") or "", AssetClass.OTHER)
    if kind is AssetClass.OPTION and (option := _option(holder, product)) is not None:
        return option
    return Instrument(
        asset_class=kind,
        symbol=product.need_text("symbol"),
        currency=_DOLLARS,
        multiplier=_HUNDRED if kind is AssetClass.OPTION else Decimal(1),
    )


def _option(holder: Row, product: Row) -> Instrument | None:
    """The terms win over the symbols: a documented sample has a `productId` of another contract."""
    found = _by_terms(product)
    if found is not None:
        return found
    named = product.row("productId")
    symbols = (holder.text("osiKey"), named.text("symbol") if named else None)
    options = (option_of(symbol) for symbol in symbols if symbol)
    return next((option for option in options if option is not None), None)


def _by_terms(product: Row) -> Instrument | None:
    symbol, strike = product.text("symbol"), product.amount("strikePrice")
    parts = tuple(product.amount(f"expiry{part}") for part in ("Year", "Month", "Day"))
    right = (product.text("callPut") or "")[:1].upper()
    if symbol is None or strike is None or len(symbol) > _MOST_ROOT or None in parts:
        return None
    year, month, day = (int(part or 0) for part in parts)
    thousandths = int(strike * 1000)
    return option_of(f"{symbol}{year % 100:02}{month:02}{day:02}{right}{thousandths:08}")


def product_of(instrument: Instrument) -> Mapping[str, object]:
    """How an order names it; InvalidTicket for what E*TRADE has no word for."""
    kind = _SECURITY_TYPE.get(instrument.asset_class)
    if kind is None:
        raise InvalidTicket(f"E*TRADE trades no {instrument.asset_class}")
    option = instrument.option
    if option is None:
        return {"securityType": kind, "symbol": instrument.symbol}
    return {
        "securityType": kind,
        "symbol": option.underlying,
        "callPut": option.right.value,
        "expiryYear": f"{option.expiry.year}",
        "expiryMonth": f"{option.expiry.month:02}",
        "expiryDay": f"{option.expiry.day:02}",
        "strikePrice": plain(option.strike),
    }


def symbol_of(instrument: Instrument) -> str:
    """How a quote is asked for: AAPL, or AAPL:2026:1:16:CALL:150 for an option."""
    option = instrument.option
    if option is None:
        return instrument.symbol
    expiry = option.expiry
    terms = (expiry.year, expiry.month, expiry.day, option.right.value, _bare(option.strike))
    return ":".join([option.underlying, *map(str, terms)])


def combination_of(legs: Sequence[Instrument]) -> Instrument:
    """What an order with several legs is in: their underlyings."""
    roots = sorted({leg.option.underlying if leg.option else leg.symbol for leg in legs})
    return Instrument(
        asset_class=AssetClass.MULTI_LEG,
        symbol="+".join(roots),
        currency=_DOLLARS,
        multiplier=_HUNDRED,
    )


def order_type(legs: Sequence[Instrument]) -> str:
    """E*TRADE's word for an order with these legs; InvalidTicket if it has none.

    Told by the number of legs, and of four by strikes and rights.
    """
    options = [leg.option for leg in legs if leg.option is not None]
    if len(options) == 1 and len(legs) == 2:  # noqa: PLR2004 (shares and a call)
        return "BUY_WRITES"
    if len(options) != len(legs):
        raise InvalidTicket("E*TRADE combines options, or shares and one option")
    rights, strikes = {one.right for one in options}, {one.strike for one in options}
    match len(legs):
        case 2:
            return "SPREADS"
        case 3:
            return "BUTTERFLY"
        case 4 if len(rights) == 1:
            return "CONDOR"
        case 4 if len(strikes) < len(legs):
            return "IRON_BUTTERFLY"
        case 4:
            return "IRON_CONDOR"
        case _:
            raise InvalidTicket("E*TRADE takes two to four legs")


def _bare(strike: Decimal) -> str:
    text = plain(strike)
    return text.rstrip("0").rstrip(".") if "." in text else text
