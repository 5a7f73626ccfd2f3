"""What orders themselves do not tell: which may be there, and what a stream kept silent of."""

from datetime import datetime, timedelta
from decimal import Decimal

import strawberry

from domain.changes import IntentChange
from domain.drift import Drift
from domain.order import OrderStatus
from graph.accounts import account_id
from graph.fields import of
from graph.intents import Intent
from graph.orders import order_id
from graph.resumable import Resumable, shows_change


@strawberry.type(
    description="Whether there is an order became unknown, or known again; or an alarm: see `late`."
)
class IntentChanged(Resumable):
    """Declares what is shown of a change to an IntentChange."""

    is_type_of = shows_change(IntentChange)

    at = of("change.at", datetime, "When we learned it.")
    intent = of("change.value.intent", Intent, "The intent as it now is.")
    late = of(
        "change.value.late", bool, "Its order turned up after it was concluded that there is none."
    )


def _seconds(lag: timedelta | None) -> Decimal | None:
    return None if lag is None else Decimal(str(lag.total_seconds()))


@strawberry.type(
    description="A poll found an order changed of which the stream, though it was up, kept silent. "
    "The order itself came as OrderChanged."
)
class DriftFound(Resumable):
    """Declares what is shown of a change to a Drift."""

    is_type_of = shows_change(Drift)

    at = of("change.value.found_at", datetime, "When it was found.")
    account_id = of("change.value.account_id", strawberry.ID, "The account.", shown_as=account_id)
    order_id = of("change.value.order_id", strawberry.ID, "The order.", shown_as=order_id)
    status = of("change.value.status", OrderStatus, "Where it was found to stand.")
    filled_quantity = of(
        "change.value.filled_quantity", Decimal, "What it was found to have filled."
    )
    lag_seconds = of(
        "change.value.lag",
        Decimal | None,
        "How long after the broker's own date of the change; null if it has none.",
        shown_as=_seconds,
    )
