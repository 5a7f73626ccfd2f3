"""Bodies of Coinbase's, as small as they can be."""

from datetime import UTC, datetime
from typing import Any

from brokers.coinbase.orders import Heard
from brokers.wire import Row
from domain.facts import Source

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HEARD = Heard(account="A", source=Source.POLL, at=NOW)


def order(**fields: Any) -> Row:
    """An open limit order as REST has it."""
    usual = {
        "order_id": "o-1",
        "client_order_id": "bg-1",
        "product_id": "BTC-USD",
        "product_type": "SPOT",
        "side": "BUY",
        "status": "OPEN",
        "order_configuration": {
            "limit_limit_gtc": {"base_size": "0.5", "limit_price": "50000", "post_only": False}
        },
        "time_in_force": "GOOD_UNTIL_CANCELLED",
        "order_type": "LIMIT",
        "created_time": "2026-06-01T11:00:00.123456Z",
        "last_update_time": "2026-06-01T11:30:00Z",
        "filled_size": "0",
        "average_filled_price": "0",
        "number_of_fills": "0",
        "reject_reason": "REJECT_REASON_UNSPECIFIED",
        "edit_history": [],
    }
    return Row(usual | fields, "the order")


def streamed(**fields: Any) -> Row:
    """The same as the user channel has it."""
    usual = {
        "order_id": "o-1",
        "client_order_id": "bg-1",
        "product_id": "BTC-USD",
        "product_type": "SPOT",
        "order_side": "BUY",
        "order_type": "Limit",
        "status": "OPEN",
        "limit_price": "50000",
        "stop_price": "",
        "cumulative_quantity": "0",
        "leaves_quantity": "0.5",
        "avg_price": "0",
        "number_of_fills": "0",
        "creation_time": "2026-06-01T11:00:00.123456Z",
        "end_time": "0001-01-01T00:00:00Z",
    }
    return Row(usual | fields, "the order")


def filled(**fields: Any) -> Row:
    """A fill."""
    usual = {
        "entry_id": "e-1",
        "trade_id": "t-1",
        "order_id": "o-1",
        "trade_time": "2026-06-01T11:45:00Z",
        "trade_type": "FILL",
        "price": "50000",
        "size": "0.2",
        "commission": "60",
        "product_id": "BTC-USD",
        "size_in_quote": False,
        "side": "BUY",
    }
    return Row(usual | fields, "the fill")


def wallet(currency: str, available: str, hold: str = "0", kind: str = "CRYPTO") -> Row:
    """A wallet."""
    return Row(
        {
            "currency": currency,
            "type": f"ACCOUNT_TYPE_{kind}",
            "available_balance": {"value": available, "currency": currency},
            "hold": {"value": hold, "currency": currency},
        },
        "the wallet",
    )
