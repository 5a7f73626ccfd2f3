"""Orders and fills, as Coinbase writes them over REST and on the user channel."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from sandbox import valuation
from sandbox.account import Account
from sandbox.coinbase import tickets, words
from sandbox.coinbase.words import moment, number, worked_out
from sandbox.market import Market
from sandbox.orders import ENDED, Execution, Order, OrdStatus, Side, TimeInForce


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit that was carried out."""

    price: Decimal | None
    size: Decimal | None
    at: datetime


def listed(
    market: Market, order: Order, fills: Iterable[Execution], edits: list[Edit]
) -> dict[str, Any]:
    """An order as REST has it."""
    paid = list(fills)
    return {**_asked(order), **_became(market, order, paid), "edit_history": _edits(edits)}


def _asked(order: Order) -> dict[str, Any]:
    ticket = order.ticket
    return {
        "order_id": order.id,
        "product_id": words.product_id(ticket.symbol),
        "user_id": order.account_id,
        "order_configuration": tickets.configuration(ticket),
        "side": ticket.side.value,
        "client_order_id": order.client_id,
        "time_in_force": words.TIME_IN_FORCE.get(ticket.time_in_force, "UNKNOWN_TIME_IN_FORCE"),
        "created_time": moment(order.created),
        "size_in_quote": ticket.cash_quantity is not None,
        "size_inclusive_of_fees": False,
        "order_type": words.TYPE.get(ticket.type, "UNKNOWN_ORDER_TYPE"),
        "product_type": "SPOT",
        "order_placement_source": "RETAIL_ADVANCED",
        "is_liquidation": False,
        "leverage": "",
        "margin_type": "UNKNOWN_MARGIN_TYPE",
        "retail_portfolio_id": order.account_id,
        "originating_order_id": "",
        "attached_order_id": "",
        "attached_order_configuration": None,
    }


def _became(market: Market, order: Order, paid: list[Execution]) -> dict[str, Any]:
    fees = sum((one.commission for one in paid), Decimal(0))
    failed = order.status is OrdStatus.REJECTED
    return {
        "status": words.STATUS[order.status],
        "completion_percentage": _completion(order),
        "filled_size": number(order.filled),
        "average_filled_price": worked_out(order.average_price),
        "fee": "",
        "number_of_fills": str(len(paid)),
        "filled_value": number(order.paid),
        "pending_cancel": order.status is OrdStatus.PENDING_CANCEL,
        "total_fees": number(fees),
        "total_value_after_fees": number(order.paid + fees * order.ticket.side.sign),
        "trigger_status": words.trigger(order),
        "reject_reason": "HOLD_FAILURE" if failed else "REJECT_REASON_UNSPECIFIED",
        "settled": order.status is OrdStatus.FILLED,
        "reject_message": order.text if failed else "",
        "cancel_message": "",
        "outstanding_hold_amount": number(_hold(market, order)),
        "last_fill_time": moment(paid[-1].at) if paid else None,
        "last_update_time": moment(order.updated),
    }


def streamed(market: Market, order: Order, fills: Iterable[Execution]) -> dict[str, Any]:
    """An order as the user channel has it: every value is text."""
    paid = list(fills)
    fees = sum((one.commission for one in paid), Decimal(0))
    ticket, ended = order.ticket, order.status in ENDED
    limited = ticket.time_in_force is TimeInForce.GOOD_TILL_DATE
    return {
        "avg_price": worked_out(order.average_price),
        "cancel_reason": "User requested cancel" if order.cancel_requested and ended else "",
        "client_order_id": order.client_id,
        "completion_percentage": _completion(order),
        "contract_expiry_type": "UNKNOWN_CONTRACT_EXPIRY_TYPE",
        "cumulative_quantity": number(order.filled),
        "filled_value": number(order.paid),
        "leaves_quantity": number(order.leaves),
        "limit_price": "" if ticket.limit_price is None else number(ticket.limit_price),
        "number_of_fills": str(len(paid)),
        "order_id": order.id,
        "order_side": ticket.side.value,
        "order_type": words.STREAMED_TYPE.get(ticket.type, "Unknown"),
        "outstanding_hold_amount": number(_hold(market, order)),
        "post_only": "false",
        "product_id": words.product_id(ticket.symbol),
        "product_type": "SPOT",
        "reject_reason": "HOLD_FAILURE" if order.status is OrdStatus.REJECTED else "",
        "retail_portfolio_id": order.account_id,
        "risk_managed_by": "UNKNOWN_RISK_MANAGEMENT_TYPE",
        "status": words.STATUS[order.status],
        "stop_price": "" if ticket.stop_price is None else number(ticket.stop_price),
        "time_in_force": words.TIME_IN_FORCE.get(ticket.time_in_force, "UNKNOWN_TIME_IN_FORCE"),
        "total_fees": number(fees),
        "total_value_after_fees": number(order.paid + fees * ticket.side.sign),
        "trigger_status": words.trigger(order),
        "creation_time": moment(order.created),
        "end_time": moment(ticket.expires if limited else None),
        "start_time": words.NEVER,
    }


def fill(account: Account, execution: Execution) -> dict[str, Any]:
    """An execution; where an amount of money was asked for its size is in money too."""
    in_quote = account.orders[execution.order_id].ticket.cash_quantity is not None
    size = execution.quantity * execution.price if in_quote else execution.quantity
    return {
        "entry_id": execution.id,
        "trade_id": str(uuid5(NAMESPACE_OID, execution.id)),
        "order_id": execution.order_id,
        "trade_time": moment(execution.at),
        "trade_type": "FILL",
        "price": number(execution.price),
        "size": number(size),
        "commission": number(execution.commission),
        "product_id": words.product_id(execution.symbol),
        "sequence_timestamp": moment(execution.at),
        "liquidity_indicator": "TAKER",
        "size_in_quote": in_quote,
        "user_id": account.id,
        "side": execution.side.value,
        "retail_portfolio_id": account.id,
    }


def _completion(order: Order) -> str:
    if order.quantity is None:
        return "100" if order.status is OrdStatus.FILLED else "0"
    return f"{order.filled / order.quantity * 100:.2f}"


def _hold(market: Market, order: Order) -> Decimal:
    if not order.live or order.quantity is None:
        return Decimal(0)
    buying = order.ticket.side is Side.BUY
    return order.leaves * (valuation.reference_price(market, order) if buying else 1)


def _edits(edits: list[Edit]) -> list[dict[str, str]]:
    return [
        {
            "price": number(one.price),
            "size": number(one.size),
            "replace_accept_timestamp": moment(one.at),
        }
        for one in edits
    ]
