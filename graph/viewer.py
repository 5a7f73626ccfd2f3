"""Who is asking, and the tokens and sign-ins that let others ask in their name."""

from collections.abc import Mapping
from datetime import datetime

import strawberry
from strawberry import Parent

from domain.access import Identity as IdentityValue
from domain.access import Role, Scope
from domain.access import SecondFactor as SecondFactorValue
from domain.access import SignIn as SignInValue
from domain.access import Token as TokenValue
from domain.errors import ErrorCode, Problem
from domain.ids import AccountId
from graph.accounts import account_id, account_key
from graph.context import Info
from graph.context import Viewer as ViewerValue
from graph.errors import USER_ERRORS, UserError, outcome
from graph.fields import of

# Tokens and sign-ins are seen and changed by people alone: a token that leaks makes no others.
IN_PERSON: Mapping[str, object] = {"in_person": True, "whole": True, "scope": None}


def _ids(accounts: frozenset[AccountId] | None) -> list[strawberry.ID] | None:
    return None if accounts is None else sorted(map(account_id, accounts))


def _token_accounts(source: Parent[TokenValue]) -> list[strawberry.ID] | None:
    return _ids(source.accounts)


@strawberry.type(description="A personal access token, without its secret.")
class Token:
    """Declares what is shown of the domain's Token."""

    id = of("id", strawberry.ID, "Names it.")
    name: str = strawberry.field(description="What the user calls it.")
    scopes: list[Scope] = strawberry.field(description="What it allows.")
    created_at: datetime = strawberry.field(description="When it was made.")
    expires_at: datetime | None = strawberry.field(description="When it ends; null for never.")
    account_ids: list[strawberry.ID] | None = strawberry.field(
        resolver=_token_accounts, description="The only accounts that it sees; null for all."
    )
    unlimited_rate: bool = strawberry.field(
        description="Whether it may ask live views for every update; given on the command line."
    )


@strawberry.type(description="A browser that is signed in.")
class BrowserSignIn:
    """Declares what is shown of the domain's SignIn."""

    id = of("id", strawberry.ID, "Names it.")
    created_at: datetime = strawberry.field(description="When the person signed in.")
    expires_at: datetime = strawberry.field(description="When it ends.")
    agent: str = strawberry.field(description="What the browser calls itself.")
    address: str = strawberry.field(description="Where it came from.")


@strawberry.type(description="An authenticator app that the user has enrolled.")
class SecondFactor:
    """Declares what is shown of the domain's SecondFactor."""

    confirmed_at: datetime | None = strawberry.field(
        description="Since when a code is asked for; null until one has confirmed it."
    )
    recovery_codes = of("recovery_codes", int, "How many recovery codes are left.")


@strawberry.type(description="Who the user is at an OpenID Connect provider.")
class Identity:
    """Declares what is shown of the domain's Identity."""

    issuer: str = strawberry.field(description="The provider.")
    subject: str = strawberry.field(description="What the provider calls the user.")


def _scopes(source: Parent[ViewerValue]) -> list[Scope]:
    return sorted(source.scopes)


def _account_ids(source: Parent[ViewerValue]) -> list[strawberry.ID] | None:
    return _ids(source.accounts)


async def _second_factor(info: Info) -> SecondFactorValue | None:
    return await info.context.services.second_factors.of(info.context.viewer.user_id)


async def _identities(info: Info) -> list[IdentityValue]:
    return list(await info.context.services.identities.of(info.context.viewer.user_id))


async def _tokens(info: Info) -> list[TokenValue]:
    return list(await info.context.services.tokens.list(info.context.viewer.user_id))


async def _sign_ins(info: Info) -> list[SignInValue]:
    return list(await info.context.services.sign_ins.list(info.context.viewer.user_id))


@strawberry.type(description="Who is asking, by what, and what that allows.")
class Viewer:
    """Declares what is shown of a Viewer."""

    name: str = strawberry.field(description="The user's name.")
    role: Role = strawberry.field(description="What the user is to this server.")
    scopes: list[Scope] = strawberry.field(resolver=_scopes, description="What may be asked.")
    account_ids: list[strawberry.ID] | None = strawberry.field(
        resolver=_account_ids, description="The only accounts that are shown; null for all."
    )
    expires_at: datetime | None = strawberry.field(description="When this way in ends.")
    signed_in_at: datetime | None = strawberry.field(
        description="When the person signed in; null for a token."
    )
    proven_at: datetime | None = strawberry.field(
        description="When the second factor was last proven in this sign-in."
    )
    unlimited_rate: bool = strawberry.field(
        description="Whether live views may be asked for every update, by `maxRate: 0`."
    )
    second_factor = strawberry.field(
        resolver=_second_factor,
        graphql_type=SecondFactor | None,
        description="The authenticator app; for a person who has signed in.",
        metadata=IN_PERSON,
    )
    identities = strawberry.field(
        resolver=_identities,
        graphql_type=list[Identity],
        description="Sign-ins at a provider that let the user in; for a person who has signed in.",
        metadata=IN_PERSON,
    )
    tokens = strawberry.field(
        resolver=_tokens,
        graphql_type=list[Token],
        description="The user's tokens, oldest first; for a person who has signed in.",
        metadata=IN_PERSON,
    )
    sign_ins = strawberry.field(
        resolver=_sign_ins,
        graphql_type=list[BrowserSignIn],
        description="Browsers that are signed in, oldest first; for a person who has signed in.",
        metadata=IN_PERSON,
    )


@strawberry.input(description="What a new token is for.")
class CreateTokenInput:
    """It can do no more than the person who makes it."""

    name: str = strawberry.field(description="What to call it.")
    scopes: list[Scope] = strawberry.field(description="What it is to allow.")
    expires_at: datetime | None = strawberry.field(
        default=None, description="When it is to end; null for never."
    )
    account_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="The only accounts that it is to see; null for all."
    )


@strawberry.input(description="Names a token.")
class RevokeTokenInput:
    """For what needs nothing but the token."""

    token_id: strawberry.ID = strawberry.field(description="The token.")


@strawberry.input(description="Names a browser that is signed in.")
class EndSignInInput:
    """For what needs nothing but the sign-in."""

    sign_in_id: strawberry.ID = strawberry.field(description="The sign-in.")


@strawberry.input(description="Names a sign-in at a provider.")
class UnlinkIdentityInput:
    """As it is listed."""

    issuer: str = strawberry.field(description="The provider.")
    subject: str = strawberry.field(description="What the provider calls the user.")


@strawberry.type(description="A new token.")
class CreateTokenPayload:
    """Of createToken."""

    token: TokenValue | None = strawberry.field(
        graphql_type=Token | None, description="The token; null if none was made."
    )
    secret: str | None = strawberry.field(
        description="Send it as `Authorization: Bearer`; it is shown this once and never again."
    )
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


@strawberry.type(description="Whether it has ended, with all sockets that came in by it.")
class EndPayload:
    """Of revokeToken, endSignIn and unlinkIdentity."""

    ended: bool = strawberry.field(description="Whether it is over now.")
    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)


@strawberry.type
class ViewerQuery:
    """Root field about who asks."""

    @strawberry.field(
        graphql_type=Viewer, description="Who is asking, and by what.", metadata={"scope": None}
    )
    def viewer(self, info: Info) -> ViewerValue:
        """Never null: whoever is not signed in is told so before anything is read."""
        return info.context.viewer


@strawberry.type
class ViewerMutation:
    """Making and ending tokens and sign-ins."""

    @strawberry.mutation(
        description="Make a token; for a person who has signed in.", metadata=IN_PERSON
    )
    async def create_token(self, info: Info, input: CreateTokenInput) -> CreateTokenPayload:
        """Its secret is shown this once."""
        issued, errors = await outcome(_issue(info, input))
        token, secret = issued or (None, None)
        return CreateTokenPayload(token=token, secret=secret, user_errors=errors)

    @strawberry.mutation(
        description="End a token; for a person who has signed in.", metadata=IN_PERSON
    )
    async def revoke_token(self, info: Info, input: RevokeTokenInput) -> EndPayload:
        """Its sockets are closed with 4403."""
        user = info.context.viewer.user_id
        _, errors = await outcome(info.context.services.tokens.revoke(user, input.token_id))
        return EndPayload(ended=not errors, user_errors=errors)

    @strawberry.mutation(
        description="Sign a browser out; for a person who has signed in.", metadata=IN_PERSON
    )
    async def end_sign_in(self, info: Info, input: EndSignInInput) -> EndPayload:
        """Its sockets are closed with 4403; one that has ended before stays so."""
        user = info.context.viewer.user_id
        _, errors = await outcome(info.context.services.sign_ins.end(user, input.sign_in_id))
        return EndPayload(ended=not errors, user_errors=errors)

    @strawberry.mutation(
        description="Let a sign-in at a provider in no more; for a person who has signed in.",
        metadata=IN_PERSON,
    )
    async def unlink_identity(self, info: Info, input: UnlinkIdentityInput) -> EndPayload:
        """Browsers that came in by it stay signed in until they are signed out."""
        identity = IdentityValue(issuer=input.issuer, subject=input.subject)
        user = info.context.viewer.user_id
        _, errors = await outcome(info.context.services.identities.unlink(user, identity))
        return EndPayload(ended=not errors, user_errors=errors)


async def _issue(info: Info, input: CreateTokenInput) -> tuple[TokenValue, str]:
    viewer, clock = info.context.viewer, info.context.services.clock
    if not viewer.scopes.issuperset(input.scopes):
        raise Problem(ErrorCode.FORBIDDEN, "it would allow more than you may do", field="scopes")
    if input.expires_at is not None and input.expires_at <= clock.now():
        raise Problem(ErrorCode.BAD_INPUT, "that has passed already", field="expiresAt")
    return await info.context.services.tokens.issue(
        viewer.user_id,
        name=input.name,
        scopes=input.scopes,
        expires_at=input.expires_at,
        accounts=None if input.account_ids is None else set(map(account_key, input.account_ids)),
    )
