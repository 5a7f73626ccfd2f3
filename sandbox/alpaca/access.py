"""Who may call: API keys, OAuth tokens, and the rate limit that each of them has."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from sandbox.account import Account
from sandbox.alpaca.errors import Refusal, forbidden, respond, unauthorized
from sandbox.clock import Clock
from sandbox.rules import Rejected

PAPER, LIVE = "paper", "live"
PREFIX = {PAPER: "PK", LIVE: "AK"}


@dataclass(slots=True, kw_only=True)
class Credential:
    """A key, or a token: a token may open one account in each environment."""

    id: str
    secret: str
    accounts: dict[str, Account]
    scopes: frozenset[str] | None = None
    """None for a key, which may do everything."""
    dead: bool = False


@dataclass(slots=True)
class Window:
    """The requests that are left until a moment."""

    resets: datetime
    left: int


CALLER = web.RequestKey("caller", Credential)
ACCOUNT = web.RequestKey("account", Account)
WINDOW = web.RequestKey("window", Window)


@dataclass(slots=True, kw_only=True)
class Access:
    """All credentials; `limit` is how many requests a minute each of them has."""

    clock: Clock
    limit: int = 200
    credentials: dict[str, Credential] = field(default_factory=dict)
    _windows: dict[str, Window] = field(default_factory=dict)

    def add(self, credential: Credential) -> None:
        """Let it in from now on."""
        self.credentials[credential.id] = credential

    def revoke(self, id: str) -> None:
        """Let it in no more; nobody is told."""
        self.credentials[id].dead = True

    def by_key(self, id: str, secret: str) -> Credential:
        """The credential of a key, or `Refusal` without a code."""
        found = self.credentials.get(id)
        if found is None or found.scopes is not None or found.secret != secret:
            raise forbidden()
        return self._living(found)

    def by_token(self, token: str) -> Credential:
        """The credential of a bearer token, or `Refusal`."""
        found = self.credentials.get(token)
        if found is None or found.scopes is None:
            raise unauthorized()
        return self._living(found)

    def by_headers(self, headers: Mapping[str, str]) -> Credential:
        """Whose request it is, or `Refusal`."""
        kind, _, token = headers.get("Authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self.by_token(token)
        if "APCA-API-KEY-ID" not in headers:
            raise unauthorized()
        return self.by_key(headers["APCA-API-KEY-ID"], headers.get("APCA-API-SECRET-KEY", ""))

    def count(self, credential: Credential) -> Window:
        """Take one request off its minute; past the limit less than nothing is left."""
        now = self.clock()
        window = self._windows.get(credential.id)
        if window is None or window.resets <= now:
            window = Window(now + timedelta(minutes=1), self.limit)
            self._windows[credential.id] = window
        window.left -= 1
        return window

    @staticmethod
    def _living(found: Credential) -> Credential:
        if found.dead:
            raise unauthorized()
        return found

    @staticmethod
    def account_of(found: Credential, environment: str) -> Account:
        """The account that a credential opens in one environment, or `Refusal` without a code."""
        if environment not in found.accounts:
            raise forbidden()
        return found.accounts[environment]


def middleware(access: Access, environment: str | None, open_paths: tuple[str, ...]) -> Any:
    """Let callers in and answer what is refused; `environment` None is the market-data host."""

    @web.middleware
    async def admit(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            if not request.path.startswith(open_paths):
                _let_in(access, environment, request)
            response = await handler(request)
        except (Refusal, Rejected, web.HTTPException) as error:
            response = respond(error)
        if isinstance(response, web.Response):
            response.headers.update(_headers(access, request))
        return response

    return admit


def require(request: web.Request, scope: str) -> None:
    """Refuse a token that was not granted `scope`."""
    scopes = request[CALLER].scopes
    if scopes is not None and scope not in scopes:
        raise Refusal(403, "insufficient scope")


def _let_in(access: Access, environment: str | None, request: web.Request) -> None:
    caller = access.by_headers(request.headers)
    window = access.count(caller)
    request[CALLER], request[WINDOW] = caller, window
    if window.left < 0:
        raise Refusal(429, "too many requests.")
    if environment is not None:
        request[ACCOUNT] = access.account_of(caller, environment)


def _headers(access: Access, request: web.Request) -> dict[str, str]:
    window = request.get(WINDOW)
    if window is None:
        return {}
    return {
        "X-RateLimit-Limit": str(access.limit),
        "X-RateLimit-Remaining": str(max(window.left, 0)),
        "X-RateLimit-Reset": str(int(window.resets.timestamp())),
    }
