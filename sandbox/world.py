"""What only a broker that reaches further lists: abroad, futures, currencies, bonds, funds."""

import datetime as dt
from decimal import Decimal

from sandbox.instruments import Instrument, Kind, Option

_ONE = Decimal(1)
_MARCH, _JUNE = dt.date(2027, 3, 19), dt.date(2027, 6, 18)


def _abroad(symbol: str, name: str, venue: str, currency: str, opening: str) -> Instrument:
    return Instrument(
        symbol=symbol,
        name=name,
        kind=Kind.ABROAD,
        venue=venue,
        currency=currency,
        opening=Decimal(opening),
        lot=_ONE,
    )


def _future(symbol: str, name: str, expiry: dt.date, multiplier: int, opening: str) -> Instrument:
    return Instrument(
        symbol=symbol,
        name=name,
        kind=Kind.FUTURE,
        venue="XCME",
        opening=Decimal(opening),
        multiplier=Decimal(multiplier),
        lot=_ONE,
        expiry=expiry,
        tick=Decimal("0.25"),
    )


def _fx(symbol: str, name: str, opening: str, tick: str) -> Instrument:
    return Instrument(
        symbol=symbol,
        name=name,
        kind=Kind.FX,
        currency=symbol.partition(".")[2],
        opening=Decimal(opening),
        lot=Decimal("0.01"),
        tick=Decimal(tick),
    )


WORLD: tuple[Instrument, ...] = (
    _abroad("SAP.IBIS", "SAP SE", "XETR", "EUR", "230.00"),
    _abroad("SAP.NYSE", "SAP SE-SPONSORED ADR", "XNYS", "USD", "266.00"),
    _abroad("VOD.LSE", "VODAFONE GROUP PLC", "XLON", "GBP", "0.9200"),
    _future("ESH7", "E-mini S&P 500", _MARCH, 50, "6700.00"),
    _future("ESM7", "E-mini S&P 500", _JUNE, 50, "6755.00"),
    _future("MESH7", "Micro E-Mini S&P 500", _MARCH, 5, "6700.00"),
    Instrument(
        symbol="ESH7 C6800",
        name="E-mini S&P 500 Mar 19 2027 6800 Call",
        kind=Kind.FUTURE_OPTION,
        venue="XCME",
        opening=Decimal("145.00"),
        multiplier=Decimal(50),
        lot=_ONE,
        tick=Decimal("0.25"),
        option=Option(underlying="ESH7", expiry=_MARCH, strike=Decimal(6800), right="CALL"),
    ),
    _fx("EUR.USD", "European Monetary Union Euro", "1.15850", "0.00005"),
    _fx("GBP.USD", "British pound", "1.31000", "0.00005"),
    _fx("USD.JPY", "United States dollar", "155.400", "0.005"),
    Instrument(
        symbol="US-T 4 2035",
        name="United States Treasury 4% May 15 2035",
        kind=Kind.BOND,
        opening=Decimal("99.500"),
        multiplier=Decimal("0.01"),
        lot=Decimal(1000),
        expiry=dt.date(2035, 5, 15),
        tick=Decimal("0.001"),
    ),
    Instrument(
        symbol="VFIAX",
        name="VANGUARD 500 INDEX FUND-ADM",
        kind=Kind.FUND,
        opening=Decimal("612.40"),
        lot=Decimal("0.001"),
    ),
    Instrument(
        symbol="IBUS500",
        name="IBKR US 500 CFD",
        kind=Kind.CFD,
        opening=Decimal("6701.00"),
        lot=_ONE,
        tick=Decimal("0.01"),
    ),
    Instrument(
        symbol="SPX",
        name="S&P 500 Stock Index",
        kind=Kind.INDEX,
        venue="XCBO",
        opening=Decimal("6698.50"),
        tick=Decimal("0.01"),
    ),
    Instrument(
        symbol="UBSWNT7",
        name="UBS Call Warrant on SAP Dec 2027",
        kind=Kind.WARRANT,
        venue="XFRA",
        currency="EUR",
        opening=Decimal("3.20"),
        lot=_ONE,
        tick=Decimal("0.01"),
    ),
)
