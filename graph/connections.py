"""Links to logins at brokers: how well they are, and making, mending and ending them."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import Parent

from domain.account import Account as AccountValue
from domain.account import Environment
from domain.connection import Connection as ConnectionValue
from domain.connection import ConnectionState, Permission, Reach, Resource, SyncStatus
from domain.errors import ErrorCode
from domain.ids import ConnectionId
from domain.sync import SyncRun as SyncRunValue
from graph.accounts import Account
from graph.context import Info
from graph.fields import seconds
from graph.node import Node, global_id, key_of, shows


@strawberry.type(description="When a resource was last known to be right, and why it is not.")
class Freshness:
    """Declares what is shown of the domain's Freshness."""

    resource: Resource = strawberry.field(description="What is kept current.")
    status: SyncStatus = strawberry.field(description="How the last attempt went.")
    succeeded_at: datetime | None = strawberry.field(description="The last time it was right.")
    attempted_at: datetime | None = strawberry.field(description="The last time it was tried.")
    error: ErrorCode | None = strawberry.field(
        description="Why the last attempt failed, if it did."
    )


@strawberry.type(description="The last thing that went wrong, in words that are safe to show.")
class Fault:
    """Declares what is shown of the domain's Fault."""

    code: ErrorCode = strawberry.field(description="What kind of failure it was.")
    message: str = strawberry.field(description="What happened.")
    at: datetime = strawberry.field(description="When.")


@strawberry.type(description="How well a connection is, on two axes.")
class Health:
    """Declares what is shown of the domain's Health."""

    state: ConnectionState = strawberry.field(description="What the user has to know or do.")
    reach: Reach = strawberry.field(description="How far we get.")
    since: datetime = strawberry.field(description="Since when it is so.")
    fault: Fault | None = strawberry.field(description="What went wrong last, if it still matters.")


def connection_id(id: ConnectionId) -> strawberry.ID:
    """The global id of a connection."""
    return global_id("Connection", id)


def connection_key(id: str) -> ConnectionId:
    """The id within; one that is malformed names nothing."""
    return ConnectionId(key_of("Connection", id))


def _id(source: Parent[ConnectionValue]) -> strawberry.ID:
    return connection_id(source.id)


async def _accounts(source: Parent[ConnectionValue], info: Info) -> list[AccountValue]:
    viewer = info.context.viewer
    found = await info.context.services.reads.accounts(
        viewer.user_id, connection=source.id, ids=viewer.accounts
    )
    return list(found)


@strawberry.type(description="A link to a person's login at a broker.")
class Connection(Node):
    """Declares what is shown of the domain's Connection."""

    is_type_of = shows(ConnectionValue)

    id: strawberry.ID = strawberry.field(resolver=_id, description="Kept through every repair.")
    broker: str = strawberry.field(description="The broker's name in this API.")
    environment: Environment = strawberry.field(description="Whether the money is real.")
    label: str = strawberry.field(description="What the user calls it.")
    permission: Permission = strawberry.field(description="What it may be used for.")
    enabled: bool = strawberry.field(description="Whether the user wants it kept current.")
    health: Health = strawberry.field(description="How well it is.")
    created_at: datetime = strawberry.field(description="When it was begun.")
    sync_every_seconds = seconds(
        "sync_every", int | None, "How often everything is read; null for the broker's own."
    )
    expires_at: datetime | None = strawberry.field(
        description="When signing in again will be needed, if that is known."
    )
    persisted: bool = strawberry.field(
        description="Whether its credentials outlive a restart of the server."
    )
    freshness: list[Freshness] = strawberry.field(description="How current each resource is.")
    accounts = strawberry.field(
        resolver=_accounts,
        graphql_type=list[Account],
        description="The accounts that it reaches.",
        metadata={"query_only": "accounts is not part of a subscription; read AccountChanged"},
    )


@strawberry.type(description="How the reading of one resource went.")
class SyncResult:
    """Declares what is shown of the domain's SyncResult."""

    resource: Resource = strawberry.field(description="What was read.")
    status: SyncStatus = strawberry.field(description="How it went.")
    count: int = strawberry.field(description="How many items were read.")
    error: ErrorCode | None = strawberry.field(description="Why it failed, if it did.")
    message: str | None = strawberry.field(description="The same in words.")


def _run_id(source: Parent[SyncRunValue]) -> strawberry.ID:
    return global_id("SyncRun", source.id)


@strawberry.type(description="One reading of everything of a connection, asked for by the user.")
class SyncRun:
    """Declares what is shown of the domain's SyncRun."""

    id: strawberry.ID = strawberry.field(resolver=_run_id, description="Names the run.")
    requested_at: datetime = strawberry.field(description="When it was asked for.")
    started_at: datetime | None = strawberry.field(description="When it began.")
    finished_at: datetime | None = strawberry.field(description="When it was done.")
    results: list[SyncResult] = strawberry.field(description="How each resource went.")


@strawberry.type
class ConnectionQuery:
    """Root fields about connections."""

    @strawberry.field(
        graphql_type=list[Connection], description="Every connection of the user, oldest first."
    )
    async def connections(self, info: Info) -> list[ConnectionValue]:
        """Those that an account in the allowance comes through, where there is an allowance."""
        viewer, reads = info.context.viewer, info.context.services.reads
        found = list(await reads.connections(viewer.user_id))
        if viewer.accounts is None:
            return found
        allowed = await reads.accounts(viewer.user_id, ids=viewer.accounts)
        owners = {account.connection_id for account in allowed}
        return [connection for connection in found if connection.id in owners]

    @strawberry.field(
        graphql_type=SyncRun | None, description="A sync run by its id; null if there is none."
    )
    async def sync_run(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="From the mutation sync.")],
    ) -> SyncRunValue | None:
        """Unknown and foreign ids look the same."""
        key = key_of("SyncRun", id)
        return await info.context.services.sync.run(info.context.viewer.user_id, key)


@strawberry.type
class ConnectionSubscription:
    """Connections as they change."""

    @strawberry.subscription(
        graphql_type=Connection,
        description="Every connection as it is, then each whenever it changes or is heard from.",
    )
    def connection_updated(self, info: Info) -> AsyncIterator[ConnectionValue]:
        """Latest wins; `changes` is the stream without gaps."""
        viewer = info.context.viewer
        return info.context.services.views.connections(viewer.user_id, accounts=viewer.accounts)
