"""What the exchange refuses, and why; each broker's dialect has its own words for it."""

from decimal import Decimal
from enum import StrEnum
from typing import NoReturn

from sandbox import matching, valuation
from sandbox.account import Account
from sandbox.instruments import Instrument, Kind
from sandbox.market import Market
from sandbox.orders import Contingency, Order, OrdType, Side, Ticket

MAX_CLIENT_ID = 128


class Reason(StrEnum):
    """Why the exchange says no."""

    UNKNOWN_SYMBOL = "UNKNOWN_SYMBOL"
    UNKNOWN_ORDER = "UNKNOWN_ORDER"
    DUPLICATE_ORDER = "DUPLICATE_ORDER"
    INVALID = "INVALID"
    PRICE_INCREMENT = "PRICE_INCREMENT"
    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    INSUFFICIENT_QUANTITY = "INSUFFICIENT_QUANTITY"
    UNCOVERED = "UNCOVERED"
    SHORT_NOT_ALLOWED = "SHORT_NOT_ALLOWED"
    TOO_LATE = "TOO_LATE"
    BLOCKED = "BLOCKED"


class Rejected(Exception):
    """The exchange refuses; `context` holds the figures that the refusal rests on."""

    def __init__(self, reason: Reason, message: str, **context: str | Decimal) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.context = context


def check(account: Account, market: Market, order: Order, *, ignoring: str | None = None) -> None:
    """Raise `Rejected` if the order may not stand; `ignoring` is the order that it replaces."""
    if account.blocked:
        raise Rejected(Reason.BLOCKED, "account is not allowed to trade")
    _check_client_id(account, order)
    if order.ticket.contingency is Contingency.MULTILEG:
        _check_multileg(account, market, order)
        return
    instrument = _instrument(market, order.ticket.symbol)
    for ticket in (order.ticket, *order.ticket.legs):
        _check_terms(ticket, instrument)
    if not account.crosses_zero:
        _check_quantity(account, instrument, order, ignoring)
    _check_funds(account, market, order, ignoring)


def check_leg(account: Account, market: Market, leg: Order) -> None:
    """Raise `Rejected` if it may not hang on another order."""
    _check_client_id(account, leg)
    _check_terms(leg.ticket, _instrument(market, leg.ticket.symbol))


def _check_multileg(account: Account, market: Market, order: Order) -> None:
    """Refuse legs of what there is not, and a net price that free equity does not cover."""
    legs = order.ticket.legs
    multiplier = max(_instrument(market, leg.symbol).multiplier for leg in legs)
    cost = matching.net(legs, market.quotes) * multiplier * (order.ticket.quantity or 0)
    free = valuation.value(account, market).free
    if cost > free:
        _refuse_funds(free, cost)


def _check_client_id(account: Account, order: Order) -> None:
    if order.client_id in account.client_ids:
        raise Rejected(Reason.DUPLICATE_ORDER, "client order id was used before")
    if len(order.client_id) > MAX_CLIENT_ID:
        message = f"client order id must be no more than {MAX_CLIENT_ID} characters"
        raise Rejected(Reason.INVALID, message)


def _instrument(market: Market, symbol: str) -> Instrument:
    if symbol not in market.instruments:
        raise Rejected(Reason.UNKNOWN_SYMBOL, f'asset "{symbol}" not found', symbol=symbol)
    return market.instruments[symbol]


_NEEDS = {
    OrdType.LIMIT: ("limit_price",),
    OrdType.STOP: ("stop_price",),
    OrdType.STOP_LIMIT: ("stop_price", "limit_price"),
    OrdType.MARKET_IF_TOUCHED: ("stop_price",),
    OrdType.LIMIT_IF_TOUCHED: ("stop_price", "limit_price"),
}
_TRAILING = frozenset({OrdType.TRAILING_STOP, OrdType.TRAILING_STOP_LIMIT})


def _check_terms(ticket: Ticket, instrument: Instrument) -> None:
    if (ticket.quantity is None) == (ticket.cash_quantity is None):
        raise Rejected(Reason.INVALID, "exactly one of qty and notional is required")
    amount = ticket.quantity if ticket.quantity is not None else ticket.cash_quantity
    if amount is not None and amount <= 0:
        raise Rejected(Reason.INVALID, "qty must be positive")
    if ticket.quantity is not None and ticket.quantity % instrument.lot:
        raise Rejected(Reason.INVALID, f"qty must be a multiple of {instrument.lot:f}")
    for name in _NEEDS.get(ticket.type, ()):
        if getattr(ticket, name) is None:
            raise Rejected(Reason.INVALID, f"{ticket.type.lower()} orders require {name}")
    trails = (ticket.trail_amount is not None) + (ticket.trail_percent is not None)
    if trails != (ticket.type in _TRAILING):
        raise Rejected(Reason.INVALID, "trailing stops take either trail_price or trail_percent")
    _check_increments(ticket, instrument)


def _check_increments(ticket: Ticket, instrument: Instrument) -> None:
    for name in ("limit_price", "stop_price"):
        price: Decimal | None = getattr(ticket, name)
        if price is None:
            continue
        if price <= 0:
            raise Rejected(Reason.INVALID, f"{name} must be positive")
        if price % instrument.increment(price):
            message = f"{name} {price:f} is off the price increment"
            raise Rejected(Reason.PRICE_INCREMENT, message, field=name, price=price)


def _check_quantity(
    account: Account, instrument: Instrument, order: Order, ignoring: str | None
) -> None:
    """Refuse what would cross zero, and shorts of what cannot be shorted."""
    ticket = order.ticket
    held = account.holding(ticket.symbol).quantity
    if held * ticket.side.sign >= 0:
        if ticket.side is Side.SELL or ticket.opens is False:
            _check_short(instrument, order)
        return
    free = valuation.available(account, ticket.symbol, ignoring=ignoring)
    if ticket.quantity is not None and ticket.quantity - order.filled > free:
        message = f"insufficient quantity (requested: {ticket.quantity:f}, available: {free:f})"
        raise Rejected(
            Reason.INSUFFICIENT_QUANTITY,
            message,
            symbol=ticket.symbol,
            requested=ticket.quantity,
            available=free,
            existing=abs(held),
        )


def _check_short(instrument: Instrument, order: Order) -> None:
    ticket = order.ticket
    if ticket.opens is False or instrument.kind is Kind.CRYPTO:
        requested = ticket.quantity or Decimal(0)
        raise Rejected(
            Reason.INSUFFICIENT_QUANTITY,
            f"insufficient quantity (requested: {requested:f}, available: 0)",
            symbol=ticket.symbol,
            requested=requested,
            available=Decimal(0),
            existing=Decimal(0),
        )
    if instrument.kind is Kind.OPTION:
        raise Rejected(Reason.UNCOVERED, "uncovered options may not be written")
    if ticket.quantity is None or ticket.quantity % 1:
        raise Rejected(Reason.SHORT_NOT_ALLOWED, "fractions may not be sold short")


def _check_funds(account: Account, market: Market, order: Order, ignoring: str | None) -> None:
    state = valuation.value(account, market)
    old = account.orders.get(ignoring or "")
    freed = valuation.required(account, market, old) if old else Decimal(0)
    needed = valuation.required(account, market, order)
    if needed > state.free + freed:
        instrument = market.instruments[order.ticket.symbol]
        scale = valuation.leverage(account, instrument.kind)
        _refuse_funds((state.free + freed) * scale, needed * scale)


def _refuse_funds(buying_power: Decimal, cost: Decimal) -> NoReturn:
    raise Rejected(
        Reason.INSUFFICIENT_FUNDS,
        "insufficient buying power",
        buying_power=buying_power,
        cost=cost,
    )
