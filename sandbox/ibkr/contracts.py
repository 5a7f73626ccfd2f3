"""What the exchange trades, as Interactive Brokers describes it: contracts, each with a conId.

The conIds are real ones where they are known. A bond's quantity is face value and its price a
percentage, with no multiplier on the wire (unproven: no recording has one).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from zlib import crc32

from sandbox.ibkr.wire import Unreadable, Value, number
from sandbox.instruments import Instrument, Kind
from sandbox.json_text import plain

_CON_IDS = {
    "AAPL": 265598,
    "MSFT": 272093,
    "NVDA": 4815747,
    "TSLA": 76792991,
    "SPY": 756733,
    "EUR.USD": 12087792,
    "GBP.USD": 12087797,
    "USD.JPY": 15016059,
    "SPX": 416904,
}
_VENUES = {
    "XNAS": "NASDAQ",
    "ARCX": "ARCA",
    "XNYS": "NYSE",
    "XETR": "IBIS",
    "XLON": "LSE",
    "XCME": "CME",
    "XCBO": "CBOE",
    "XFRA": "FWB",
}
_SMART = frozenset({"STK", "OPT", "CFD", "WAR", "BOND"})
BAG_CON_ID = 28812380
"""That of every combination."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """The twelve fields with which a client describes a contract; empty is not said."""

    con_id: str = ""
    symbol: str = ""
    sec_type: str = ""
    last_trade_date: str = ""
    strike: str = ""
    right: str = ""
    multiplier: str = ""
    exchange: str = ""
    primary_exchange: str = ""
    currency: str = ""
    local_symbol: str = ""
    trading_class: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One contract; `market_symbol` is the exchange's name for it."""

    con_id: int
    symbol: str
    sec_type: str
    currency: str
    local_symbol: str
    trading_class: str
    long_name: str
    market_symbol: str
    exchange: str
    """Where it is listed, empty for an option."""
    last_trade_date: str = ""
    strike: Decimal = Decimal(0)
    right: str = ""
    multiplier: str = ""
    min_tick: Decimal = Decimal("0.01")
    lot: Decimal = Decimal(1)
    under_con_id: int = 0
    under_symbol: str = ""
    under_sec_type: str = ""

    def block(self, exchange: str, *, strike: str = "0", right: str = "") -> tuple[Value, ...]:
        """The eleven fields by which messages name it; `strike` and `right` if it has neither."""
        return (
            self.con_id,
            self.symbol,
            self.sec_type,
            self.last_trade_date,
            plain(self.strike) if self.strike else strike,
            self.right or right,
            self.multiplier,
            exchange,
            self.currency,
            self.local_symbol,
            self.trading_class,
        )

    @property
    def routed(self) -> str:
        """Where its orders go unless told otherwise."""
        return "SMART" if self.sec_type in _SMART else self.exchange

    @property
    def listing(self) -> str:
        """The exchange that a position names: empty for what is not listed on one alone."""
        return self.exchange if self.sec_type in {"STK", "CASH", "CRYPTO", "IND"} else ""


class Catalog:
    """All contracts, by conId and by the exchange's symbol."""

    def __init__(self, instruments: Mapping[str, Instrument]) -> None:
        found = [_contract(one, instruments) for one in instruments.values()]
        self.by_id = {one.con_id: one for one in found}
        self.by_symbol = {one.market_symbol: one for one in found}
        if len(self.by_id) < len(found):
            raise ValueError("two contracts have the same conId")

    def find(self, query: Query) -> list[Contract]:
        """Those that the query describes: by conId alone, or by all else that it says."""
        if query.con_id not in {"", "0"}:
            found = self.by_id.get(int(query.con_id)) if query.con_id.isdigit() else None
            return [] if found is None else [found]
        return [one for one in self.by_id.values() if _is_described(one, query)]

    def search(self, pattern: str) -> list[Contract]:
        """Stocks, indices and the like whose symbol begins with it or whose name holds it."""
        wanted = pattern.upper()
        return [
            one
            for one in self.by_id.values()
            if one.sec_type in {"STK", "IND", "CASH", "CRYPTO", "FUND"}
            and (one.symbol.startswith(wanted) or wanted in one.long_name.upper())
        ]

    def derivatives(self, contract: Contract) -> list[str]:
        """The kinds of what is derived from it."""
        under = [one for one in self.by_id.values() if one.under_con_id == contract.con_id]
        return sorted({one.sec_type for one in under})


def _is_described(one: Contract, query: Query) -> bool:
    texts = (
        (query.symbol, {one.symbol}),
        (query.sec_type, {one.sec_type}),
        (query.currency, {one.currency}),
        (query.local_symbol, {one.local_symbol}),
        (query.trading_class, {one.trading_class}),
        (query.multiplier, {one.multiplier}),
        (query.primary_exchange, {one.exchange}),
        (query.exchange, {one.exchange, one.routed} | _ALIASES.get(one.exchange, set())),
        (query.right[:1].replace("?", "").replace("0", ""), {one.right}),
    )
    if any(said and said not in known for said, known in texts):
        return False
    if not one.last_trade_date.startswith(query.last_trade_date):
        return False
    try:
        strike = number(query.strike)
    except Unreadable:
        return False
    return not strike or strike == one.strike


_ALIASES = {"NASDAQ": {"ISLAND"}, "CME": {"GLOBEX"}}


def _contract(one: Instrument, instruments: Mapping[str, Instrument]) -> Contract:
    return _BY_KIND[one.kind](one, instruments)


def _plain(
    one: Instrument,
    sec_type: str,
    *,
    symbol: str = "",
    exchange: str = "",
    local_symbol: str = "",
    trading_class: str = "",
) -> Contract:
    name = symbol or one.symbol
    return Contract(
        con_id=_con_id(one),
        symbol=name,
        sec_type=sec_type,
        currency=one.currency,
        local_symbol=local_symbol or name,
        trading_class=trading_class or name,
        long_name=one.name.upper().removesuffix(" COMMON STOCK"),
        market_symbol=one.symbol,
        exchange=exchange or _VENUES.get(one.venue, ""),
        min_tick=one.increment(one.opening),
        lot=one.lot,
    )


def _con_id(one: Instrument) -> int:
    return _CON_IDS.get(one.symbol, 700_000_000 + crc32(one.symbol.encode()) % 90_000_000)


def _stock(one: Instrument, _: Mapping[str, Instrument]) -> Contract:
    symbol = one.symbol.partition(".")[0]
    classes = {"XNAS": "NMS", "XETR": "XETRA", "XLON": "SET1"}
    return _plain(one, "STK", symbol=symbol, trading_class=classes.get(one.venue, symbol))


def _future(one: Instrument, _: Mapping[str, Instrument]) -> Contract:
    root = one.symbol[:-2]
    found = _plain(one, "FUT", symbol=root, local_symbol=one.symbol)
    return replace(
        found,
        last_trade_date="" if one.expiry is None else f"{one.expiry:%Y%m%d}",
        multiplier=plain(one.multiplier),
        under_symbol=root,
        under_sec_type="IND",
    )


def _option(one: Instrument, instruments: Mapping[str, Instrument]) -> Contract:
    terms = one.option
    if terms is None:
        raise ValueError("an option has terms")
    under = instruments[terms.underlying]
    future = under.kind is Kind.FUTURE
    root = under.symbol[:-2] if future else under.symbol
    local = one.symbol if future else f"{root:<6}{one.symbol.removeprefix(root)}"
    return replace(
        _plain(one, "FOP" if future else "OPT", symbol=root, local_symbol=local),
        last_trade_date=f"{terms.expiry:%Y%m%d}",
        strike=terms.strike,
        right=terms.right[0],
        multiplier=plain(one.multiplier),
        under_con_id=_con_id(under),
        under_symbol=root,
        under_sec_type="FUT" if future else "STK",
    )


def _pair(one: Instrument, _: Mapping[str, Instrument]) -> Contract:
    base = one.symbol.partition(".")[0]
    return _plain(
        one,
        "CASH",
        symbol=base,
        exchange="IDEALPRO",
        local_symbol=one.symbol,
        trading_class=one.symbol,
    )


def _coin(one: Instrument, _: Mapping[str, Instrument]) -> Contract:
    coin = one.symbol.partition("/")[0]
    local = one.symbol.replace("/", ".")
    return _plain(one, "CRYPTO", symbol=coin, exchange="PAXOS", local_symbol=local)


def _of(sec_type: str, exchange: str = "") -> Callable[..., Contract]:
    def made(one: Instrument, _: Mapping[str, Instrument]) -> Contract:
        return _plain(one, sec_type, exchange=exchange)

    return made


_BY_KIND: Mapping[Kind, Callable[[Instrument, Mapping[str, Instrument]], Contract]] = {
    Kind.EQUITY: _stock,
    Kind.ABROAD: _stock,
    Kind.OPTION: _option,
    Kind.FUTURE_OPTION: _option,
    Kind.FUTURE: _future,
    Kind.FX: _pair,
    Kind.CRYPTO: _coin,
    Kind.BOND: _of("BOND"),
    Kind.FUND: _of("FUND", "FUNDSERV"),
    Kind.CFD: _of("CFD", "SMART"),
    Kind.INDEX: _of("IND"),
    Kind.WARRANT: _of("WAR"),
}


def one_of(found: Iterable[Contract]) -> Contract | None:
    """The only one, None if there is none or there are several."""
    listed = list(found)
    return listed[0] if len(listed) == 1 else None
