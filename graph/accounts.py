"""Accounts, the cash in them and what they are worth."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import Parent, lazy

from domain.account import Account as AccountValue
from domain.account import AccountStatus, AccountType, Environment
from domain.account import AccountValuation as AccountValuationValue
from domain.account import Balance as BalanceValue
from domain.connection import Connection as ConnectionValue
from domain.ids import AccountId, ConnectionId
from graph.context import Info, Viewer
from graph.node import Node, global_id, key_of, shows
from graph.rate_limit import MAX_RATE, updates
from graph.scalars import CurrencyCode
from streaming.frames import AccountFrame

if TYPE_CHECKING:
    from graph.connections import Connection


def account_id(id: AccountId) -> strawberry.ID:
    """The global id of an account."""
    return global_id("Account", id)


def account_key(id: str) -> AccountId:
    """The id within; one that is malformed names nothing."""
    return AccountId(key_of("Account", id))


def allowed(viewer: Viewer, ids: Sequence[str] | None) -> frozenset[AccountId] | None:
    """The accounts that are asked for and may be seen; None for all."""
    if ids is None:
        return viewer.accounts
    asked = frozenset(map(account_key, ids))
    return asked if viewer.accounts is None else asked & viewer.accounts


@strawberry.type(description="Cash of one currency, in that currency.")
class Balance:
    """Declares what is shown of the domain's Balance."""

    currency: CurrencyCode = strawberry.field(description="The currency.")
    cash: Decimal = strawberry.field(description="What is there; negative is owed.")
    settled: Decimal | None = strawberry.field(description="What is settled, if told.")
    unsettled: Decimal | None = strawberry.field(description="What is not settled yet, if told.")
    held_for_orders: Decimal | None = strawberry.field(description="What orders hold, if told.")


@strawberry.type(description="What the broker says an account is worth, in its base currency.")
class AccountValuation:
    """Declares what is shown of the domain's AccountValuation."""

    currency: CurrencyCode = strawberry.field(description="The base currency.")
    as_of: datetime = strawberry.field(description="When the broker said so.")
    equity: Decimal | None = strawberry.field(description="Cash and positions together.")
    net_liquidation: Decimal | None = strawberry.field(description="What selling all would leave.")
    buying_power: Decimal | None = strawberry.field(description="What can be bought with it.")
    last_equity: Decimal | None = strawberry.field(description="Equity at the previous close.")
    initial_margin: Decimal | None = strawberry.field(description="What opening the same takes.")
    maintenance_margin: Decimal | None = strawberry.field(description="What keeping it takes.")
    long_market_value: Decimal | None = strawberry.field(description="Worth of what is owned.")
    short_market_value: Decimal | None = strawberry.field(description="Worth of what is owed.")


def _id(source: Parent[AccountValue]) -> strawberry.ID:
    return account_id(source.id)


def _connection_id(source: Parent[AccountValue]) -> strawberry.ID:
    return global_id("Connection", source.connection_id)


async def _connection(source: Parent[AccountValue], info: Info) -> ConnectionValue | None:
    return await info.context.loaders.connections.load(source.connection_id)


async def _balances(source: Parent[AccountValue], info: Info) -> list[BalanceValue]:
    return list(await info.context.loaders.balances.load(source.id))


async def _valuation(source: Parent[AccountValue], info: Info) -> AccountValuationValue | None:
    return await info.context.loaders.valuations.load(source.id)


def _query_only(name: str, instead: str) -> dict[str, str]:
    return {"query_only": f"{name} is not part of a subscription; read {instead}"}


@strawberry.type(description="An account at a broker.")
class Account(Node):
    """Declares what is shown of the domain's Account; its figures are read when asked for."""

    is_type_of = shows(AccountValue)

    id: strawberry.ID = strawberry.field(resolver=_id, description="Kept through every repair.")
    connection_id: strawberry.ID = strawberry.field(
        resolver=_connection_id, description="The connection that streams and counts it."
    )
    broker: str = strawberry.field(description="The broker's name in this API.")
    environment: Environment = strawberry.field(description="Whether the money is real.")
    masked_number: str = strawberry.field(description="The end of the institution's number.")
    type: AccountType = strawberry.field(description="What kind of account it is.")
    raw_type: str = strawberry.field(description="The same in the broker's word.")
    currency: CurrencyCode = strawberry.field(description="Its base currency.")
    status: AccountStatus = strawberry.field(description="Whether it can be used.")
    raw_status: str = strawberry.field(description="The same in the broker's word.")
    restrictions: list[str] = strawberry.field(description="What it may not do, in broker words.")
    connection = strawberry.field(
        resolver=_connection,
        graphql_type=Annotated["Connection", lazy("graph.connections")] | None,
        description="The connection itself; its freshness dates the figures.",
        metadata=_query_only("connection", "connectionUpdated"),
    )
    balances = strawberry.field(
        resolver=_balances,
        graphql_type=list[Balance],
        description="Its cash, a balance a currency; as of the connection's freshness.",
        metadata=_query_only("balances", "CashChanged or accountUpdated"),
    )
    valuation = strawberry.field(
        resolver=_valuation,
        graphql_type=AccountValuation | None,
        description="What the broker says it is worth; null if it has not said.",
        metadata=_query_only("valuation", "accountUpdated"),
    )


@strawberry.type(description="An account with its figures, as it now is.")
class AccountUpdate:
    """Declares what is shown of an AccountFrame."""

    account: Account = strawberry.field(description="The account.")
    balances: list[Balance] = strawberry.field(description="Its cash, a balance a currency.")
    valuation: AccountValuation | None = strawberry.field(
        description="What the broker says it is worth; null if it has not said."
    )


@strawberry.type
class AccountQuery:
    """Root fields about accounts."""

    @strawberry.field(
        graphql_type=list[Account], description="Every account of the user, by connection."
    )
    async def accounts(
        self,
        info: Info,
        connection_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only those of this connection.")
        ] = None,
    ) -> list[AccountValue]:
        """A connection that is unknown or another's has none."""
        viewer = info.context.viewer
        connection = None if connection_id is None else key_of("Connection", connection_id)
        found = await info.context.services.reads.accounts(
            viewer.user_id,
            connection=None if connection is None else ConnectionId(connection),
            ids=viewer.accounts,
        )
        return list(found)


@strawberry.type
class AccountSubscription:
    """Accounts as they change."""

    @strawberry.subscription(
        graphql_type=AccountUpdate,
        description="Every account as it is, then each whenever its cash or its worth changes.",
    )
    def account_updated(
        self,
        info: Info,
        account_ids: Annotated[
            list[strawberry.ID] | None, strawberry.argument(description="Only these accounts.")
        ] = None,
        max_rate: Annotated[int, strawberry.argument(description=MAX_RATE)] = 4,
    ) -> AsyncIterator[AccountFrame]:
        """Latest wins; `changes` is the stream without gaps."""
        viewer = info.context.viewer
        return info.context.services.views.accounts(
            viewer.user_id,
            accounts=allowed(viewer, account_ids),
            max_rate=updates(viewer, max_rate),
        )
