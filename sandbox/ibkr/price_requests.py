"""Prices: ticks of what is subscribed to, and snapshots."""

from decimal import Decimal

from sandbox.ibkr import asked, notices
from sandbox.ibkr.contracts import Contract, one_of
from sandbox.ibkr.notices import Refusal
from sandbox.ibkr.session import Handler, Session
from sandbox.ibkr.wire import Fields
from sandbox.market import Quote

_BID, _ASK, _LAST, _HIGH, _LOW, _VOLUME, _CLOSE, _OPEN = 1, 2, 4, 6, 7, 8, 9, 14
_SIZES = {_BID: 0, _ASK: 3, _LAST: 5}
_DELAYED = {_BID: 66, _ASK: 67, _LAST: 68, _HIGH: 72, _LOW: 73, _VOLUME: 74, _CLOSE: 75, _OPEN: 76}
_DELAYED_SIZES = {_BID: 69, _ASK: 70, _LAST: 71}
_LAST_TIME, _DELAYED_LAST_TIME = 45, 88
_NO_BID = frozenset({"IND", "FUND"})


def subscribe(session: Session, fields: Fields) -> None:
    """1: the prices of a contract as they are, and unless it is a snapshot, as they move."""
    fields.text()
    request, query = fields.count(), asked.query(fields)
    if query.sec_type == "BAG":
        fields.texts(4 * fields.count())
    if fields.flag():
        fields.texts(3)
    fields.text()
    snapshot = fields.flag()
    contract = one_of(session.gateway.catalog.find(query))
    if contract is None:
        raise Refusal(notices.UNKNOWN_CONTRACT.code, notices.UNKNOWN_CONTRACT.message)
    habits = session.gateway.habits
    if habits.competing_session:
        raise Refusal(notices.COMPETING.code, notices.COMPETING.message)
    if not habits.servers_up:
        return
    session.send(81, request, contract.min_tick, "9c0001", 3)
    session.send(58, 1, request, 3 if habits.delayed else 1)
    _send(session, request, contract)
    if snapshot:
        session.send(57, 1, request)
    else:
        session.prices[request] = contract


def unsubscribe(session: Session, fields: Fields) -> None:
    """2."""
    fields.text()
    session.prices.pop(fields.count(), None)


def push(session: Session) -> None:
    """Prices have moved."""
    for request, contract in session.prices.items():
        _send(session, request, contract)


HANDLERS: dict[str, Handler] = {
    "1": subscribe,
    "2": unsubscribe,
    "59": lambda _, __: None,
}


def _send(session: Session, request: int, contract: Contract) -> None:
    quote: Quote = session.gateway.exchange.market.quotes[contract.market_symbol]
    delayed = session.gateway.habits.delayed
    for kind, price in _prices(quote, contract):
        shown = _DELAYED[kind] if delayed else kind
        session.send(1, 6, request, shown, price, 100 if kind in _SIZES else 0, 1)
        if kind in _SIZES:
            size = _DELAYED_SIZES[kind] if delayed else _SIZES[kind]
            session.send(2, 6, request, size, 100)
    session.send(2, 6, request, _DELAYED[_VOLUME] if delayed else _VOLUME, quote.volume)
    at = _DELAYED_LAST_TIME if delayed else _LAST_TIME
    session.send(46, 6, request, at, int(quote.at.timestamp()))


def _prices(quote: Quote, contract: Contract) -> list[tuple[int, Decimal]]:
    sides = [] if contract.sec_type in _NO_BID else [(_BID, quote.bid), (_ASK, quote.ask)]
    return [
        *sides,
        (_LAST, quote.last),
        (_HIGH, quote.high),
        (_LOW, quote.low),
        (_CLOSE, quote.previous_close),
        (_OPEN, quote.open),
    ]
