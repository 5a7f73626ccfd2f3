"""Asking for orders: preview, place, replace, cancel, close, and ending what stays unknown."""

from collections.abc import Awaitable

import strawberry

from domain.access import Scope
from domain.errors import ErrorCode, Problem
from domain.ids import IntentId, OrderId
from domain.intent import Intent as IntentValue
from domain.order import Order as OrderValue
from domain.preview import Preview as PreviewValue
from graph.context import Context, Info
from graph.errors import USER_ERRORS, UserError, outcome
from graph.intents import OrderPlaced, OrderRefused, OrderUnknown, Placement, placement_of
from graph.node import key_of
from graph.orders import Order
from graph.positions import instrument_key
from graph.ticket_options import Preview
from graph.tickets import account_of, draft_of
from graph.trading_inputs import (
    CancelAllOrdersInput,
    CancelOrderInput,
    ClosePositionInput,
    PlaceOrderInput,
    PreviewOrderInput,
    ReplaceOrderInput,
    ResolveOrderInput,
    ResolveOutcome,
)
from trading.canceling import Unconfirmed
from trading.drafts import Changes

TRADES = {"scope": Scope.TRADE}


@strawberry.type(description="What an order would cost.")
class PreviewPayload:
    """Of previewOrder."""

    preview: PreviewValue | None = strawberry.field(
        graphql_type=Preview | None, description="The figures; null if it could not be taken."
    )
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


@strawberry.type(description="What became of a request for an order.")
class PlacementPayload:
    """Of every mutation that can create an order."""

    outcome: Placement | None = strawberry.field(
        description="Null if the request was denied before it was written down."
    )
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


@strawberry.type(description="The order after its cancel was asked for; that it is over is told.")
class CancelPayload:
    """Of cancelOrder."""

    order: OrderValue | None = strawberry.field(
        graphql_type=Order | None, description="The order as the broker has it now."
    )
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


@strawberry.type(description="An order that may still be working.")
class UnconfirmedCancel:
    """Declares what is shown of trading's Unconfirmed."""

    order: Order = strawberry.field(description="The order as last known.")
    code: ErrorCode = strawberry.field(description="The last that was heard.")
    message: str = strawberry.field(description="The same in words.")


@strawberry.type(description="What became of many cancels.")
class CancelAllPayload:
    """Of cancelAllOrders."""

    over: list[OrderValue] = strawberry.field(
        graphql_type=list[Order], description="Orders that are over now."
    )
    unconfirmed: list[Unconfirmed] = strawberry.field(
        graphql_type=list[UnconfirmedCancel], description="Orders that may still be working."
    )
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


async def order_of(context: Context, id: str) -> OrderId:
    """An order that the viewer may touch."""
    key, allowed = OrderId(key_of("Order", id)), context.viewer.accounts
    order = await context.services.reads.order(context.viewer.user_id, key)
    if order is None or (allowed is not None and order.account_id not in allowed):
        raise Problem(ErrorCode.ORDER_NOT_FOUND, "no such order", field="orderId")
    return key


async def _placed(context: Context, work: Awaitable[IntentValue]) -> PlacementPayload:
    intent, errors = await outcome(work)
    made: OrderPlaced | OrderRefused | OrderUnknown | None = None
    if intent is not None:
        made = await placement_of(context, intent)
    return PlacementPayload(outcome=made, user_errors=errors)


@strawberry.type
class TradingMutation:
    """Everything that may create, change or take back an order."""

    @strawberry.mutation(description="Reckon what an order would cost.", metadata=TRADES)
    async def preview_order(self, info: Info, input: PreviewOrderInput) -> PreviewPayload:
        """Creates nothing."""

        async def work() -> PreviewValue:
            account = account_of(info.context, input.ticket.account_id)
            draft = await draft_of(info.context, input.ticket)
            desk = info.context.services.desk
            return await desk.previewing.preview(info.context.viewer.user_id, account, draft)

        preview, errors = await outcome(work())
        return PreviewPayload(preview=preview, user_errors=errors)

    @strawberry.mutation(
        description="Place an order, at most once for each idempotency key.", metadata=TRADES
    )
    async def place_order(self, info: Info, input: PlaceOrderInput) -> PlacementPayload:
        """The answer says whether there is an order, there is none, or nobody can tell yet."""

        async def work() -> IntentValue:
            viewer = info.context.viewer
            account = account_of(info.context, input.ticket.account_id)
            return await info.context.services.desk.orders.place(
                viewer.user_id,
                account,
                await draft_of(info.context, input.ticket),
                key=input.idempotency_key,
                preview=input.preview_token,
                in_person=viewer.signed_in_at is not None,
            )

        return await _placed(info.context, work())

    @strawberry.mutation(description="Change the terms of a working order.", metadata=TRADES)
    async def replace_order(self, info: Info, input: ReplaceOrderInput) -> PlacementPayload:
        """The order keeps its id here, whatever the broker calls it then."""

        async def work() -> IntentValue:
            changes = Changes(
                quantity=input.quantity,
                limit_price=input.limit_price,
                stop_price=input.stop_price,
                trail_amount=input.trail_amount,
                trail_percent=input.trail_percent,
                time_in_force=input.time_in_force,
            )
            order = await order_of(info.context, input.order_id)
            orders = info.context.services.desk.orders
            user = info.context.viewer.user_id
            return await orders.replace(user, order, changes, key=input.idempotency_key)

        return await _placed(info.context, work())

    @strawberry.mutation(description="Close a position at the market.", metadata=TRADES)
    async def close_position(self, info: Info, input: ClosePositionInput) -> PlacementPayload:
        """Net of what already works to close it."""

        async def work() -> IntentValue:
            instrument = instrument_key(input.instrument_id)
            if not instrument:
                raise Problem(ErrorCode.NOTHING_TO_CLOSE, "nothing of it is held")
            return await info.context.services.desk.orders.close(
                info.context.viewer.user_id,
                account_of(info.context, input.account_id),
                instrument,
                key=input.idempotency_key,
                quantity=input.quantity,
            )

        return await _placed(info.context, work())

    @strawberry.mutation(description="Ask for an order to be cancelled.", metadata=TRADES)
    async def cancel_order(self, info: Info, input: CancelOrderInput) -> CancelPayload:
        """Passes any halt."""

        async def work() -> OrderValue:
            order = await order_of(info.context, input.order_id)
            desk = info.context.services.desk
            return await desk.canceling.one(info.context.viewer.user_id, order)

        order, errors = await outcome(work())
        return CancelPayload(order=order, user_errors=errors)

    @strawberry.mutation(description="Cancel every open order.", metadata=TRADES)
    async def cancel_all_orders(self, info: Info, input: CancelAllOrdersInput) -> CancelAllPayload:
        """Waits some seconds for each to be over."""
        context, user = info.context, info.context.viewer.user_id

        async def work() -> CancelAllPayload:
            if input.account_id is not None:
                accounts = [account_of(context, input.account_id)]
            else:
                found = await context.services.reads.accounts(user, ids=context.viewer.accounts)
                accounts = [account.id for account in found]
            swept = await context.services.desk.canceling.every(
                user, accounts, instrument=instrument_key(input.instrument_id)
            )
            return CancelAllPayload(
                over=list(swept.over), unconfirmed=list(swept.unconfirmed), user_errors=[]
            )

        done, errors = await outcome(work())
        return done or CancelAllPayload(over=[], unconfirmed=[], user_errors=errors)

    @strawberry.mutation(
        description="End an order whose outcome nobody could find out.", metadata=TRADES
    )
    async def resolve_order(self, info: Info, input: ResolveOrderInput) -> PlacementPayload:
        """A person's word, audited; an order that turns up later still counts."""

        async def work() -> IntentValue:
            return await resolved(info.context, input)

        return await _placed(info.context, work())


async def resolved(context: Context, input: ResolveOrderInput) -> IntentValue:
    """The intent after a person's word on it."""
    placed = input.outcome is ResolveOutcome.PLACED
    if placed != bool(input.broker_order_id):
        message = "name the broker's order if it was placed, and only then"
        raise Problem(ErrorCode.BAD_INPUT, message, field="brokerOrderId")
    if not input.note.strip():
        raise Problem(ErrorCode.BAD_INPUT, "say how this is known", field="note")
    desk, viewer = context.services.desk, context.viewer
    intent = await desk.intents.one(viewer.user_id, IntentId(input.intent_id))
    if intent is None or not (viewer.accounts is None or intent.account_id in viewer.accounts):
        raise Problem(ErrorCode.NOT_FOUND, "no such intent", field="intentId")
    return await desk.resolving.decide(
        viewer.user_id, intent.id, placed_as=input.broker_order_id, note=input.note[:500]
    )
