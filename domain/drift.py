"""What a stream should have told and did not: found by a poll, dated, and never passed over."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from domain.ids import AccountId, OrderId
from domain.order import OrderStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """An order that a poll found changed while a stream that was up kept silent of it.

    `lag` is from when the broker dates the change to when it was found, None if it does not date
    it. What was found is kept already: this only tells that the stream cannot be relied on.
    """

    account_id: AccountId
    order_id: OrderId
    broker_order_id: str
    status: OrderStatus
    filled_quantity: Decimal
    found_at: datetime
    lag: timedelta | None
