"""What clients send to the mutations of trading."""

from decimal import Decimal
from enum import StrEnum

import strawberry

from domain.order import TimeInForce
from graph.tickets import TicketInput


class ResolveOutcome(StrEnum):
    """A person's word on an order whose outcome no machine could find out."""

    PLACED = "PLACED"
    NOT_PLACED = "NOT_PLACED"


strawberry.enum(ResolveOutcome, description=ResolveOutcome.__doc__)


@strawberry.input(description="A ticket to be reckoned.")
class PreviewOrderInput:
    """Creates nothing."""

    ticket: TicketInput = strawberry.field(description="The order.")


@strawberry.input(description="A ticket to be placed.")
class PlaceOrderInput:
    """The same key with the same ticket is the same order."""

    idempotency_key: str = strawberry.field(description="The client's own name for this order.")
    ticket: TicketInput = strawberry.field(description="The order.")
    preview_token: str | None = strawberry.field(
        default=None, description="From previewOrder; then the ticket must be the one previewed."
    )


@strawberry.input(description="New terms of a working order; what is left out stays.")
class ReplaceOrderInput:
    """The order keeps its id in this API."""

    idempotency_key: str = strawberry.field(description="The client's own name for this change.")
    order_id: strawberry.ID = strawberry.field(description="The order.")
    quantity: Decimal | None = strawberry.field(
        default=None, description="Units of the whole order, with what has filled."
    )
    limit_price: Decimal | None = strawberry.field(default=None, description="Worst price.")
    stop_price: Decimal | None = strawberry.field(default=None, description="Stop price.")
    trail_amount: Decimal | None = strawberry.field(default=None, description="In money.")
    trail_percent: Decimal | None = strawberry.field(default=None, description="In percent.")
    time_in_force: TimeInForce | None = strawberry.field(default=None, description="New life.")


@strawberry.input(description="Names an order.")
class CancelOrderInput:
    """A cancel may be repeated."""

    order_id: strawberry.ID = strawberry.field(description="The order.")


@strawberry.input(description="Which open orders to cancel; all of the user's if nothing is named.")
class CancelAllOrdersInput:
    """Both narrow it down."""

    account_id: strawberry.ID | None = strawberry.field(default=None, description="The account.")
    instrument_id: strawberry.ID | None = strawberry.field(
        default=None, description="The instrument."
    )


@strawberry.input(description="A position to be closed at the market, all or a part of it.")
class ClosePositionInput:
    """Never crosses zero."""

    idempotency_key: str = strawberry.field(description="The client's own name for this order.")
    account_id: strawberry.ID = strawberry.field(description="The account.")
    instrument_id: strawberry.ID = strawberry.field(description="What is held.")
    quantity: Decimal | None = strawberry.field(default=None, description="Units; all if left out.")


@strawberry.input(description="A person's word on an order whose outcome is UNKNOWN.")
class ResolveOrderInput:
    """Audited."""

    intent_id: strawberry.ID = strawberry.field(description="From `intents`.")
    outcome: ResolveOutcome = strawberry.field(description="What became of it.")
    broker_order_id: str | None = strawberry.field(
        default=None, description="The broker's id of the order, if it was placed."
    )
    note: str = strawberry.field(description="How this is known.")
