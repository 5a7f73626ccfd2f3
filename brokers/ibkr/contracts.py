"""Interactive Brokers' contracts as our instruments and back.

Its exchange names are its own; those of the larger venues are mapped to ISO 10383 codes, others
stay without one. Positions name a stock's listing exchange, executions the venue that filled.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from brokers.ibkr import said
from domain.instrument import AssetClass, Instrument, OptionRight, OptionTerms, option_of
from domain.money import decimal_of

_CLASSES: Mapping[str, AssetClass] = {
    "STK": AssetClass.EQUITY,
    "OPT": AssetClass.OPTION,
    "FUT": AssetClass.FUTURE,
    "CONTFUT": AssetClass.FUTURE,
    "FOP": AssetClass.FUTURE_OPTION,
    "CASH": AssetClass.FX,
    "BOND": AssetClass.BOND,
    "BILL": AssetClass.BOND,
    "FUND": AssetClass.MUTUAL_FUND,
    "IND": AssetClass.INDEX,
    "CFD": AssetClass.CFD,
    "CRYPTO": AssetClass.CRYPTO,
    "WAR": AssetClass.WARRANT,
    "CMDTY": AssetClass.COMMODITY,
    "BAG": AssetClass.MULTI_LEG,
}
_TYPES = {asset_class: word for word, asset_class in reversed([*_CLASSES.items()])} | {
    AssetClass.ETF: "STK"
}
_MICS: Mapping[str, str] = {
    "NASDAQ": "XNAS",
    "ISLAND": "XNAS",
    "NYSE": "XNYS",
    "ARCA": "ARCX",
    "AMEX": "XASE",
    "BATS": "BATS",
    "LSE": "XLON",
    "LSEETF": "XLON",
    "IBIS": "XETR",
    "IBIS2": "XETR",
    "FWB": "XFRA",
    "SBF": "XPAR",
    "AEB": "XAMS",
    "EBS": "XSWX",
    "BVME": "XMIL",
    "BM": "XMAD",
    "SFB": "XSTO",
    "VSE": "XWBO",
    "TSE": "XTSE",
    "VENTURE": "XTSX",
    "SEHK": "XHKG",
    "TSEJ": "XTKS",
    "ASX": "XASX",
    "CME": "XCME",
    "GLOBEX": "XCME",
    "CBOT": "XCBT",
    "ECBOT": "XCBT",
    "NYMEX": "XNYM",
    "COMEX": "XCEC",
    "EUREX": "XEUR",
    "DTB": "XEUR",
    "CBOE": "XCBO",
    "CFE": "XCBF",
}
_EXCHANGES = {mic: name for name, mic in reversed([*_MICS.items()])}
_SMART = frozenset({"STK", "OPT", "CFD", "WAR", "BOND", "FUND", "BAG"})
_ROUTES = {"CASH": "IDEALPRO", "CRYPTO": "PAXOS"}


def instrument_of(contract: said.Contract, magnifier: int = 1) -> Instrument:
    """What a contract is to us; of a kind that nobody has explained it is OTHER.

    Where prices are quoted in hundredths (`magnifier`), the multiplier takes that into account.
    """
    asset_class = _CLASSES.get(contract.sec_type, AssetClass.OTHER)
    multiplier = (decimal_of(contract.multiplier) or Decimal(1)) / magnifier
    match asset_class:
        case AssetClass.OPTION | AssetClass.FUTURE_OPTION:
            return _option(contract, asset_class, multiplier)
        case AssetClass.CRYPTO:
            return Instrument(
                asset_class=asset_class,
                symbol=f"{contract.symbol}/{contract.currency}",
                currency=contract.currency,
            )
        case _:
            return Instrument(
                asset_class=asset_class,
                symbol=_symbol(contract, asset_class),
                currency=contract.currency,
                mic=_mic(contract, asset_class),
                multiplier=multiplier,
            )


def held_as(traded: Instrument) -> Instrument:
    """Of crypto the coin is held and not the pair."""
    if traded.asset_class is not AssetClass.CRYPTO:
        return traded
    coin = traded.symbol.partition("/")[0]
    return Instrument(asset_class=AssetClass.CRYPTO, symbol=coin, currency=traded.currency)


def combination_of(legs: Sequence[Instrument], currency: str) -> Instrument:
    """What a combination is in: what its legs are on."""
    roots = sorted({leg.option.underlying if leg.option else leg.symbol for leg in legs})
    return Instrument(
        asset_class=AssetClass.MULTI_LEG,
        symbol="+".join(roots) or "UNKNOWN",
        currency=legs[0].currency if legs else currency,
        multiplier=legs[0].multiplier if legs else Decimal(1),
    )


def wanted(instrument: Instrument) -> said.Contract:
    """The contract to ask details of; what is not known is left for the answer to say."""
    sec_type = _TYPES.get(instrument.asset_class, "")
    exchange = "SMART" if sec_type in _SMART else _ROUTES.get(sec_type, "")
    listing = _EXCHANGES.get(instrument.mic or "", "")
    base, _, quote = instrument.symbol.partition("/")
    terms = instrument.option
    match instrument.asset_class:
        case AssetClass.OPTION if terms is not None:
            return said.Contract(
                sec_type=sec_type,
                symbol=_spaced(terms.underlying),
                last_trade_date=f"{terms.expiry:%Y%m%d}",
                strike=terms.strike,
                right=terms.right.value[0],
                currency=instrument.currency,
                exchange=exchange,
            )
        case AssetClass.FX | AssetClass.CRYPTO:
            return said.Contract(
                sec_type=sec_type,
                symbol=base,
                currency=quote or instrument.currency,
                exchange=exchange,
            )
        case AssetClass.FUTURE | AssetClass.FUTURE_OPTION:
            return said.Contract(
                sec_type=sec_type,
                local_symbol=instrument.symbol,
                currency=instrument.currency,
                exchange=listing,
            )
    return said.Contract(
        sec_type=sec_type,
        symbol=_spaced(instrument.symbol),
        currency=instrument.currency,
        exchange=exchange,
        primary_exchange=listing if sec_type == "STK" else "",
    )


def route(contract: said.Contract) -> str:
    """Where its orders and its prices are asked: SMART unless it is not routed by that."""
    if contract.sec_type in _SMART:
        return "SMART"
    return contract.exchange or contract.primary_exchange or _ROUTES.get(contract.sec_type, "")


def described(contract: said.Contract) -> str:
    """For a person who has to choose: IBM on NYSE in USD (conId 8314)."""
    parts = [contract.local_symbol or contract.symbol, contract.sec_type]
    if place := contract.primary_exchange or contract.exchange:
        parts.append(f"on {place}")
    if contract.last_trade_date:
        parts.append(f"until {contract.last_trade_date}")
    return " ".join([*parts, f"in {contract.currency} (conId {contract.con_id})"])


def day_of(text: str) -> date | None:
    """A day as 20271217; None of a month alone."""
    try:
        return datetime.strptime(text[:8], "%Y%m%d").date()  # noqa: DTZ007 (a day has no zone)
    except ValueError:
        return None


def _symbol(contract: said.Contract, asset_class: AssetClass) -> str:
    match asset_class:
        case AssetClass.EQUITY:
            return contract.symbol.replace(" ", ".")
        case AssetClass.FX:
            return f"{contract.symbol}/{contract.currency}"
        case AssetClass.INDEX | AssetClass.CFD:
            return contract.symbol
        case _:
            return contract.local_symbol or contract.symbol or str(contract.con_id)


def _mic(contract: said.Contract, asset_class: AssetClass) -> str | None:
    """Of what has none of its own, like a currency pair, there is none to tell."""
    if asset_class in {AssetClass.FX, AssetClass.CFD}:
        return None
    listing = contract.primary_exchange or contract.exchange
    return _MICS.get(listing)


def _option(contract: said.Contract, asset_class: AssetClass, multiplier: Decimal) -> Instrument:
    """By its OCC symbol where it has one; its terms are the contract's own."""
    expiry, strike = day_of(contract.last_trade_date), contract.strike
    right = {"C": OptionRight.CALL, "P": OptionRight.PUT}.get(contract.right[:1])
    terms = None
    if expiry is not None and strike is not None and right is not None:
        root = contract.symbol if asset_class is AssetClass.FUTURE_OPTION else _root(contract)
        terms = OptionTerms(underlying=root, expiry=expiry, right=right, strike=strike)
    occ = option_of(contract.local_symbol) if asset_class is AssetClass.OPTION else None
    if occ is not None:
        terms = occ.option
    return Instrument(
        asset_class=asset_class,
        symbol=occ.symbol if occ else contract.local_symbol or str(contract.con_id),
        currency=contract.currency,
        mic=None if occ else _mic(contract, asset_class),
        multiplier=multiplier if contract.multiplier else Decimal(100),
        option=terms,
    )


def _root(contract: said.Contract) -> str:
    return contract.symbol.replace(" ", ".")


def _spaced(symbol: str) -> str:
    """Share classes are written with a space there: BRK B."""
    return symbol.replace(".", " ")
