"""Ways in: tokens of programs, sign-ins of browsers, links that work once; digests, not secrets."""

import hashlib
import secrets
from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import uuid4

from domain.access import LinkUse, Scope, SignIn, Token
from domain.changes import ChangeKind, Revocation
from domain.clock import utc
from domain.errors import ErrorCode, Problem
from domain.ids import AccountId, UserId
from store.access_models import LinkRow, SignInRow, TokenRow
from store.models import AccountRow
from store.unit import Unit
from store.writer import Writer

_TOKEN_MARK = "bgp_"  # noqa: S105 (a mark that leak scanners can look for)
_LONGEST_NAME = 64
_LONGEST_AGENT = 200


_OF_DIGEST = "SELECT * FROM token WHERE digest = $1 AND revoked_at IS NULL"
_OF_COOKIE = "SELECT * FROM sign_in WHERE digest = $1 AND ended_at IS NULL"


class Tokens:
    """What programs come in by."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def issue(
        self,
        user: UserId,
        *,
        name: str,
        scopes: Iterable[Scope],
        expires_at: datetime | None = None,
        accounts: Collection[AccountId] | None = None,
        unlimited_rate: bool = False,
    ) -> tuple[Token, str]:
        """A new token and its secret, which nobody is shown again.

        Problem if the name or the scopes will not do, or one of the accounts is not the user's.
        """
        granted = frozenset(scopes)
        if not granted or not (name.isprintable() and 0 < len(name) <= _LONGEST_NAME):
            message = f"a token has a name of 1 to {_LONGEST_NAME} characters and a scope"
            raise Problem(ErrorCode.BAD_INPUT, message, field="name" if granted else "scopes")
        secret = _TOKEN_MARK + _new_secret()

        async def job(unit: Unit) -> Token:
            await _check_accounts(user, accounts)
            row = await TokenRow.create(
                id=str(uuid4()),
                user_id=user,
                digest=_digest(secret),
                name=name,
                scopes=" ".join(sorted(granted)),
                created_at=unit.now,
                expires_at=expires_at and utc(expires_at),
                accounts=None if accounts is None else " ".join(sorted(set(accounts))),
                unlimited_rate=unlimited_rate,
            )
            return _token(row)

        return await self._writer.write(user, job), secret

    async def by_secret(self, secret: str) -> Token | None:
        """The token of this secret, unless it is revoked or too old."""
        row = await self._writer.db.one(TokenRow, _OF_DIGEST, _digest(secret))
        if row is None or (row.expires_at and row.expires_at <= self._writer.clock.now()):
            return None
        return _token(row)

    async def list(self, user: UserId) -> tuple[Token, ...]:
        """The user's tokens that are not revoked, oldest first."""
        rows = TokenRow.filter(user_id=user, revoked_at=None)
        return tuple(map(_token, await rows.order_by("created_at", "id")))

    async def revoke(self, user: UserId, id: str) -> None:
        """End it, also on sockets that are open; Problem if the user has none of this id."""

        async def job(unit: Unit) -> None:
            mine = TokenRow.filter(id=id, user_id=user, revoked_at=None)
            if not await mine.update(revoked_at=unit.now):
                raise Problem(ErrorCode.NOT_FOUND, "there is no such token")
            unit.change(ChangeKind.REVOCATION, Revocation(subject=id, reason="it was revoked"))

        await self._writer.write(user, job)


class SignIns:
    """What browsers come in by."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def open(
        self,
        user: UserId,
        *,
        agent: str,
        address: str,
        expires_at: datetime,
        proven: bool = False,
    ) -> tuple[SignIn, str]:
        """A new sign-in and the secret for its cookie; `proven` if by the second factor, too."""
        secret = _new_secret()

        async def job(unit: Unit) -> SignIn:
            row = await SignInRow.create(
                id=str(uuid4()),
                user_id=user,
                digest=_digest(secret),
                agent=_visible(agent)[:_LONGEST_AGENT],
                address=_visible(address)[:_LONGEST_NAME],
                created_at=unit.now,
                expires_at=utc(expires_at),
                proven_at=unit.now if proven else None,
            )
            return _sign_in(row)

        return await self._writer.write(user, job), secret

    async def by_secret(self, secret: str) -> SignIn | None:
        """The sign-in of this secret, unless it has ended or is too old."""
        row = await self._writer.db.one(SignInRow, _OF_COOKIE, _digest(secret))
        if row is None or row.expires_at <= self._writer.clock.now():
            return None
        return _sign_in(row)

    async def prove(self, user: UserId, id: str) -> datetime:
        """The second factor was proven in it just now; Problem if it has ended."""

        async def job(unit: Unit) -> datetime:
            mine = SignInRow.filter(id=id, user_id=user, ended_at=None)
            if not await mine.update(proven_at=unit.now):
                raise Problem(ErrorCode.UNAUTHENTICATED, "this sign-in has ended: sign in again")
            return unit.now

        return await self._writer.write(user, job)

    async def list(self, user: UserId) -> tuple[SignIn, ...]:
        """The user's sign-ins that still count, oldest first."""
        now = self._writer.clock.now()
        rows = SignInRow.filter(user_id=user, ended_at=None, expires_at__gt=now)
        return tuple(map(_sign_in, await rows.order_by("created_at", "id")))

    async def end(self, user: UserId, id: str) -> None:
        """Sign out, also on sockets that are open; ending it again does nothing."""

        async def job(unit: Unit) -> None:
            mine = SignInRow.filter(id=id, user_id=user, ended_at=None)
            if await mine.update(ended_at=unit.now):
                ended = Revocation(subject=id, reason="it was signed out")
                unit.change(ChangeKind.REVOCATION, ended)

        await self._writer.write(user, job)


class Links:
    """Links that work once, for whoever has no password or has to choose one."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def issue(
        self, user: UserId, expires_at: datetime, use: LinkUse = LinkUse.SIGN_IN
    ) -> str:
        """A secret that is good for this use once."""
        secret = _new_secret()

        async def job(_: Unit) -> None:
            await LinkRow.create(
                digest=_digest(secret), user_id=user, expires_at=utc(expires_at), use=use.value
            )

        await self._writer.write(user, job)
        return secret

    async def holder(self, secret: str, use: LinkUse = LinkUse.SIGN_IN) -> UserId | None:
        """Whom it is for, while it is good; it stays so."""
        row = await LinkRow.get_or_none(digest=_digest(secret), use=use.value)
        if row is None or row.expires_at <= self._writer.clock.now():
            return None
        return UserId(row.user_id)

    async def redeem(self, secret: str, use: LinkUse = LinkUse.SIGN_IN) -> UserId | None:
        """Whom it is for, and it is used up; None if it was used or is too old."""
        row = await LinkRow.get_or_none(digest=_digest(secret), use=use.value)
        if row is None:
            return None
        user, expires_at = UserId(row.user_id), row.expires_at

        async def job(unit: Unit) -> bool:
            used = await LinkRow.filter(digest=_digest(secret)).delete()
            return bool(used) and expires_at > unit.now

        return user if await self._writer.write(user, job) else None


async def _check_accounts(user: UserId, accounts: Collection[AccountId] | None) -> None:
    """Problem unless each is the user's; a token for none would be for nothing."""
    if accounts is None:
        return
    wanted = set(accounts)
    found = await AccountRow.filter(user_id=user, id__in=sorted(wanted)).count()
    if not wanted or found != len(wanted):
        message = "name accounts of yours, or none for all of them"
        raise Problem(ErrorCode.BAD_INPUT, message, field="accountIds")


def _new_secret() -> str:
    return secrets.token_urlsafe(32)


def _digest(secret: str) -> str:
    """No salt: a secret of 256 random bits cannot be guessed from its digest."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _visible(text: str) -> str:
    return "".join(character for character in text if character.isprintable())


def _token(row: TokenRow) -> Token:
    return Token(
        id=row.id,
        user_id=UserId(row.user_id),
        name=row.name,
        scopes=frozenset(Scope(word) for word in row.scopes.split()),
        created_at=row.created_at,
        expires_at=row.expires_at,
        accounts=None if row.accounts is None else frozenset(map(AccountId, row.accounts.split())),
        unlimited_rate=row.unlimited_rate,
    )


def _sign_in(row: SignInRow) -> SignIn:
    return SignIn(
        id=row.id,
        user_id=UserId(row.user_id),
        agent=row.agent,
        address=row.address,
        created_at=row.created_at,
        expires_at=row.expires_at,
        proven_at=row.proven_at,
    )
