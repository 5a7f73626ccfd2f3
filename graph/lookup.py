"""Anything by its global id."""

from typing import Annotated

import strawberry

from domain.account import Account
from domain.changes import HoldingChange
from domain.connection import Connection
from domain.holding import Position
from domain.ids import AccountId, ConnectionId, InstrumentId, OrderId, TransactionId
from domain.instrument import Instrument
from domain.order import Order
from domain.transaction import TransactionChange
from graph.context import Context, Info
from graph.node import Node, keys_of

Found = Account | Connection | Instrument | Order | Position | TransactionChange


@strawberry.type
class NodeQuery:
    """The Relay root field."""

    @strawberry.field(
        graphql_type=Node | None,
        description="Anything by its id; null for what is unknown and what is another's alike.",
    )
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="An id from this API.")],
    ) -> Found | None:
        """Never says why there is nothing."""
        context = info.context
        found: Found | None = None
        match keys_of(id):
            case ("Account", key):
                found = await context.loaders.accounts.load(AccountId(key))
            case ("Connection", key):
                found = await _connection(context, ConnectionId(key))
            case ("Instrument", key):
                reads = context.services.reads
                found = await reads.instrument(context.viewer.user_id, InstrumentId(key))
            case ("Order", key):
                found = await _order(context, OrderId(key))
            case ("Position", account, instrument):
                found = await _position(context, AccountId(account), InstrumentId(instrument))
            case ("Transaction", key):
                found = await _transaction(context, TransactionId(key))
        return found


async def _connection(context: Context, id: ConnectionId) -> Connection | None:
    if context.viewer.accounts is not None:
        allowed = await context.loaders.accounts.load_many(context.viewer.accounts)
        if id not in {account.connection_id for account in allowed if account is not None}:
            return None
    return await context.loaders.connections.load(id)


async def _order(context: Context, id: OrderId) -> Order | None:
    order = await context.services.reads.order(context.viewer.user_id, id)
    return order if order and _visible(context, order.account_id) else None


async def _transaction(context: Context, id: TransactionId) -> TransactionChange | None:
    booked = await context.services.reads.transaction(context.viewer.user_id, id)
    return booked if booked and _visible(context, booked.account_id) else None


async def _position(
    context: Context, account: AccountId, instrument: InstrumentId
) -> Position | None:
    held: HoldingChange | None = None
    if _visible(context, account):
        held = await context.services.reads.holding(context.viewer.user_id, account, instrument)
    if held is None:
        return None
    standing = await context.services.reads.standing(context.viewer.user_id)
    return context.services.valued.position(standing, held)


def _visible(context: Context, account: AccountId) -> bool:
    return context.viewer.accounts is None or account in context.viewer.accounts
