"""The people of this server, for its admins: who there is, letting them in and keeping them out."""

from collections.abc import Awaitable
from datetime import datetime, timedelta

import strawberry

from domain.access import LinkUse, Role, Scope
from domain.access import User as UserValue
from domain.audit import AuditEntry
from domain.errors import ErrorCode, Problem
from domain.ids import UserId
from graph.context import Context, Info
from graph.errors import USER_ERRORS, UserError, outcome
from graph.fields import of
from graph.node import global_id, key_of

# In person, so that a token that leaks makes no users; of money or secrets nothing is reached.
ADMINISTER = {"scope": Scope.ADMIN, "in_person": True, "whole": True}
# Long enough to be handed over, short enough to be of no use to whoever finds it later.
LINK_LASTS = timedelta(hours=24)


def user_id(id: UserId) -> strawberry.ID:
    """The global id of a user."""
    return global_id("User", id)


@strawberry.type(description="A person who may sign in; nothing of what they own.")
class User:
    """Declares what is shown of the domain's User."""

    id = of("id", strawberry.ID, "Names the person.", shown_as=user_id)
    name: str = strawberry.field(description="What they sign in by.")
    role: Role = strawberry.field(description="What they are to this server.")
    created_at: datetime = strawberry.field(description="Since when.")
    disabled: bool = strawberry.field(description="Whether they are kept out.")


@strawberry.input(description="Who is to come in.")
class InviteUserInput:
    """A name that nobody has."""

    name: str = strawberry.field(description="What they sign in by.")
    role: Role = strawberry.field(default=Role.USER, description="What they are to be.")


@strawberry.input(description="Names a person.")
class UserInput:
    """For what needs nothing but the person."""

    user_id: strawberry.ID = strawberry.field(description="The person.")


@strawberry.type(description="A person, and a link by which they choose a password, once.")
class LinkPayload:
    """Of inviteUser and resetUser."""

    user: UserValue | None = strawberry.field(
        graphql_type=User | None, description="The person; null if there is none."
    )
    link: str | None = strawberry.field(description="To be handed over; shown this once.")
    expires_at: datetime | None = strawberry.field(description="Until when it is good.")
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


@strawberry.type(description="A person as they are now.")
class UserPayload:
    """Of disableUser, enableUser and deleteUser."""

    user: UserValue | None = strawberry.field(
        graphql_type=User | None, description="The person; null if it was not done, or is gone."
    )
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


@strawberry.type
class PeopleQuery:
    """Root field about everybody."""

    @strawberry.field(
        graphql_type=list[User], description="Everybody, by name.", metadata=ADMINISTER
    )
    async def users(self, info: Info) -> list[UserValue]:
        """Names and roles, nothing that is theirs."""
        return list(await info.context.services.users.list())


@strawberry.type
class PeopleMutation:
    """Each is audited for the admin by the API and for the person here."""

    @strawberry.mutation(
        description="Create a person without a password and a link to choose one.",
        metadata=ADMINISTER,
    )
    async def invite_user(self, info: Info, input: InviteUserInput) -> LinkPayload:
        """The link is good once, for a day."""

        async def work() -> UserValue:
            return await info.context.services.users.create(input.name, None, input.role)

        return await _linked(info.context, work())

    @strawberry.mutation(
        description="Make a link by which a person chooses a new password. One who has a second "
        "factor is asked for a code all the same.",
        metadata=ADMINISTER,
    )
    async def reset_user(self, info: Info, input: UserInput) -> LinkPayload:
        """The old password works until the link is used."""
        return await _linked(info.context, _person(info.context, input.user_id))

    @strawberry.mutation(description="Keep a person out from now on.", metadata=ADMINISTER)
    async def disable_user(self, info: Info, input: UserInput) -> UserPayload:
        """Sockets and tokens end at once; connections stay."""

        async def work() -> UserValue | None:
            user = await _another(info.context, input.user_id)
            await info.context.services.users.disable(user.id)
            await _noted(info.context, user, "disable user")
            return await info.context.services.users.by_id(user.id)

        return await _changed(work())

    @strawberry.mutation(description="Let a person in again.", metadata=ADMINISTER)
    async def enable_user(self, info: Info, input: UserInput) -> UserPayload:
        """Tokens that were not revoked work again."""

        async def work() -> UserValue | None:
            user = await _person(info.context, input.user_id)
            await info.context.services.users.enable(user.id)
            await _noted(info.context, user, "enable user")
            return await info.context.services.users.by_id(user.id)

        return await _changed(work())

    @strawberry.mutation(
        description="Delete a person: sign-ins at brokers are given back, then all that is kept is "
        "erased. Orders that are open at brokers stay open there.",
        metadata=ADMINISTER,
    )
    async def delete_user(self, info: Info, input: UserInput) -> UserPayload:
        """Cannot be taken back."""

        async def work() -> None:
            user = await _another(info.context, input.user_id)
            await info.context.services.delete_user(user.id)

        return await _changed(work())


async def _person(context: Context, id: str) -> UserValue:
    user = await context.services.users.by_id(UserId(key_of("User", id)))
    if user is None:
        raise Problem(ErrorCode.NOT_FOUND, "there is no such person", field="userId")
    return user


async def _another(context: Context, id: str) -> UserValue:
    """So that an admin does not shut the door from outside."""
    user = await _person(context, id)
    if user.id == context.viewer.user_id:
        raise Problem(ErrorCode.CONFLICT, "not yourself: ask another admin", field="userId")
    return user


async def _noted(context: Context, user: UserValue, action: str) -> None:
    """In the audit of whom it was done to; whose act it was is in the admin's own as well."""
    entry = AuditEntry(
        at=context.services.clock.now(),
        actor=context.viewer.user_id,
        action=action,
        outcome="OK",
        correlation_id=context.correlation_id,
    )
    await context.services.note(user.id, entry)


async def _linked(context: Context, found: Awaitable[UserValue]) -> LinkPayload:
    user, errors = await outcome(found)
    if user is None:
        return LinkPayload(user=None, link=None, expires_at=None, user_errors=errors)
    services = context.services
    expires_at = services.clock.now() + LINK_LASTS
    secret = await services.links.issue(user.id, expires_at, LinkUse.PASSWORD)
    await _noted(context, user, "issue link")
    link = f"{services.public_url}/password#{secret}"
    return LinkPayload(user=user, link=link, expires_at=expires_at, user_errors=[])


async def _changed(work: Awaitable[UserValue | None]) -> UserPayload:
    user, errors = await outcome(work)
    return UserPayload(user=user, user_errors=errors)
