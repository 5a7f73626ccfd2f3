"""Reading an order request, and the rules that Alpaca adds to the exchange's own.

Rules: the vendor's OpenAPI description and order documentation, 2026-06.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from sandbox.account import Account
from sandbox.alpaca import words
from sandbox.alpaca.errors import Refusal, invalid
from sandbox.instruments import Instrument, Kind
from sandbox.market import Market
from sandbox.orders import Contingency, OrdType, Side, Ticket, TimeInForce
from sandbox.rules import Reason, Rejected

_Word = TypeVar("_Word")
_CRYPTO_TYPES = frozenset({OrdType.MARKET, OrdType.LIMIT, OrdType.STOP_LIMIT})
_CRYPTO_TIMES = frozenset({TimeInForce.GOOD_TILL_CANCEL, TimeInForce.IMMEDIATE_OR_CANCEL})
_PLAIN = frozenset({OrdType.MARKET, OrdType.LIMIT})
_DAY_GTC = frozenset({TimeInForce.DAY, TimeInForce.GOOD_TILL_CANCEL})
_FEWEST_LEGS = 2
_ORDER_CLASS = {"simple": Contingency.NONE} | {
    word: contingency for contingency, word in words.ORDER_CLASS.items()
}


def read(body: dict[str, Any], account: Account, market: Market) -> Ticket:
    """The ticket that a request asks for, or `Refusal`."""
    contingency = _word(_ORDER_CLASS, body, "order_class", "")
    if contingency is Contingency.MULTILEG:
        return _multileg(body)
    symbol = resolve_symbol(market, str(body.get("symbol", "")))
    side = _word(_inverse(words.SIDE), body, "side")
    held = account.holding(symbol).quantity
    ticket = Ticket(
        symbol=symbol,
        side=side,
        opens=held * side.sign >= 0,
        contingency=contingency,
        client_id=str(body.get("client_order_id") or ""),
        **_terms(body),
    )
    ticket = _with_exits(ticket, body)
    instrument = listed(market, symbol)
    if instrument is None:
        raise Rejected(Reason.UNKNOWN_SYMBOL, f'asset "{symbol}" not found', symbol=symbol)
    _check(ticket, instrument)
    return ticket


def changes(body: dict[str, Any], type: OrdType) -> dict[str, Any]:
    """The fields of a ticket that a PATCH changes."""
    found: dict[str, Any] = {}
    for key, name in (
        ("qty", "quantity"),
        ("limit_price", "limit_price"),
        ("stop_price", "stop_price"),
    ):
        if body.get(key) is not None:
            found[name] = decimal(body, key)
    if body.get("trail") is not None:
        if type is not OrdType.TRAILING_STOP:
            raise invalid("trail is only valid for trailing_stop orders")
        found["trail"] = decimal(body, "trail")
    if body.get("time_in_force") is not None:
        found["time_in_force"] = _word(_inverse(words.TIME_IN_FORCE), body, "time_in_force")
    if "quantity" in found and found["quantity"] % 1:
        raise invalid("qty must be an integer")
    return found


def resolve_symbol(market: Market, symbol: str) -> str:
    """The exchange's symbol for either way of writing a crypto pair, or for an asset id."""
    for instrument in market.instruments.values():
        if symbol in {words.unslashed(instrument.symbol), str(instrument.id)}:
            return instrument.symbol
    return symbol


def listed(market: Market, symbol: str) -> Instrument | None:
    """The instrument of that symbol, if Alpaca has it."""
    found = market.instruments.get(symbol)
    return found if found is not None and found.kind in words.ASSET_CLASS else None


def _terms(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": _word(_inverse(words.TYPE), body, "type"),
        "time_in_force": _word(_inverse(words.TIME_IN_FORCE), body, "time_in_force"),
        "quantity": decimal(body, "qty"),
        "cash_quantity": decimal(body, "notional"),
        "limit_price": decimal(body, "limit_price"),
        "stop_price": decimal(body, "stop_price"),
        "trail_amount": decimal(body, "trail_price"),
        "trail_percent": decimal(body, "trail_percent"),
        "extended_hours": body.get("extended_hours") is True,
    }


def _with_exits(ticket: Ticket, body: dict[str, Any]) -> Ticket:
    """Add the legs of a bracket, an OCO or an OTO."""
    if ticket.contingency is Contingency.NONE:
        return ticket
    profit, loss = _object(body, "take_profit"), _object(body, "stop_loss")
    profit_price = decimal(profit, "limit_price")
    if ticket.contingency is Contingency.OCO:
        if ticket.type is not OrdType.LIMIT or profit_price is None or not loss:
            raise invalid("oco orders must be limit orders with take_profit and stop_loss")
        return replace(ticket, limit_price=profit_price, legs=(_stop(ticket, loss, ticket.side),))
    exits = []
    if profit_price is not None:
        exits.append(_exit(ticket, type=OrdType.LIMIT, limit_price=profit_price))
    if loss:
        exits.append(_stop(ticket, loss, ticket.side.opposite))
    if len(exits) != (2 if ticket.contingency is Contingency.OTOCO else 1):
        raise invalid("bracket orders require take_profit and stop_loss, oto orders one of them")
    return replace(ticket, legs=tuple(exits))


def _stop(ticket: Ticket, loss: dict[str, Any], side: Side) -> Ticket:
    stop, limit = decimal(loss, "stop_price"), decimal(loss, "limit_price")
    if stop is None:
        raise invalid("stop_loss.stop_price is required")
    kind = OrdType.STOP if limit is None else OrdType.STOP_LIMIT
    return _exit(ticket, side=side, type=kind, stop_price=stop, limit_price=limit)


def _exit(ticket: Ticket, **terms: Any) -> Ticket:
    defaults: dict[str, Any] = {"side": ticket.side.opposite}
    return Ticket(
        symbol=ticket.symbol,
        quantity=ticket.quantity,
        time_in_force=ticket.time_in_force,
        opens=False,
        **(defaults | terms),
    )


def _multileg(body: dict[str, Any]) -> Ticket:
    legs = body.get("legs")
    quantity = decimal(body, "qty")
    if not isinstance(legs, list) or len(legs) < _FEWEST_LEGS or quantity is None or quantity <= 0:
        raise invalid("mleg orders require qty and at least two legs")
    terms = _terms(body)
    if terms["type"] not in _PLAIN or terms["extended_hours"] or quantity % 1:
        raise invalid("mleg orders are market or limit orders for contracts in regular hours")
    if terms["time_in_force"] is not TimeInForce.DAY:
        raise Refusal(422, "time_in_force must be day for options orders", 42210000)
    return Ticket(
        symbol="",
        side=Side.BUY,
        contingency=Contingency.MULTILEG,
        client_id=str(body.get("client_order_id") or ""),
        legs=tuple(_leg(leg, quantity, terms["time_in_force"]) for leg in legs),
        **terms,
    )


def _leg(body: dict[str, Any], quantity: Decimal, time_in_force: TimeInForce) -> Ticket:
    ratio = decimal(body, "ratio_qty") or Decimal(1)
    return Ticket(
        symbol=str(body.get("symbol", "")),
        side=_word(_inverse(words.SIDE), body, "side"),
        quantity=quantity * ratio,
        ratio=ratio,
        time_in_force=time_in_force,
        opens=not str(body.get("position_intent", "")).endswith("close"),
    )


def _check(ticket: Ticket, instrument: Instrument) -> None:
    """Refuse what Alpaca's order matrix has no place for."""
    if instrument.kind is Kind.CRYPTO:
        _check_crypto(ticket)
    elif instrument.kind is Kind.OPTION:
        _check_option(ticket)
    else:
        _check_equity(ticket)
    if ticket.legs:
        _check_contingent(ticket)


def _check_crypto(ticket: Ticket) -> None:
    if ticket.type not in _CRYPTO_TYPES or ticket.legs:
        raise Refusal(422, "invalid order type for crypto order", 42210000)
    if ticket.time_in_force not in _CRYPTO_TIMES:
        raise Refusal(422, "invalid crypto time_in_force", 42210000)
    if ticket.extended_hours:
        raise Refusal(422, "extended hours order must be DAY limit orders", 42210000)


def _check_option(ticket: Ticket) -> None:
    if ticket.type not in _PLAIN or ticket.legs:
        raise Refusal(422, "invalid order type for options order", 42210000)
    if ticket.time_in_force is not TimeInForce.DAY:
        raise Refusal(422, "time_in_force must be day for options orders", 42210000)
    if ticket.extended_hours or ticket.cash_quantity is not None:
        raise Refusal(422, "options orders are for contracts in regular hours", 42210000)


def _check_equity(ticket: Ticket) -> None:
    time = ticket.time_in_force
    if ticket.type not in _PLAIN and time not in _DAY_GTC:
        raise Refusal(422, f"invalid time_in_force for {ticket.type.lower()} order", 42210000)
    if ticket.extended_hours and (
        ticket.type is not OrdType.LIMIT or time not in _DAY_GTC or ticket.legs
    ):
        raise Refusal(422, "extended hours order must be DAY limit orders", 42210000)
    if ticket.quantity is not None and not ticket.quantity % 1:
        return
    if time is not TimeInForce.DAY:
        raise Refusal(422, "fractional orders must be DAY orders", 42210000)
    if ticket.type is OrdType.TRAILING_STOP or ticket.legs:
        raise Refusal(422, "fractional orders must be simple orders", 42210000)


def _check_contingent(ticket: Ticket) -> None:
    if ticket.time_in_force not in _DAY_GTC:
        raise Refusal(422, "complex orders must be day or gtc", 42210000)
    if ticket.type not in _PLAIN:
        raise Refusal(422, "complex orders must be market or limit orders", 42210000)


def decimal(body: Mapping[str, Any], key: str) -> Decimal | None:
    """A field's number, None if it is absent, `Refusal` if it is no finite number."""
    value = body.get(key)
    if value is None:
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise invalid(f"{key} must be a number") from None
    if not found.is_finite():
        raise invalid(f"{key} must be a number")
    return found


def _object(body: dict[str, Any], key: str) -> dict[str, Any]:
    value = body.get(key)
    return value if isinstance(value, dict) else {}


def _word(
    known: dict[str, _Word], body: dict[str, Any], key: str, default: str | None = None
) -> _Word:
    value = body.get(key, default)
    if value not in known:
        raise invalid(f"invalid {key}" if value else f"{key} is required")
    return known[value]


def _inverse(table: dict[_Word, str]) -> dict[str, _Word]:
    return {word: one for one, word in table.items()}
