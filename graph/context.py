"""What a resolver is given: who asks, and the parts of the house that answer."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import strawberry
from starlette.requests import HTTPConnection

from brokers.contract import Plugin
from domain.access import Role, Scope
from domain.audit import AuditEntry
from domain.clock import Clock
from domain.ids import AccountId, UserId
from graph.allowance import Allowance
from store.access import Links, SignIns, Tokens
from store.identities import Identities
from store.journal import Journal
from store.reads import Reads
from store.second_factors import SecondFactors
from store.users import Users
from streaming.marks import Marks
from streaming.valued import Valued
from streaming.views import Views
from trading.connect import Connect
from trading.desk import Desk
from trading.quotes import Quotes
from trading.sync import Sync

if TYPE_CHECKING:
    from graph.loaders import Loaders


# Gives back and erases all that is kept of a user.
DeleteUser = Callable[[UserId], Awaitable[None]]
# Writes an entry into a user's audit.
Note = Callable[[UserId, AuditEntry], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The parts that resolvers call; built once by the composition root."""

    clock: Clock
    plugins: Mapping[str, Plugin]
    reads: Reads
    journal: Journal
    marks: Marks
    valued: Valued
    views: Views
    connect: Connect
    sync: Sync
    desk: Desk
    quotes: Quotes
    tokens: Tokens
    sign_ins: SignIns
    users: Users
    links: Links
    second_factors: SecondFactors
    identities: Identities
    delete_user: DeleteUser
    public_url: str
    note: Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who asks, by what, and what that allows.

    `subject` is the id of the token or the browser session, `accounts` the only accounts that it
    may see (None: all of the user's), `expires_at` when it ends, `signed_in_at` when the person
    last proved who they are (None for a token: it never did), `proven_at` when that was by the
    second factor. `unlimited_rate`: live views tell every update, however fast they come.
    """

    user_id: UserId
    name: str
    role: Role
    scopes: frozenset[Scope]
    subject: str
    accounts: frozenset[AccountId] | None = None
    expires_at: datetime | None = None
    signed_in_at: datetime | None = None
    proven_at: datetime | None = None
    unlimited_rate: bool = False

    @property
    def session(self) -> str | None:
        """The browser sign-in that asks, None for a token."""
        return None if self.signed_in_at is None else self.subject


class Authenticate(Protocol):
    """Handed in by the composition root: from cookie, bearer header or connection_init payload.

    A cookie counts only if `trust_cookie`: the page that sent the request is one of ours. None if
    nobody is signed in; any exception means that it cannot be told now.
    """

    async def __call__(
        self, connection: HTTPConnection, payload: Mapping[str, object], *, trust_cookie: bool
    ) -> Viewer | None:
        """The viewer, or None."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One operation: never shared between two, so that nothing that was loaded grows stale."""

    services: Services
    viewer: Viewer
    allowance: Allowance
    correlation_id: str
    loaders: "Loaders" = field(repr=False)


Info = strawberry.Info[Context, None]
