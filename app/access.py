"""Who is asking: a personal token, or a browser that has signed in."""

from collections.abc import Mapping

from starlette.requests import HTTPConnection

from domain.access import Role, Scope, SignIn, Token
from domain.clock import Clock
from graph.context import Viewer
from store.access import SignIns, Tokens
from store.users import User, Users

# An admin runs the server and reads no money: whoever wants both has two names.
_OF_ROLE = {
    Role.USER: frozenset({Scope.READ, Scope.TRADE, Scope.DECIDE}),
    Role.ADMIN: frozenset({Scope.ADMIN}),
}


class Access:
    """Finds the viewer of a request or a socket; None means nobody, and why is told to nobody."""

    def __init__(
        self, *, tokens: Tokens, sign_ins: SignIns, users: Users, clock: Clock, cookie: str
    ) -> None:
        self._tokens, self._sign_ins, self._users = tokens, sign_ins, users
        self._clock, self._cookie = clock, cookie

    async def __call__(
        self, connection: HTTPConnection, payload: Mapping[str, object], *, trust_cookie: bool
    ) -> Viewer | None:
        """By the Authorization header, else connection_init's, else the cookie if it counts."""
        given = connection.headers.get("authorization") or payload.get("authorization")
        if given is not None:
            return await self._by_bearer(given)
        secret = connection.cookies.get(self._cookie)
        return await self._by_cookie(secret) if secret and trust_cookie else None

    async def in_person(self, connection: HTTPConnection) -> Viewer | None:
        """By the cookie alone."""
        secret = connection.cookies.get(self._cookie)
        return await self._by_cookie(secret) if secret else None

    async def _by_bearer(self, given: object) -> Viewer | None:
        scheme, _, secret = given.partition(" ") if isinstance(given, str) else ("", "", "")
        if scheme.lower() != "bearer":
            return None
        token = await self._tokens.by_secret(secret.strip())
        user = await self._users.by_id(token.user_id) if token else None
        return None if token is None or user is None else _by_token(user, token)

    async def _by_cookie(self, secret: str) -> Viewer | None:
        sign_in = await self._sign_ins.by_secret(secret)
        user = await self._users.by_id(sign_in.user_id) if sign_in else None
        return None if sign_in is None or user is None else _in_person(user, sign_in)


def _by_token(user: User, token: Token) -> Viewer | None:
    """A token may do what it was issued for, and nothing once its user is disabled."""
    if user.disabled:
        return None
    return Viewer(
        user_id=user.id,
        name=user.name,
        role=user.role,
        scopes=token.scopes & _OF_ROLE[user.role],
        subject=token.id,
        accounts=token.accounts,
        unlimited_rate=token.unlimited_rate,
        expires_at=token.expires_at,
    )


def _in_person(user: User, sign_in: SignIn) -> Viewer | None:
    if user.disabled:
        return None
    return Viewer(
        user_id=user.id,
        name=user.name,
        role=user.role,
        scopes=_OF_ROLE[user.role],
        subject=sign_in.id,
        expires_at=sign_in.expires_at,
        signed_in_at=sign_in.created_at,
        proven_at=sign_in.proven_at,
    )
