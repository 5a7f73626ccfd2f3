"""What every broker of the sandbox lists: a few equities, options of one, and two coins."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID, uuid5

_NAMESPACE = UUID("6b1f0f5e-8f0a-4d6e-9d2a-5a0f5b1f7c11")


class Kind(StrEnum):
    """The class of an instrument."""

    EQUITY = "EQUITY"
    OPTION = "OPTION"
    CRYPTO = "CRYPTO"
    ABROAD = "ABROAD"
    """An equity that not every broker here lists, many in another currency."""
    FUTURE = "FUTURE"
    FUTURE_OPTION = "FUTURE_OPTION"
    FX = "FX"
    BOND = "BOND"
    FUND = "FUND"
    CFD = "CFD"
    INDEX = "INDEX"
    WARRANT = "WARRANT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """The terms that make a contract an option."""

    underlying: str
    expiry: dt.date
    strike: Decimal
    right: str
    """"CALL" or "PUT"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One tradable thing; `opening` is the price that its walk starts from, in `currency`."""

    symbol: str
    name: str
    kind: Kind
    opening: Decimal
    venue: str = ""
    """ISO 10383 MIC, empty where there is none."""
    multiplier: Decimal = Decimal(1)
    lot: Decimal = Decimal("0.000000001")
    """The smallest quantity."""
    option: Option | None = None
    currency: str = "USD"
    expiry: dt.date | None = None
    """When a future ends."""
    tick: Decimal | None = None
    """The smallest step between two prices, where it is not that of US equities."""

    @property
    def id(self) -> UUID:
        """The same on every run."""
        return uuid5(_NAMESPACE, self.symbol)

    def increment(self, price: Decimal) -> Decimal:
        """The smallest step between two prices near `price`, as US rule 612 has it for equities."""
        if self.tick is not None:
            return self.tick
        if self.kind is Kind.CRYPTO:
            return Decimal("0.001")
        return Decimal("0.01") if price >= 1 else Decimal("0.0001")


def _equity(symbol: str, name: str, venue: str, opening: str) -> Instrument:
    return Instrument(
        symbol=symbol, name=name, kind=Kind.EQUITY, venue=venue, opening=Decimal(opening)
    )


def _option(right: str, strike: str, opening: str) -> Instrument:
    terms = Option(
        underlying="AAPL", expiry=dt.date(2027, 12, 17), strike=Decimal(strike), right=right
    )
    return Instrument(
        symbol=f"AAPL271217{right[0]}{int(terms.strike * 1000):08d}",
        name=f"AAPL Dec 17 2027 {strike} {right.title()}",
        kind=Kind.OPTION,
        opening=Decimal(opening),
        multiplier=Decimal(100),
        lot=Decimal(1),
        option=terms,
    )


def _crypto(symbol: str, name: str, opening: str) -> Instrument:
    return Instrument(symbol=symbol, name=name, kind=Kind.CRYPTO, opening=Decimal(opening))


INSTRUMENTS: tuple[Instrument, ...] = (
    _equity("AAPL", "Apple Inc. Common Stock", "XNAS", "250.00"),
    _equity("MSFT", "Microsoft Corporation Common Stock", "XNAS", "480.00"),
    _equity("NVDA", "NVIDIA Corporation Common Stock", "XNAS", "180.00"),
    _equity("TSLA", "Tesla, Inc. Common Stock", "XNAS", "400.00"),
    _equity("SPY", "State Street SPDR S&P 500 ETF Trust", "ARCX", "670.00"),
    _option("CALL", "250", "32.50"),
    _option("CALL", "270", "23.40"),
    _option("PUT", "220", "14.10"),
    _crypto("BTC/USD", "Bitcoin / US Dollar", "92000.000"),
    _crypto("ETH/USD", "Ethereum / US Dollar", "3100.000"),
)
