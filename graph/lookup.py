"""Anything by its global id."""

from typing import Annotated

import strawberry

from domain.account import Account
from domain.changes import HoldingChange
from domain.connection import Connection
from domain.holding import Position
from domain.ids import AccountId, ConnectionId, InstrumentId, OrderId
from domain.instrument import Instrument
from domain.order import Order
from graph.context import Context, Info
from graph.node import Node, keys_of
from graph.positions import priced

Found = Account | Connection | Instrument | Order | Position


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
        match keys_of(id):
            case ("Account", key):
                return await info.context.loaders.accounts.load(AccountId(key))
            case ("Connection", key):
                return await _connection(info.context, ConnectionId(key))
            case ("Instrument", key):
                reads = info.context.services.reads
                return await reads.instrument(info.context.viewer.user_id, InstrumentId(key))
            case ("Order", key):
                return await _order(info.context, OrderId(key))
            case ("Position", account, instrument):
                return await _position(info.context, AccountId(account), InstrumentId(instrument))
            case _:
                return None


async def _connection(context: Context, id: ConnectionId) -> Connection | None:
    if context.viewer.accounts is not None:
        allowed = await context.loaders.accounts.load_many(context.viewer.accounts)
        if id not in {account.connection_id for account in allowed if account is not None}:
            return None
    return await context.loaders.connections.load(id)


async def _order(context: Context, id: OrderId) -> Order | None:
    order = await context.services.reads.order(context.viewer.user_id, id)
    return order if order and _visible(context, order.account_id) else None


async def _position(
    context: Context, account: AccountId, instrument: InstrumentId
) -> Position | None:
    held: HoldingChange | None = None
    if _visible(context, account):
        held = await context.services.reads.holding(context.viewer.user_id, account, instrument)
    return None if held is None else (await priced(context, [held]))[0]


def _visible(context: Context, account: AccountId) -> bool:
    return context.viewer.accounts is None or account in context.viewer.accounts
