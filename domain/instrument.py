"""What can be owned and traded, under one name whatever a broker calls it."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from domain.ids import InstrumentId

# OCC symbol: root, yymmdd, C or P, strike in thousandths; the root padded to six or not.
_OCC = re.compile(r"^([A-Z0-9.]{1,6}?)[ -]*(\d{2})(\d{2})(\d{2})([CP])(\d{8})$")


class AssetClass(StrEnum):
    """The kinds of instrument that any broker here reports; OTHER is kept, never dropped."""

    EQUITY = "EQUITY"
    ETF = "ETF"
    OPTION = "OPTION"
    FUTURE = "FUTURE"
    FUTURE_OPTION = "FUTURE_OPTION"
    PERPETUAL = "PERPETUAL"
    CRYPTO = "CRYPTO"
    FX = "FX"
    MUTUAL_FUND = "MUTUAL_FUND"
    MONEY_MARKET = "MONEY_MARKET"
    BOND = "BOND"
    INDEX = "INDEX"
    CFD = "CFD"
    WARRANT = "WARRANT"
    COMMODITY = "COMMODITY"
    MULTI_LEG = "MULTI_LEG"
    OTHER = "OTHER"


_IN_CASH = frozenset({AssetClass.FUTURE, AssetClass.PERPETUAL, AssetClass.CFD, AssetClass.FX})


class OptionRight(StrEnum):
    """What an option gives the right to do."""

    CALL = "CALL"
    PUT = "PUT"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionTerms:
    """What an option is on; `strike` is in the currency of the instrument."""

    underlying: str
    expiry: date
    right: OptionRight
    strike: Decimal


# Without slots, so that its id is put together once.
@dataclass(frozen=True, kw_only=True)
class Instrument:
    """One tradable or holdable thing; equal wherever it is held.

    `symbol` is canonical: the ticker, the 21-character OCC symbol, the coin, or BASE/QUOTE for a
    crypto pair, which exists on orders only. `multiplier` turns price times quantity into money.
    """

    asset_class: AssetClass
    symbol: str
    currency: str
    mic: str | None = None
    multiplier: Decimal = Decimal(1)
    name: str | None = None
    figi: str | None = None
    option: OptionTerms | None = None

    @property
    def id(self) -> InstrumentId:
        """US equity = symbol + USD; option = OCC; coin; anything else symbol + MIC + currency."""
        return self._id

    # Under a name that is never stored: what was asked for its id is stored as what was not.
    @cached_property
    def _id(self) -> InstrumentId:
        match self.asset_class:
            case AssetClass.OPTION | AssetClass.CRYPTO:
                parts = [self.asset_class.value, self.symbol]
            case AssetClass.EQUITY | AssetClass.ETF if self.currency == "USD":
                parts = [AssetClass.EQUITY.value, self.symbol, "USD"]
            case _:
                parts = [self.asset_class.value, self.symbol, self.mic or "", self.currency]
        return InstrumentId(":".join(parts))

    @property
    def settled_in_cash(self) -> bool:
        """Whether its worth is in the cash: what it gains and loses is booked there as it goes.

        Of a pair of currencies both sides are cash, and what is held of it only tells how it came.
        """
        return self.asset_class in _IN_CASH

    @property
    def held_as(self) -> InstrumentId:
        """The instrument that a fill adds to: the coin of a pair, else itself."""
        if self.asset_class is AssetClass.CRYPTO:
            return InstrumentId(f"{AssetClass.CRYPTO.value}:{self.symbol.partition('/')[0]}")
        return self.id


def option_of(symbol: str, currency: str = "USD") -> Instrument | None:
    """The option that an OCC symbol names, padded by spaces, by dashes or not at all; else None."""
    matched = _OCC.match(symbol.strip().upper())
    if not matched:
        return None
    root, year, month, day, right, strike = matched.groups()
    try:
        expiry = date(2000 + int(year), int(month), int(day))
    except ValueError:
        return None
    return Instrument(
        asset_class=AssetClass.OPTION,
        symbol=f"{root:<6}{year}{month}{day}{right}{strike}",
        currency=currency,
        multiplier=Decimal(100),
        option=OptionTerms(
            underlying=root,
            expiry=expiry,
            right=OptionRight.CALL if right == "C" else OptionRight.PUT,
            strike=Decimal(strike) / 1000,
        ),
    )


# What a person may name without its having been seen before; anything else has to be held or found.
_SYMBOLS = {
    AssetClass.EQUITY: re.compile(r"[A-Z][A-Z0-9]{0,9}(\.[A-Z0-9]{1,4})?"),
    AssetClass.CRYPTO: re.compile(r"[A-Z0-9]{2,12}/[A-Z]{3,5}"),
}


def named(asset_class: AssetClass, symbol: str) -> Instrument | None:
    """The US equity, the crypto pair or the option of this canonical symbol; None if it is none.

    Only the canonical spelling is taken, so that one thing has one name and no limit on it is
    passed by another: "aapl" is not AAPL, nor is BRK/B the BRK.B.
    """
    if asset_class is AssetClass.OPTION:
        option = option_of(symbol)
        return option if option and symbol in {option.symbol, _unpadded(option.symbol)} else None
    plain = AssetClass.EQUITY if asset_class is AssetClass.ETF else asset_class
    if plain not in _SYMBOLS or not _SYMBOLS[plain].fullmatch(symbol):
        return None
    currency = symbol.partition("/")[2] if plain is AssetClass.CRYPTO else "USD"
    return Instrument(asset_class=plain, symbol=symbol, currency=currency)


def _unpadded(symbol: str) -> str:
    return symbol.replace(" ", "")
