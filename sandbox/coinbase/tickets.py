"""Order configurations and tickets, both ways, and the rules that Coinbase adds to the exchange's.

Rules: the vendor's documentation, 2026-07.
"""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.account import Account
from sandbox.coinbase import words
from sandbox.coinbase.errors import invalid
from sandbox.instruments import Instrument
from sandbox.market import Market
from sandbox.orders import OrdType, Side, Ticket, TimeInForce
from sandbox.rules import Reason, Rejected

_KINDS = {name: kind for kind, name in words.CONFIGURATION.items()}
_SIDES = {one.value: one for one in Side}


def read(body: dict[str, Any], account: Account, market: Market) -> Ticket:
    """The ticket of a request; `Refusal` or `Rejected` if it is none."""
    product, side = str(body.get("product_id", "")), str(body.get("side", ""))
    instrument = market.instruments.get(words.symbol_of(product))
    if instrument not in words.listed(market) or instrument is None:
        raise invalid("valid product_id is required")
    if side not in _SIDES:
        raise invalid("valid side is required")
    name, terms = _configuration(body)
    ticket = _ticket(instrument, _SIDES[side], name, terms, str(body.get("client_order_id", "")))
    _check(ticket, terms, market)
    return ticket


def configuration(ticket: Ticket) -> dict[str, Any]:
    """The `order_configuration` of a ticket."""
    fields: dict[str, Any] = {
        "base_size": ticket.quantity,
        "quote_size": ticket.cash_quantity,
        "limit_price": ticket.limit_price,
        "stop_price": ticket.stop_price,
    }
    found: dict[str, Any] = {
        name: words.number(amount) for name, amount in fields.items() if amount is not None
    }
    if ticket.expires is not None:
        found["end_time"] = words.moment(ticket.expires)
    if ticket.type is OrdType.STOP_LIMIT:
        found["stop_direction"] = words.STOP_DIRECTION[ticket.side]
    return {_name(ticket): found}


def amount(terms: dict[str, Any], name: str) -> Decimal | None:
    """A field's number, None if it is absent or empty; `Refusal` if it is no finite number."""
    value = terms.get(name)
    if value in {None, ""}:
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise invalid(f"{name} is not a number") from None
    if not found.is_finite():
        raise invalid(f"{name} is not a number")
    return found


def check_size(size: Decimal | None, instrument: Instrument) -> None:
    """`Rejected` if it is finer than the increment."""
    if size is not None and size % instrument.lot:
        raise Rejected(Reason.INVALID, "Too many decimals in order amount")


def _name(ticket: Ticket) -> str:
    """What was placed elsewhere may have a life that Coinbase has no word for."""
    market = ticket.type is OrdType.MARKET
    usual = TimeInForce.IMMEDIATE_OR_CANCEL if market else TimeInForce.GOOD_TILL_CANCEL
    names = words.CONFIGURATION
    return names.get((ticket.type, ticket.time_in_force)) or names[ticket.type, usual]


def _configuration(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    asked = body.get("order_configuration")
    if not isinstance(asked, dict) or len(asked) != 1:
        raise invalid("exactly one order_configuration is required")
    ((name, terms),) = asked.items()
    if name not in _KINDS or not isinstance(terms, dict):
        raise invalid("unsupported order configuration")
    return name, terms


def _ticket(
    instrument: Instrument, side: Side, name: str, terms: dict[str, Any], client_id: str
) -> Ticket:
    kind, time_in_force = _KINDS[name]
    check_size(amount(terms, "base_size"), instrument)
    return Ticket(
        symbol=instrument.symbol,
        side=side,
        type=kind,
        time_in_force=time_in_force,
        quantity=amount(terms, "base_size"),
        cash_quantity=amount(terms, "quote_size"),
        limit_price=amount(terms, "limit_price"),
        stop_price=amount(terms, "stop_price"),
        expires=_end(terms) if time_in_force is TimeInForce.GOOD_TILL_DATE else None,
        client_id=client_id,
    )


def _check(ticket: Ticket, terms: dict[str, Any], market: Market) -> None:
    bought = ticket.type is OrdType.MARKET and ticket.side is Side.BUY
    if ticket.cash_quantity is not None and not bought:
        raise Rejected(Reason.INVALID, "only market purchases are placed by quote size")
    if ticket.type is OrdType.STOP_LIMIT:
        if terms.get("stop_direction") != words.STOP_DIRECTION[ticket.side]:
            raise Rejected(Reason.INVALID, "stop_direction does not fit the side")
    elif terms.get("post_only") is True and ticket.limit_price is not None:
        quote = market.quotes[ticket.symbol]
        touch = quote.ask if ticket.side is Side.BUY else quote.bid
        if (ticket.limit_price - touch) * ticket.side.sign >= 0:
            raise Rejected(Reason.INVALID, "INVALID_LIMIT_PRICE_POST_ONLY")


def _end(terms: dict[str, Any]) -> datetime:
    try:
        found = datetime.fromisoformat(str(terms.get("end_time")))
    except ValueError:
        raise invalid("valid end_time is required") from None
    if found.tzinfo is None:
        raise invalid("valid end_time is required")
    return found
