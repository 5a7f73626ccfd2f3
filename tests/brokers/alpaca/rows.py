"""Bodies of Alpaca's, as small as they can be."""

from datetime import UTC, datetime
from typing import Any

from brokers.alpaca.orders import Heard, reports
from brokers.wire import Row
from domain.facts import OrderReport, Source

NOW = datetime(2026, 6, 1, tzinfo=UTC)
HEARD = Heard(account="A", source=Source.POLL, at=NOW)
POSITION: dict[str, Any] = {
    "asset_class": "us_equity",
    "symbol": "AAPL",
    "qty": "5",
    "qty_available": "4",
    "side": "long",
    "avg_entry_price": "100.0",
    "cost_basis": "500.0",
    "current_price": "120.0",
    "lastday_price": "119.0",
}
ORDER: dict[str, Any] = {
    "id": "o-1",
    "client_order_id": "c-1",
    "asset_class": "us_equity",
    "symbol": "AAPL",
    "qty": "2",
    "filled_qty": "1",
    "filled_avg_price": "150.5",
    "side": "buy",
    "type": "limit",
    "order_class": "",
    "time_in_force": "gtc",
    "limit_price": "151",
    "status": "partially_filled",
    "updated_at": "2026-05-29T10:00:00.123456789-04:00",
    "submitted_at": "2026-05-29T14:00:00Z",
    "legs": None,
}
ACCOUNT: dict[str, Any] = {
    "id": "a-1",
    "account_number": "PA1",
    "currency": "USD",
    "cash": "-23140.2",
    "equity": "103820.56",
    "status": "ACTIVE",
    "multiplier": "4",
}
UPDATE: dict[str, Any] = {
    "event": "partial_fill",
    "execution_id": "e-1",
    "timestamp": "2026-05-29T14:00:00Z",
    "price": "150.5",
    "qty": "1",
    "order": ORDER,
}
SNAPSHOT: dict[str, Any] = {
    "latestTrade": {"t": "2026-05-29T14:00:00Z", "p": 120.5},
    "latestQuote": {"t": "2026-05-29T14:00:01Z", "bp": 120.4, "ap": 120.6},
    "prevDailyBar": {"c": 119},
}
TICK: dict[str, Any] = {"T": "t", "S": "AAPL", "p": 120.5, "t": "2026-05-29T14:00:00Z"}


def order(**changes: object) -> OrderReport:
    return next(reports(Row(ORDER | changes, "the order"), HEARD))


def position(**changes: object) -> Row:
    return Row(POSITION | changes, "the position")
