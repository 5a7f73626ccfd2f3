"""Who may call: a fresh JWT for every request, and so many requests a second for each key."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from sandbox.account import Account
from sandbox.clock import Clock
from sandbox.coinbase import tokens
from sandbox.coinbase.errors import Refusal, TooMany, Unauthorized, forbidden, respond
from sandbox.coinbase.keys import Key

OPEN_PATHS = ("/api/v3/brokerage/time", "/api/v3/brokerage/market/")
_SECOND = timedelta(seconds=1)
_MANY = 10_000
"""Nonces, before those of tokens that have ended are let go."""


@dataclass(slots=True)
class Window:
    """The requests that are left until a moment."""

    resets: datetime
    left: int


CALLER = web.RequestKey("coinbase caller", Key)
ACCOUNT = web.RequestKey("coinbase account", Account)
WINDOW = web.RequestKey("coinbase window", Window)


@dataclass(slots=True, kw_only=True)
class Access:
    """All keys; `limit` is how many requests a second each of them has.

    `refused` says why each token was turned away, which the wire does not.
    """

    clock: Clock
    limit: int = 30
    keys: dict[str, Key] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    _nonces: dict[tuple[str, str], float] = field(default_factory=dict)
    _windows: dict[str, Window] = field(default_factory=dict)

    def add(self, key: Key) -> Key:
        """Let it in from now on."""
        self.keys[key.name] = key
        return key

    def by_token(self, text: str, uri: str | None) -> Key:
        """Whose token it is; `Unauthorized` if it proves nothing or was seen before."""
        try:
            return self._proved(tokens.read(text), uri)
        except tokens.Forged as forged:
            self.refused.append(str(forged))
            raise Unauthorized from None

    def by_request(self, request: web.Request) -> Key:
        """Whose request it is."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            self.refused.append("no token")
            raise Unauthorized
        return self.by_token(token, f"{request.method} {request.host}{request.rel_url.raw_path}")

    def count(self, key: Key) -> Window:
        """Take one request off its second; past the limit less than nothing is left."""
        now = self.clock()
        window = self._windows.get(key.name)
        if window is None or window.resets <= now:
            window = self._windows[key.name] = Window(now + _SECOND, self.limit)
        window.left -= 1
        return window

    def _proved(self, token: tokens.Token, uri: str | None) -> Key:
        key, now = self.keys.get(str(token.header.get("kid"))), self.clock().timestamp()
        if key is None or key.dead:
            raise tokens.Forged("no such key")
        tokens.verify(token, key.public)
        tokens.check(token, key.name, uri, now)
        self._use(key.name, token, now)
        return key

    def _use(self, name: str, token: tokens.Token, now: float) -> None:
        nonce = token.header.get("nonce")
        if not isinstance(nonce, str) or not nonce or (name, nonce) in self._nonces:
            raise tokens.Forged("used before")
        if len(self._nonces) > _MANY:
            self._nonces = {seen: ends for seen, ends in self._nonces.items() if ends > now}
        self._nonces[name, nonce] = now + tokens.LONGEST + 2 * tokens.LEEWAY


def middleware(access: Access) -> Any:
    """Let callers in and answer what is refused."""

    @web.middleware
    async def admit(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            if not request.path.startswith(OPEN_PATHS):
                _let_in(access, request)
            response = await handler(request)
        except (Unauthorized, TooMany, Refusal, web.HTTPException) as error:
            response = respond(error)
        response.headers.update(_headers(access, request))
        return response

    return admit


def require_trade(request: web.Request) -> Account:
    """The account, if the key may trade in it."""
    if not request[CALLER].can_trade:
        raise forbidden()
    return request[ACCOUNT]


async def body(request: web.Request) -> dict[str, Any]:
    """The request's JSON object, or `Refusal`; numbers stay text where they came as text."""
    try:
        value = json.loads(await request.read())
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Refusal(400, "INVALID_ARGUMENT", "unable to parse the body")
    return value


def _let_in(access: Access, request: web.Request) -> None:
    caller = access.by_request(request)
    window = access.count(caller)
    request[CALLER], request[WINDOW], request[ACCOUNT] = caller, window, caller.account
    if window.left < 0:
        raise TooMany


def _headers(access: Access, request: web.Request) -> dict[str, str]:
    window = request.get(WINDOW)
    if window is None:
        return {}
    return {
        "x-ratelimit-limit": str(access.limit),
        "x-ratelimit-remaining": str(max(window.left, 0)),
        "x-ratelimit-reset": "1",
    }
