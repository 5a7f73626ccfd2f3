"""Orders, executions and cash movements as Alpaca writes them."""

from typing import Any

from sandbox import family
from sandbox.account import Account, Movement
from sandbox.alpaca import words
from sandbox.alpaca.words import moment, number, optional
from sandbox.instruments import Instrument
from sandbox.json_text import plain
from sandbox.market import Market
from sandbox.orders import Contingency, Event, ExecType, Execution, Order, OrdStatus, OrdType


def order(
    account: Account, market: Market, one: Order, *, nested: bool = True, slashed: bool = True
) -> dict[str, Any]:
    """An order; `slashed` is how REST writes a crypto pair, trade updates leave the slash out."""
    legs = family.legs(account, one) if nested else []
    return {
        **_identity(account, market, one, slashed=slashed),
        **_terms(one, leg_of_multileg=one.ticket.ratio is not None),
        **_times(one),
        "status": words.STATUS[one.status],
        "filled_qty": number(one.filled),
        "filled_avg_price": optional(one.average_price),
        "replaced_by": one.replaced_by,
        "replaces": one.replaces,
        "legs": [order(account, market, leg, slashed=slashed) for leg in legs] or None,
        "subtag": None,
        "source": None,
    }


def _identity(account: Account, market: Market, one: Order, *, slashed: bool) -> dict[str, Any]:
    """Who it is; the head of a multi-leg order has no instrument and no side of its own."""
    ticket = one.ticket
    head = family.parent(account, one) or one
    multileg = ticket.contingency is Contingency.MULTILEG
    instrument = market.instruments.get(ticket.symbol)
    return {
        "id": one.id,
        "client_order_id": one.client_id,
        "asset_id": str(instrument.id) if instrument else "",
        "symbol": ticket.symbol if slashed else words.unslashed(ticket.symbol),
        "asset_class": words.ASSET_CLASS[instrument.kind] if instrument else "",
        "order_class": words.ORDER_CLASS[head.ticket.contingency],
        "side": "" if multileg else words.SIDE[ticket.side],
        **({} if multileg else {"position_intent": _intent(one)}),
        "ratio_qty": optional(ticket.ratio),
    }


def _intent(one: Order) -> str:
    return f"{words.SIDE[one.ticket.side]}_to_{'close' if one.ticket.opens is False else 'open'}"


def _terms(one: Order, *, leg_of_multileg: bool) -> dict[str, Any]:
    """What was asked; the legs of a multi-leg order have no type of their own."""
    ticket = one.ticket
    kind = "" if leg_of_multileg else words.TYPE[ticket.type]
    trailing = ticket.type is OrdType.TRAILING_STOP
    return {
        "order_type": kind,
        "type": kind,
        "time_in_force": words.TIME_IN_FORCE[ticket.time_in_force],
        "qty": optional(ticket.quantity),
        "notional": optional(ticket.cash_quantity),
        "limit_price": optional(ticket.limit_price),
        "stop_price": optional(one.stop_price),
        "trail_price": optional(ticket.trail_amount),
        "trail_percent": optional(ticket.trail_percent),
        "hwm": optional(one.high_water) if trailing else None,
        "extended_hours": ticket.extended_hours,
    }


_ENDED_AT = {
    "filled_at": OrdStatus.FILLED,
    "canceled_at": OrdStatus.CANCELED,
    "expired_at": OrdStatus.EXPIRED,
    "failed_at": OrdStatus.REJECTED,
    "replaced_at": OrdStatus.REPLACED,
}


def _times(one: Order) -> dict[str, Any]:
    ended = {
        name: moment(one.ended) if one.ended and one.status is status else None
        for name, status in _ENDED_AT.items()
    }
    expires = {"expires_at": moment(one.expires)} if one.expires else {}
    return {
        "created_at": moment(one.created),
        "submitted_at": moment(one.created),
        "updated_at": moment(one.updated),
        **expires,
        **ended,
    }


def trade_update(account: Account, market: Market, event: Event) -> dict[str, Any]:
    """A frame of the trade_updates stream."""
    body = {
        "event": words.event(event),
        "timestamp": moment(event.at),
        "order": order(account, market, event.order, slashed=False)
        | {"cancel_requested_at": _cancel_requested(event.order)},
    }
    execution = event.execution
    if execution is not None:
        body |= {
            "execution_id": execution.id,
            "price": number(execution.price),
            "qty": number(execution.quantity),
            "position_qty": number(execution.position),
        }
    return {"stream": "trade_updates", "data": body}


def _cancel_requested(one: Order) -> str | None:
    return moment(one.cancel_requested) if one.cancel_requested else None


def fill(account: Account, one: Execution) -> dict[str, Any]:
    """An execution among the account's activities."""
    return {
        "id": f"{one.at:%Y%m%d%H%M%S}{one.at.microsecond // 1000:03d}::{one.id}",
        "activity_type": "FILL",
        "transaction_time": moment(one.at),
        "type": "partial_fill" if one.leaves else "fill",
        "price": number(one.price),
        "qty": number(one.quantity),
        "side": words.SIDE[one.side],
        "symbol": one.symbol,
        "leaves_qty": number(one.leaves),
        "cum_qty": number(one.cumulative),
        "order_id": one.order_id,
        "order_status": words.STATUS[account.orders[one.order_id].status],
    }


def movement(one: Movement) -> dict[str, Any]:
    """A cash movement among the account's activities."""
    body = {
        "id": f"{one.at:%Y%m%d}000000000::{one.id}",
        "activity_type": words.ACTIVITY[one.kind],
        "date": f"{one.at:%Y-%m-%d}",
        "created_at": moment(one.at),
        "net_amount": number(one.amount),
        "currency": "USD",
        "description": "",
        "status": "executed",
    }
    if one.symbol is not None and one.quantity is not None:
        per_share = number(one.amount / one.quantity)
        body |= {
            "symbol": one.symbol,
            "qty": number(one.quantity),
            "per_share_amount": per_share,
        }
    return body


def position(account: Account, market: Market, instrument: Instrument, free: Any) -> dict[str, Any]:
    """A position at the last price; intraday figures are against yesterday's close."""
    held = account.holding(instrument.symbol)
    quote = market.quotes[instrument.symbol]
    value = held.quantity * quote.last * instrument.multiplier
    before = held.quantity * quote.previous_close * instrument.multiplier
    gain, today = value - held.cost, value - before
    return {
        "asset_id": str(instrument.id),
        "symbol": words.unslashed(instrument.symbol),
        "exchange": words.exchange(instrument),
        "asset_class": words.ASSET_CLASS[instrument.kind],
        "asset_marginable": bool(instrument.venue),
        "qty": number(held.quantity),
        "qty_available": number(free if held.quantity > 0 else -free),
        "avg_entry_price": number(held.cost / held.quantity / instrument.multiplier),
        "side": "long" if held.quantity > 0 else "short",
        "market_value": number(value),
        "cost_basis": number(held.cost),
        "unrealized_pl": number(gain),
        "unrealized_plpc": number(gain / abs(held.cost)),
        "unrealized_intraday_pl": number(today),
        "unrealized_intraday_plpc": number(today / abs(before)),
        "current_price": plain(quote.last),
        "lastday_price": plain(quote.previous_close),
        "change_today": number(quote.last / quote.previous_close - 1),
    }


UPDATES = frozenset(ExecType)
