"""Reading an order, in JSON or XML, and the rules that E*TRADE adds to the exchange's own.

Rules: the vendor's order documentation, v1, read 2026-11.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from math import gcd
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

from sandbox import json_text
from sandbox.account import Account
from sandbox.etrade import words
from sandbox.etrade.errors import invalid
from sandbox.orders import Contingency, OrdType, Side, Ticket, TimeInForce

_LONGEST_ID = 20
_STOPS = frozenset({OrdType.STOP, OrdType.STOP_LIMIT, OrdType.TRAILING_STOP})
_AT_ONCE = frozenset({TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL})
_LEGS = {
    "SPREADS": 2,
    "BUY_WRITES": 2,
    "BUTTERFLY": 3,
    "IRON_BUTTERFLY": 4,
    "CONDOR": 4,
    "IRON_CONDOR": 4,
}
_SIMPLE = frozenset({"EQ", "OPTN", "MF"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A request for an order: what it asks, and its preview."""

    kind: str
    client_id: str
    order: dict[str, Any]
    previews: tuple[str, ...]


def document(body: bytes, root: str) -> dict[str, Any]:
    """The object under the root, `Refusal` if it is neither JSON nor XML of it."""
    try:
        text = body.strip()
        if text.startswith(b"<"):
            element = fromstring(text)  # noqa: S314 (a sandbox on loopback)
            found: Any = {element.tag: _element(element)}
        else:
            found = json_text.loads(text)
    except (ValueError, ParseError):
        raise invalid("The request is not readable", 1000) from None
    if not isinstance(found, dict) or not isinstance(found.get(root), dict):
        raise invalid(f"The request is not a {root}", 1000)
    inside: dict[str, Any] = found[root]
    return inside


def read(body: bytes, root: str) -> Read:
    """An order request; capitals matter in it, as they do there."""
    asked = document(body, root)
    orders = _list(asked.get("Order"))
    client_id = str(asked.get("clientOrderId", ""))
    if len(orders) != 1:
        raise invalid("One order is required", 1000)
    if not client_id.isalnum() or len(client_id) > _LONGEST_ID:
        raise invalid("clientOrderId takes up to 20 letters and digits", 1000)
    previews = tuple(str(one.get("previewId")) for one in _list(asked.get("PreviewIds")))
    return Read(
        kind=str(asked.get("orderType", "")),
        client_id=client_id,
        order=orders[0],
        previews=previews,
    )


def ticket(read: Read, account: Account) -> Ticket:
    """The ticket that it asks for, or `Refusal`."""
    lines = _list(read.order.get("Instrument"))
    terms = _terms(read.order)
    if read.kind in _LEGS:
        return _combination(read, lines, terms)
    if read.kind not in _SIMPLE or len(lines) != 1:
        raise invalid(f"{read.kind or 'no'} orders are not supported here", 10033)
    symbol, side, opens = _line(lines[0])
    security = str(_object(lines[0], "Product").get("securityType"))
    if security != read.kind:
        raise invalid("The order type does not fit the product", 1000)
    if str(read.order.get("priceType")).startswith("NET_"):
        raise invalid("A net price is for several legs", 1000)
    _check(read.kind, terms)
    _check_direction(account, symbol, side, opens=opens)
    quantity, money = _quantity(lines[0]), decimal(read.order, "investmentAmount")
    if read.kind != "MF" and (money is not None or (quantity or Decimal(0)) % 1):
        raise invalid("The quantity has to be whole", 1000)
    return Ticket(
        symbol=symbol,
        side=side,
        opens=opens,
        client_id=read.client_id,
        quantity=None if money is not None else quantity,
        cash_quantity=money,
        **terms,
    )


def _combination(read: Read, lines: list[dict[str, Any]], terms: dict[str, Any]) -> Ticket:
    """Several legs at a net price; a credit is one that is paid to us."""
    word = str(read.order.get("priceType"))
    if terms["extended_hours"] or terms["time_in_force"] in _AT_ONCE:
        raise invalid("Combinations are good for the day or until canceled, in the session", 1000)
    if len(lines) != _LEGS[read.kind] or not word.startswith("NET_"):
        raise invalid("These legs make no such order", 1000)
    limit = terms["limit_price"] or Decimal(0)
    terms["limit_price"] = -limit if word == "NET_CREDIT" else limit
    if word == "NET_EVEN":
        terms["limit_price"] = Decimal(0)
    quantities = [_quantity(line) or Decimal(0) for line in lines]
    if any(one <= 0 or one % 1 for one in quantities):
        raise invalid("The quantity has to be whole", 1000)
    units = gcd(*(int(one) for one in quantities))
    return Ticket(
        symbol="",
        side=Side.BUY,
        contingency=Contingency.MULTILEG,
        client_id=read.client_id,
        quantity=Decimal(units),
        legs=tuple(_leg(line, units, terms["time_in_force"]) for line in lines),
        **terms,
    )


def _leg(line: dict[str, Any], units: int, lives: TimeInForce) -> Ticket:
    symbol, side, opens = _line(line)
    quantity = _quantity(line) or Decimal(0)
    return Ticket(
        symbol=symbol,
        side=side,
        opens=opens,
        quantity=quantity,
        ratio=quantity / units,
        time_in_force=lives,
    )


def _terms(order: dict[str, Any]) -> dict[str, Any]:
    word, term = str(order.get("priceType")), str(order.get("orderTerm"))
    session = str(order.get("marketSession"))
    if word not in words.PRICE_TYPE or term not in words.TERM:
        raise invalid("Invalid price type or order term", 1000)
    if session not in {"REGULAR", "EXTENDED"}:
        raise invalid("Invalid market session", 1000)
    kind, auction = words.PRICE_TYPE[word]
    trail = decimal(order, "offsetValue") if kind is OrdType.TRAILING_STOP else None
    limited = kind in {OrdType.LIMIT, OrdType.STOP_LIMIT}
    stopped = kind in {OrdType.STOP, OrdType.STOP_LIMIT}
    if auction is not None and term != "GOOD_FOR_DAY":
        raise invalid("Orders for an auction are good for the day", 1000)
    return {
        "type": kind,
        "time_in_force": auction or words.TERM[term],
        # Samples send prices that an order of their type has no use for.
        "limit_price": decimal(order, "limitPrice") if limited else None,
        "stop_price": decimal(order, "stopPrice") if stopped else None,
        "trail_amount": trail if word == "TRAILING_STOP_CNST" else None,
        "trail_percent": trail if word == "TRAILING_STOP_PRCT" else None,
        "extended_hours": session == "EXTENDED",
    }


def _check(kind: str, terms: dict[str, Any]) -> None:
    """Refuse what E*TRADE's order types have no place for."""
    price, lives = terms["type"], terms["time_in_force"]
    if lives in _AT_ONCE and price is not OrdType.LIMIT:
        raise invalid("Only limit orders are executed at once or not at all", 1000)
    if price is OrdType.MARKET and lives is TimeInForce.GOOD_TILL_CANCEL:
        raise invalid("Market orders are good for the day", 1000)
    if terms["extended_hours"] and (kind, price, lives) != ("EQ", OrdType.LIMIT, TimeInForce.DAY):
        raise invalid("Extended hours take limit orders for the day", 1000)
    auction = lives in {TimeInForce.AT_THE_OPENING, TimeInForce.AT_THE_CLOSE}
    if kind != "EQ" and (auction or price is OrdType.TRAILING_STOP):
        raise invalid("This price type is for stocks", 1000)
    if kind == "MF" and (price is not OrdType.MARKET or lives is not TimeInForce.DAY):
        raise invalid("Funds are traded at the next price of the day", 1000)


def _check_direction(account: Account, symbol: str, side: Side, *, opens: bool) -> None:
    """Opening against what is held has to be said as closing."""
    held = account.holding(symbol).quantity
    if opens and held * side.sign < 0:
        raise invalid("You hold the opposite position; close it first", 1040)


def _line(line: dict[str, Any]) -> tuple[str, Side, bool]:
    """The exchange's symbol, the side, and whether it opens."""
    product, action = _object(line, "Product"), str(line.get("orderAction"))
    kind, symbol = str(product.get("securityType")), str(product.get("symbol", ""))
    actions = {"EQ": words.SHARES, "OPTN": words.OPTIONS, "MF": words.FUNDS}.get(kind, {})
    if action not in actions:
        raise invalid(f"Invalid order action {action[:20]}", 1000)
    side, opens = actions[action]
    return (_contract(product, symbol) if kind == "OPTN" else symbol), side, opens


def _contract(product: dict[str, Any], root: str) -> str:
    year, month, day = (decimal(product, f"expiry{part}") for part in ("Year", "Month", "Day"))
    strike, right = decimal(product, "strikePrice"), str(product.get("callPut", "")).upper()
    if (
        year is None
        or month is None
        or day is None
        or strike is None
        or right not in {"CALL", "PUT"}
    ):
        raise invalid("Invalid option", 1000)
    return words.contract(root, int(year), int(month), int(day), right, strike)


def _quantity(line: dict[str, Any]) -> Decimal | None:
    quantity = decimal(line, "quantity")
    return decimal(line, "orderedQuantity") if quantity is None else quantity


def decimal(fields: dict[str, Any], name: str) -> Decimal | None:
    """A field's number, None if it is absent, empty or zero, `Refusal` if it is no number."""
    value = fields.get(name)
    if value in {None, ""}:
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise invalid(f"Invalid {name}", 1000) from None
    if not found.is_finite() or found < 0:
        raise invalid(f"Invalid {name}", 1000)
    return found or None


def _object(fields: dict[str, Any], name: str) -> dict[str, Any]:
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[dict[str, Any]]:
    """XML has no lists of one."""
    listed = value if isinstance(value, list) else [value]
    return [one for one in listed if isinstance(one, dict)]


def _element(element: Element) -> Any:
    if not len(element):
        return (element.text or "").strip()
    found: dict[str, Any] = {}
    for child in element:
        value = _element(child)
        if child.tag in found:
            known = found[child.tag]
            found[child.tag] = [*(known if isinstance(known, list) else [known]), value]
        else:
            found[child.tag] = value
    return found
