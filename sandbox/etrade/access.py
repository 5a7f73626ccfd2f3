"""Who may call: every request is signed, by a token that lives, and not too often."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from sandbox.clock import Clock
from sandbox.etrade import signatures, wire
from sandbox.etrade.errors import Refusal, rejected
from sandbox.etrade.signatures import Clockwork, Unsigned
from sandbox.etrade.tokens import Denied, Tokens
from sandbox.etrade.wire import Quirks
from sandbox.rules import Rejected

SIGNED = web.RequestKey("signed", dict)


@dataclass(slots=True, kw_only=True)
class Access:
    """The gate; `limit` is how many requests a minute a token has in each module."""

    clock: Clock
    tokens: Tokens
    quirks: Quirks
    limit: int = 200
    clockwork: Clockwork = field(default_factory=Clockwork)
    _counts: dict[tuple[str, str], tuple[datetime, int]] = field(default_factory=dict)

    def consumer(self, request: web.Request) -> dict[str, str]:
        """The parameters of a request of the sign-in, signed by the token that it names, if any."""
        told = signatures.parameters(request.headers.get("Authorization", ""))
        secret = self.tokens.consumers.get(told["oauth_consumer_key"])
        if secret is None:
            raise Unsigned("consumer_key_rejected")
        self.clockwork.check(told, self.clock())
        url = f"{request.scheme}://{request.host}{request.raw_path}"
        signatures.check(request.method, url, told, secret, self._token_secret(told))
        return told

    def let_in(self, request: web.Request) -> dict[str, str]:
        """As `consumer`, and the access token has to be alive and awake."""
        told = self.consumer(request)
        token = self.tokens.of(told["oauth_consumer_key"], told.get("oauth_token", ""))
        self.tokens.use(token)
        self._count(told["oauth_token"], _module(request.path))
        return told

    def _token_secret(self, told: dict[str, str]) -> str:
        name = told.get("oauth_token", "")
        asked = self.tokens.asked.get(name)
        if not name:
            return ""
        return asked.secret if asked else self.tokens.of(told["oauth_consumer_key"], name).secret

    def _count(self, token: str, module: str) -> None:
        now = self.clock()
        resets, left = self._counts.get((token, module), (now, 0))
        if resets <= now:
            resets, left = now + timedelta(minutes=1), self.limit
        self._counts[token, module] = (resets, left - 1)
        if left <= 0:
            raise Refusal(400, "Number of requests exceeded the rate limit set")


def middleware(access: Access) -> Any:
    """Let callers in, and answer what is refused in one of E*TRADE's forms."""

    @web.middleware
    async def admit(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            if request.path.startswith("/v1/"):
                request[SIGNED] = access.let_in(request)
            return await handler(request)
        except (Unsigned, Denied) as error:
            return _unauthorized(request, f"oauth_problem={error}", access.quirks)
        except Rejected as error:
            return _refused(request, rejected(error), access.quirks)
        except Refusal as error:
            return _refused(request, error, access.quirks)
        except web.HTTPMethodNotAllowed:
            refusal = Refusal(405, "The method is not allowed", 9999)
            return _refused(request, refusal, access.quirks)
        except web.HTTPNotFound:
            return _refused(request, Refusal(404, "Not found", html=True), access.quirks)

    return admit


def _unauthorized(request: web.Request, problem: str, quirks: Quirks) -> web.Response:
    """Without a code; what signs people in answers with the server's own page."""
    html = Quirks(errors="html")
    forms = html if request.path.startswith("/oauth/") else quirks
    return wire.error(request, 401, None, problem, forms)


def _refused(request: web.Request, refusal: Refusal, quirks: Quirks) -> web.Response:
    forms = Quirks(errors="html") if refusal.html else quirks
    return wire.error(request, refusal.status, refusal.code, refusal.message, forms)


def _module(path: str) -> str:
    if "/orders" in path:
        return "orders"
    return "market" if path.startswith("/v1/market") else "accounts"
