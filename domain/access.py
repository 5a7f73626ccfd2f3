"""Who may come in, by what, and what for."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.ids import AccountId, UserId


class Scope(StrEnum):
    """What a token allows; signing in as a person allows all that the person's role does."""

    READ = "read"
    TRADE = "trade"
    DECIDE = "decide"
    ADMIN = "admin"


class Role(StrEnum):
    """What a person is to this server."""

    USER = "user"
    ADMIN = "admin"


class LinkUse(StrEnum):
    """What a one-time link is for."""

    SIGN_IN = "sign in"
    PASSWORD = "password"  # noqa: S105 (choosing one)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person; without a password only one-time links let them in."""

    id: UserId
    name: str
    role: Role
    created_at: datetime
    disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A program's way in; its secret was shown once and is not kept.

    `accounts` are the only ones that it may see (None: all of the user's); with `unlimited_rate`
    live views tell it every update, however fast they come.
    """

    id: str
    user_id: UserId
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    accounts: frozenset[AccountId] | None = None
    unlimited_rate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A browser that signed in; `agent` and `address` are what it said of itself.

    `proven_at` is when the person last proved the second factor in it.
    """

    id: str
    user_id: UserId
    agent: str
    address: str
    created_at: datetime
    expires_at: datetime
    proven_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    """An authenticator app that a person has enrolled; it counts once it is confirmed.

    `recovery_codes` is how many of them are left.
    """

    user_id: UserId
    confirmed_at: datetime | None
    recovery_codes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a person is at an OpenID Connect provider: the two names that never change."""

    issuer: str
    subject: str
