"""The people who may sign in, and their passwords, which are kept as argon2id hashes only."""

import asyncio
from uuid import uuid4

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from tortoise.exceptions import IntegrityError

from domain.access import Role, User
from domain.changes import ChangeKind, Revocation
from domain.errors import ErrorCode, Problem
from domain.ids import UserId
from store.access_models import SignInRow, UserRow
from store.forgetting import forget
from store.unit import Unit
from store.writer import Writer

__all__ = ["User", "Users"]

_LONGEST_NAME = 64
_SHORTEST_PASSWORD, _LONGEST_PASSWORD = 8, 1024


_USER = "SELECT * FROM person WHERE id = $1"


class Users:
    """Created, disabled, deleted; names are given again, ids never."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._hasher = PasswordHasher()
        # What an unknown name is checked against, so that it takes as long as a known one.
        self._nobody = self._hasher.hash(str(uuid4()))

    async def create(self, name: str, password: str | None, role: Role) -> User:
        """A new user; Problem if the name is taken, or the name or password will not do."""
        _check_name(name)
        user, hashed = UserId(str(uuid4())), await self._hashed(password)

        async def job(unit: Unit) -> User:
            row = UserRow(id=user, name=name, password=hashed, role=role.value, created_at=unit.now)
            if await UserRow.exists(name=name):
                raise _taken(name)
            await row.save(force_create=True)
            return _user(row)

        try:
            return await self._writer.write(user, job)
        except IntegrityError:
            raise _taken(name) from None

    async def by_name(self, name: str) -> User | None:
        """The user of this name."""
        row = await UserRow.get_or_none(name=name)
        return None if row is None else _user(row)

    async def by_id(self, id: UserId) -> User | None:
        """The user of this id."""
        row = await self._writer.db.one(UserRow, _USER, id)
        return None if row is None else _user(row)

    async def list(self) -> tuple[User, ...]:
        """Everybody, by name."""
        return tuple(map(_user, await UserRow.all().order_by("name")))

    async def set_password(self, id: UserId, password: str | None) -> None:
        """A new password, or none; every browser has to sign in again."""
        hashed = await self._hashed(password)

        async def job(unit: Unit) -> None:
            await UserRow.filter(id=id).update(password=hashed)
            await _shut_out(unit, "the password was changed")

        await self._writer.write(id, job)

    async def disable(self, id: UserId) -> None:
        """Keep the user out from now on."""

        async def job(unit: Unit) -> None:
            await UserRow.filter(id=id).update(disabled_at=unit.now)
            await _shut_out(unit, "the user was disabled")

        await self._writer.write(id, job)

    async def enable(self, id: UserId) -> None:
        """Let the user in again; whoever was signed in has to do so anew."""

        async def job(_: Unit) -> None:
            await UserRow.filter(id=id).update(disabled_at=None)

        await self._writer.write(id, job)

    async def delete(self, id: UserId) -> None:
        """Erase all that is kept of the user but the audit, which its own part lets go of.

        End the user's connections before, so that their credentials are given back.
        """

        async def job(unit: Unit) -> None:
            await forget(unit)
            gone = Revocation(subject=None, reason="the user was deleted")
            unit.change(ChangeKind.REVOCATION, gone)

        await self._writer.write(id, job)

    async def verify(self, name: str, password: str) -> User | None:
        """The user, if it is the right password of one who may sign in."""
        row = await UserRow.get_or_none(name=name)
        hashed = row.password if row is not None and row.password else self._nobody
        matches = await asyncio.to_thread(self._matches, hashed, password[:_LONGEST_PASSWORD])
        if row is None or row.password is None or row.disabled_at is not None or not matches:
            return None
        if self._hasher.check_needs_rehash(hashed):
            await UserRow.filter(id=row.id).update(password=await self._hashed(password))
        return _user(row)

    def check_password(self, password: str) -> None:
        """Problem unless it may be somebody's password."""
        if not _SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
            message = f"a password has {_SHORTEST_PASSWORD} to {_LONGEST_PASSWORD} characters"
            raise Problem(ErrorCode.BAD_INPUT, message, field="password")

    async def _hashed(self, password: str | None) -> str | None:
        if password is None:
            return None
        self.check_password(password)
        return await asyncio.to_thread(self._hasher.hash, password)

    def _matches(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False


async def _shut_out(unit: Unit, reason: str) -> None:
    await SignInRow.filter(user_id=unit.user, ended_at=None).update(ended_at=unit.now)
    unit.change(ChangeKind.REVOCATION, Revocation(subject=None, reason=reason))


def _check_name(name: str) -> None:
    if not (name.isprintable() and name == name.strip() and 0 < len(name) <= _LONGEST_NAME):
        message = f"a name has 1 to {_LONGEST_NAME} visible characters"
        raise Problem(ErrorCode.BAD_INPUT, message, field="name")


def _taken(name: str) -> Problem:
    return Problem(ErrorCode.CONFLICT, f"there is a user {name} already", field="name")


def _user(row: UserRow) -> User:
    return User(
        id=UserId(row.id),
        name=row.name,
        role=Role(row.role),
        created_at=row.created_at,
        disabled=row.disabled_at is not None,
    )
