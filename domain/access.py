"""Who may come in, by what, and what for."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.ids import UserId


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
    """A program's way in; its secret was shown once and is not kept."""

    id: str
    user_id: UserId
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A browser that signed in; `agent` and `address` are what it said of itself."""

    id: str
    user_id: UserId
    agent: str
    address: str
    created_at: datetime
    expires_at: datetime
