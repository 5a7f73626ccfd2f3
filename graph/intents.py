"""Intents: orders on their way, and what became of the sending."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry
from strawberry import Parent

from domain.errors import ErrorCode
from domain.ids import OrderId
from domain.intent import Intent as IntentValue
from domain.intent import IntentKind, IntentState
from domain.order import Order as OrderValue
from domain.order import OrderSide, OrderType
from graph.accounts import account_id
from graph.context import Context, Info
from graph.fields import of
from graph.instruments import Instrument
from graph.orders import Order, order_id
from graph.paging import checked


def _account_id(source: Parent[IntentValue]) -> strawberry.ID:
    return account_id(source.account_id)


async def _order(source: Parent[IntentValue], info: Info) -> OrderValue | None:
    return await order_of(info.context, source)


def _order_id(source: Parent[IntentValue]) -> strawberry.ID | None:
    return None if source.order_id is None else order_id(source.order_id)


@strawberry.type(description="A ticket committed to: written down before anything is sent.")
class Intent:
    """Declares what is shown of the domain's Intent."""

    id = of("id", strawberry.ID, "Names it, for resolveOrder.")
    account_id: strawberry.ID = strawberry.field(
        resolver=_account_id, description="The account that it trades for."
    )
    kind: IntentKind = strawberry.field(description="Why the order is to be created.")
    state: IntentState = strawberry.field(description="How far the sending got.")
    key = of("key", str, "The idempotency key that it stands for.")
    client_order_id: str = strawberry.field(description="The id that the order has, if it exists.")
    instrument: Instrument = strawberry.field(description="What is to be traded.")
    side = of("terms.side", OrderSide, "Which way.")
    type = of("terms.type", OrderType, "How it is priced.")
    quantity = of("terms.quantity", Decimal | None, "Units; null if money was asked for.")
    notional = of("terms.notional", Decimal | None, "Money; null if units were asked for.")
    limit_price = of("terms.limit_price", Decimal | None, "Worst price per unit, if limited.")
    created_at: datetime = strawberry.field(description="When it was written down.")
    changed_at: datetime = strawberry.field(description="When its state last changed.")
    code: ErrorCode | None = strawberry.field(
        description="Why there is no order, if there is none."
    )
    message: str | None = strawberry.field(description="The same in words.")
    note: str | None = strawberry.field(description="What the person wrote who ended it.")
    order_id: strawberry.ID | None = strawberry.field(
        resolver=_order_id, description="The order, once it was seen."
    )
    order = strawberry.field(
        resolver=_order,
        graphql_type=Order | None,
        description="The order, once it was seen.",
        metadata={"query_only": "order is not part of a subscription; read OrderChanged"},
    )


@strawberry.type(description="The broker has it.")
class OrderPlaced:
    """A definite yes."""

    order: OrderValue = strawberry.field(graphql_type=Order, description="The order.")
    intent: IntentValue = strawberry.field(graphql_type=Intent, description="What was sent.")


@strawberry.type(description="There is no order: it was refused, or never arrived.")
class OrderRefused:
    """A definite no; another try takes another key."""

    code: ErrorCode = strawberry.field(description="Why.")
    message: str = strawberry.field(description="Why, in words.")
    intent: IntentValue = strawberry.field(graphql_type=Intent, description="What was sent.")


@strawberry.type(
    description="There may be an order. It is being looked for, and is never sent again: ask with "
    "the same key, or watch `intents`."
)
class OrderUnknown:
    """Neither yes nor no yet."""

    message: str = strawberry.field(description="What is known.")
    intent: IntentValue = strawberry.field(graphql_type=Intent, description="What was sent.")


Placement = Annotated[
    OrderPlaced | OrderRefused | OrderUnknown,
    strawberry.union("Placement", description="What became of a request for an order."),
]


async def placement_of(
    context: Context, intent: IntentValue
) -> OrderPlaced | OrderRefused | OrderUnknown:
    """The state of an intent as the answer to whoever asked."""
    order = await order_of(context, intent)
    if order is not None:
        return OrderPlaced(order=order, intent=intent)
    message = intent.message or "it is on its way"
    if intent.state in {IntentState.REFUSED, IntentState.NOT_PLACED}:
        return OrderRefused(code=intent.code or ErrorCode.NOT_SENT, message=message, intent=intent)
    return OrderUnknown(message=message, intent=intent)


async def order_of(context: Context, intent: IntentValue) -> OrderValue | None:
    """The order that an intent became."""
    if intent.order_id is None:
        return None
    return await context.services.reads.order(context.viewer.user_id, OrderId(intent.order_id))


@strawberry.type
class IntentQuery:
    """Root fields about intents."""

    @strawberry.field(
        graphql_type=list[Intent],
        description="What was asked for lately, newest first: here is what is still unknown.",
    )
    async def intents(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="How many, 1 to 200.")],
        unresolved_only: Annotated[
            bool, strawberry.argument(description="Only those whose outcome is not known.")
        ] = False,
    ) -> list[IntentValue]:
        """Within the viewer's allowance."""
        viewer, found = info.context.viewer, info.context.services.desk.intents
        most = checked(first)
        if unresolved_only:
            some = (await found.unresolved([viewer.user_id]))[::-1]
        else:
            some = await found.lately(viewer.user_id, accounts=viewer.accounts, first=most)
        seen = [i for i in some if viewer.accounts is None or i.account_id in viewer.accounts]
        return seen[:most]
