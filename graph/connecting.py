"""Linking a login at a broker, mending it, changing it and letting it go."""

from datetime import timedelta

import strawberry

from domain.access import Scope
from domain.account import Environment
from domain.connection import Connection as ConnectionValue
from domain.connection import Permission
from domain.sync import SyncRun as SyncRunValue
from graph.brokers import SignIn
from graph.connections import Connection, SyncRun, connection_key
from graph.context import Info
from graph.errors import USER_ERRORS, UserError, outcome
from trading.connect import Begun
from trading.sign_ins import Offer

# Links are the whole user's, so a token limited to some accounts cannot touch them.
MANAGE = {"scope": Scope.TRADE, "whole": True}


@strawberry.input(description="One credential.")
class CredentialInput:
    """A field of `SignIn` with its value."""

    name: str = strawberry.field(description="The name of the field.")
    value: str = strawberry.field(description="What the user typed; never shown again.")


@strawberry.input(description="What to link.")
class BeginConnectInput:
    """The first of two steps."""

    broker: str = strawberry.field(description="The broker's name, from `brokers`.")
    environment: Environment = strawberry.field(description="Where to sign in.")
    label: str = strawberry.field(default="", description="What to call it.")
    permission: Permission = strawberry.field(
        default=Permission.READ, description="What it may be used for."
    )
    persist: bool = strawberry.field(
        default=True, description="Whether to keep the credentials, encrypted, over restarts."
    )
    way: str | None = strawberry.field(
        default=None, description="The name of one of `signIns`; by default the usual one."
    )
    values: list[CredentialInput] = strawberry.field(
        default_factory=list, description="What a CONSENT asks for ahead: a value for each field."
    )


@strawberry.input(description="The credentials that the broker asks for.")
class CompleteConnectInput:
    """The second step, of linking and of mending alike."""

    connection_id: strawberry.ID = strawberry.field(description="The connection that was begun.")
    values: list[CredentialInput] = strawberry.field(
        description="A value for each field; of a CONSENT what the user copied, or all that the "
        "broker's page sent back."
    )


@strawberry.input(description="Names a connection.")
class ConnectionInput:
    """For what needs nothing but the connection."""

    connection_id: strawberry.ID = strawberry.field(description="The connection.")


@strawberry.input(description="What to sign in anew.")
class ReauthorizeInput:
    """By the usual way, or another."""

    connection_id: strawberry.ID = strawberry.field(description="The connection.")
    way: str | None = strawberry.field(
        default=None, description="The name of one of `signIns`; by default the usual one."
    )
    values: list[CredentialInput] = strawberry.field(
        default_factory=list, description="What a CONSENT asks for ahead: a value for each field."
    )


@strawberry.input(description="What to change of a connection; what is left out stays.")
class UpdateConnectionInput:
    """All that the user may choose."""

    connection_id: strawberry.ID = strawberry.field(description="The connection.")
    label: str | None = strawberry.field(default=None, description="What to call it.")
    enabled: bool | None = strawberry.field(default=None, description="Whether to keep it current.")
    permission: Permission | None = strawberry.field(
        default=None, description="What it may be used for."
    )
    sync_every_seconds: int | None = strawberry.field(
        default=None, description="How often to read everything."
    )


@strawberry.input(description="How to let a connection go.")
class DisconnectInput:
    """Credentials are erased at once either way."""

    connection_id: strawberry.ID = strawberry.field(description="The connection.")
    purge: bool = strawberry.field(default=False, description="Whether to erase its history too.")


@strawberry.type(description="A sign-in under way.")
class BeginPayload:
    """Of beginConnect and reauthorize."""

    connection: ConnectionValue | None = strawberry.field(
        graphql_type=Connection | None, description="The connection that it is for."
    )
    sign_in: Offer | None = strawberry.field(
        graphql_type=SignIn | None, description="What to ask the user for."
    )
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


@strawberry.type(description="A connection as it is after the mutation.")
class ConnectionPayload:
    """Of every mutation that ends with a connection."""

    connection: ConnectionValue | None = strawberry.field(
        graphql_type=Connection | None, description="The connection; null if nothing was done."
    )
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


@strawberry.type(description="The run that was asked for, or the one that waits already.")
class SyncPayload:
    """Of sync."""

    run: SyncRunValue | None = strawberry.field(
        graphql_type=SyncRun | None, description="The run; follow it by `syncRun`."
    )
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


@strawberry.type
class ConnectionMutation:
    """Linking, mending, changing, reading again and letting go."""

    @strawberry.mutation(description="Begin to link a broker login.", metadata=MANAGE)
    async def begin_connect(self, info: Info, input: BeginConnectInput) -> BeginPayload:
        """Opens a PENDING connection."""
        viewer = info.context.viewer
        begun, errors = await outcome(
            info.context.services.connect.begin(
                viewer.user_id,
                broker=input.broker,
                environment=input.environment,
                label=input.label,
                permission=input.permission,
                persist=input.persist,
                signed_in_at=viewer.signed_in_at,
                proven_at=viewer.proven_at,
                way=input.way,
                values=_values(input.values),
                session=viewer.session,
            )
        )
        return _begun(begun, errors)

    @strawberry.mutation(
        description="Prove the credentials by a private read, then keep them.", metadata=MANAGE
    )
    async def complete_connect(self, info: Info, input: CompleteConnectInput) -> ConnectionPayload:
        """Nothing is kept of credentials that the broker does not take."""
        viewer = info.context.viewer
        connection, errors = await outcome(
            info.context.services.connect.complete(
                viewer.user_id,
                connection_key(input.connection_id),
                _values(input.values),
                session=viewer.session,
            )
        )
        return ConnectionPayload(connection=connection, user_errors=errors)

    @strawberry.mutation(
        description="Begin to sign in anew; the connection keeps its id, accounts and history.",
        metadata=MANAGE,
    )
    async def reauthorize(self, info: Info, input: ReauthorizeInput) -> BeginPayload:
        """Ends with completeConnect, or on the broker's page, too."""
        viewer = info.context.viewer
        begun, errors = await outcome(
            info.context.services.connect.reauthorize(
                viewer.user_id,
                connection_key(input.connection_id),
                way=input.way,
                values=_values(input.values),
                session=viewer.session,
            )
        )
        return _begun(begun, errors)

    @strawberry.mutation(description="Change what the user may choose.", metadata=MANAGE)
    async def update_connection(
        self, info: Info, input: UpdateConnectionInput
    ) -> ConnectionPayload:
        """What is null or left out stays as it is."""
        every = input.sync_every_seconds
        viewer = info.context.viewer
        connection, errors = await outcome(
            info.context.services.connect.update(
                viewer.user_id,
                connection_key(input.connection_id),
                label=input.label,
                enabled=input.enabled,
                permission=input.permission,
                sync_every=None if every is None else timedelta(seconds=every),
                signed_in_at=viewer.signed_in_at,
                proven_at=viewer.proven_at,
            )
        )
        return ConnectionPayload(connection=connection, user_errors=errors)

    @strawberry.mutation(
        description="Read everything of a connection again now.", metadata={"whole": True}
    )
    async def sync(self, info: Info, input: ConnectionInput) -> SyncPayload:
        """Answers at once; the run goes on in the process that owns the connection."""
        run, errors = await outcome(
            info.context.services.sync.request(
                info.context.viewer.user_id, connection_key(input.connection_id)
            )
        )
        return SyncPayload(run=run, user_errors=errors)

    @strawberry.mutation(
        description="Give the sign-in back, erase the credentials, keep or erase the history.",
        metadata=MANAGE,
    )
    async def disconnect(self, info: Info, input: DisconnectInput) -> ConnectionPayload:
        """Works with the broker down, too."""
        connection, errors = await outcome(
            info.context.services.connect.disconnect(
                info.context.viewer.user_id,
                connection_key(input.connection_id),
                purge=input.purge,
            )
        )
        return ConnectionPayload(connection=connection, user_errors=errors)


def _values(inputs: list[CredentialInput]) -> dict[str, str]:
    return {each.name: each.value for each in inputs}


def _begun(begun: Begun | None, errors: list[UserError]) -> BeginPayload:
    return BeginPayload(
        connection=None if begun is None else begun.connection,
        sign_in=None if begun is None else begun.sign_in,
        user_errors=errors,
    )
