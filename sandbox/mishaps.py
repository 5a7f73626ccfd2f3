"""What goes wrong with an order on command: rejected late, busted, corrected."""

from dataclasses import replace
from decimal import Decimal

from sandbox.account import Account
from sandbox.exchange import Exchange
from sandbox.orders import ExecType, Execution, OrdStatus


def reject(exchange: Exchange, account: Account, order_id: str, text: str) -> None:
    """Reject an order that had been accepted."""
    exchange.end(account, order_id, OrdStatus.REJECTED, text)


def fill(
    exchange: Exchange, account: Account, order_id: str, quantity: Decimal, price: Decimal
) -> None:
    """Execute part of a live order, or all of it, whatever the market says."""
    order = account.orders[order_id]
    if not order.live or not 0 < quantity <= order.leaves:
        raise ValueError("that much of the order is not open")
    exchange.trade(account, order, quantity, price)


def bust(exchange: Exchange, account: Account, execution_id: str) -> None:
    """Undo an execution; an order that it had filled is not put back to work."""
    gone = account.executions.pop(execution_id)
    _post(exchange, account, gone, -1)
    order = account.orders[gone.order_id]
    order = replace(
        order,
        status=OrdStatus.CANCELED if order.status is OrdStatus.FILLED else order.status,
        filled=order.filled - gone.quantity,
        paid=order.paid - gone.quantity * gone.price,
        ended=None,
    )
    exchange.note(ExecType.TRADE_CANCEL, order, gone)


def correct(exchange: Exchange, account: Account, execution_id: str, price: Decimal) -> None:
    """Change the price of an execution, in USD a unit."""
    old = account.executions[execution_id]
    new = replace(old, price=price)
    _post(exchange, account, old, -1)
    _post(exchange, account, new, 1)
    account.executions[execution_id] = new
    order = account.orders[new.order_id]
    paid = order.paid + new.quantity * (price - old.price)
    exchange.note(ExecType.TRADE_CORRECT, replace(order, paid=paid), new)


def _post(exchange: Exchange, account: Account, execution: Execution, sign: int) -> None:
    instrument = exchange.market.instruments[execution.symbol]
    signed = sign * execution.quantity * execution.side.sign
    account.post(
        instrument,
        signed,
        signed * execution.price * instrument.multiplier,
        sign * execution.commission,
    )
