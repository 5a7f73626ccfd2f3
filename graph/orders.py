"""Orders: what was asked, where they stand, and their executions."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry
from strawberry import Parent

from domain.ids import OrderId
from domain.order import (
    ExecType,
    OrderClass,
    OrderSide,
    OrderStatus,
    OrderType,
    Origin,
    PositionEffect,
    TimeInForce,
)
from domain.order import Order as OrderValue
from domain.order import OrderEvent as OrderEventValue
from graph.accounts import account_id, allowed
from graph.context import Info
from graph.fields import of
from graph.instruments import Instrument
from graph.node import Node, global_id, shows
from graph.paging import Listed, Paged, checked, paged
from graph.positions import connection_keys, instrument_key
from graph.scalars import Cursor


def order_id(id: OrderId) -> strawberry.ID:
    """The global id of an order."""
    return global_id("Order", id)


@strawberry.type(description="One fill.")
class Execution:
    """Declares what is shown of the domain's Execution."""

    execution_id: str = strawberry.field(description="The broker's name for it.")
    revision: int = strawberry.field(description="A higher one corrects a lower one.")
    quantity: Decimal = strawberry.field(description="Units filled.")
    price: Decimal = strawberry.field(description="Price per unit.")
    at: datetime = strawberry.field(description="When it was filled.")
    commission: Decimal | None = strawberry.field(description="What the broker took, if told.")
    venue: str | None = strawberry.field(description="Where it was filled, if told.")


@strawberry.type(description="One instrument of a multi-leg order.")
class Leg:
    """Declares what is shown of the domain's Leg."""

    instrument: Instrument = strawberry.field(description="What is traded.")
    side: OrderSide = strawberry.field(description="Which way.")
    ratio: Decimal = strawberry.field(description="Units of it per unit of the order.")
    effect: PositionEffect | None = strawberry.field(description="Whether it opens or closes.")


def _id(source: Parent[OrderValue]) -> strawberry.ID:
    return order_id(source.id)


def _account_id(source: Parent[OrderValue]) -> strawberry.ID:
    return account_id(source.account_id)


def _connection_id(source: Parent[OrderValue]) -> strawberry.ID:
    return global_id("Connection", source.connection_id)


async def _events(source: Parent[OrderValue], info: Info) -> list[OrderEventValue]:
    viewer = info.context.viewer
    return list(await info.context.services.reads.order_events(viewer.user_id, source.id))


@strawberry.type(description="An order as all that is known of it adds up.")
class Order(Node):
    """Declares what is shown of the domain's Order, its terms beside the rest."""

    is_type_of = shows(OrderValue)

    id: strawberry.ID = strawberry.field(resolver=_id, description="Survives replacement.")
    account_id: strawberry.ID = strawberry.field(
        resolver=_account_id, description="The account that it trades for."
    )
    connection_id: strawberry.ID = strawberry.field(
        resolver=_connection_id, description="The connection that reported it."
    )
    broker_order_id: str = strawberry.field(description="The broker's id of it now.")
    earlier_broker_ids: list[str] = strawberry.field(
        description="The broker's ids of what it replaced."
    )
    parent_broker_id: str | None = strawberry.field(
        description="The broker's id of the order that it belongs to, if to one."
    )
    client_order_id: str | None = strawberry.field(description="The id that it was placed under.")
    origin: Origin = strawberry.field(description="Who placed it.")
    instrument: Instrument = strawberry.field(description="What is traded.")
    legs: list[Leg] = strawberry.field(description="The parts of a multi-leg order.")
    status: OrderStatus = strawberry.field(description="Where it stands.")
    raw_status: str = strawberry.field(description="The same in the broker's word.")
    working: bool | None = strawberry.field(description="Whether it is at the venue, if told.")
    reason: str | None = strawberry.field(description="Why it stands there, if told.")
    side = of("terms.side", OrderSide, "Which way it trades.")
    type = of("terms.type", OrderType, "How it is priced.")
    time_in_force = of("terms.time_in_force", TimeInForce, "How long it lives.")
    order_class = of("terms.order_class", OrderClass, "How it hangs together with others.")
    quantity = of("terms.quantity", Decimal | None, "Units asked for; null if money was.")
    notional = of("terms.notional", Decimal | None, "Money asked for; null if units were.")
    limit_price = of("terms.limit_price", Decimal | None, "Worst price per unit, if limited.")
    stop_price = of("terms.stop_price", Decimal | None, "Price that sets it off, if one does.")
    trail_amount = of("terms.trail_amount", Decimal | None, "How far its stop trails, in money.")
    trail_percent = of("terms.trail_percent", Decimal | None, "The same in percent.")
    extended_hours = of("terms.extended_hours", bool, "Whether it works outside of the session.")
    effect = of("terms.effect", PositionEffect | None, "Whether it opens or closes, if told.")
    expires_at = of("terms.expires_at", datetime | None, "When it ends, if at a set time.")
    filled_quantity: Decimal = strawberry.field(description="Units filled.")
    leaves_quantity: Decimal | None = strawberry.field(
        description="Units that can still fill; null where money was asked for."
    )
    unattributed_quantity: Decimal = strawberry.field(
        description="Units that are filled and that no execution explains yet."
    )
    average_price: Decimal | None = strawberry.field(description="Per unit filled, if known.")
    submitted_at: datetime | None = strawberry.field(description="When it was placed, if told.")
    updated_at: datetime = strawberry.field(description="As of when this is.")
    executions: list[Execution] = strawberry.field(description="Its fills, oldest first.")
    events = strawberry.field(
        resolver=_events,
        graphql_type=list[Annotated["OrderEvent", strawberry.lazy("graph.orders")]],
        description="All that happened to it, oldest first.",
        metadata={"query_only": "events is not part of a subscription; read orderUpdated"},
    )


@strawberry.type(description="One visible change of an order, and why.")
class OrderEvent:
    """Declares what is shown of the domain's OrderEvent."""

    at: datetime = strawberry.field(description="When it happened.")
    exec_type: ExecType = strawberry.field(description="Why the order changed.")
    order: Order = strawberry.field(description="The order as it was then.")
    executions: list[Execution] = strawberry.field(description="The fills that it brought.")


@strawberry.type
class OrderQuery:
    """Root fields about orders."""

    @strawberry.field(graphql_type=Paged[Order], description="Orders, newest first, paged.")
    async def orders(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="How many, 1 to 200.")],
        after: Annotated[Cursor | None, strawberry.argument(description="Behind this one.")] = None,
        account_ids: Annotated[
            list[strawberry.ID] | None, strawberry.argument(description="Only of these accounts.")
        ] = None,
        connection_ids: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(description="Only through these connections."),
        ] = None,
        instrument_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only of this instrument.")
        ] = None,
        open_only: Annotated[
            bool, strawberry.argument(description="Only those that can still fill.")
        ] = False,
        since: Annotated[
            datetime | None, strawberry.argument(description="Only those from then on.")
        ] = None,
        until: Annotated[
            datetime | None, strawberry.argument(description="Only those before then.")
        ] = None,
    ) -> Listed:
        """Ids that are unknown or another's match nothing."""
        viewer = info.context.viewer
        page = await info.context.services.reads.orders(
            viewer.user_id,
            accounts=allowed(viewer, account_ids),
            connections=connection_keys(connection_ids),
            instrument=instrument_key(instrument_id),
            open_only=open_only,
            since=since,
            until=until,
            first=checked(first),
            after=after,
        )
        return paged(page, after)
