"""Market data over websockets: quotes and trades of what a socket subscribed to, as JSON.

Error codes and texts: the vendor's real-time documentation, 2026-06. A socket that asks for
MessagePack in its handshake is answered with 400: the sandbox does not speak it.
"""

import asyncio
from typing import Any

from aiohttp import web

from sandbox import json_text
from sandbox.alpaca import prices
from sandbox.alpaca.access import Access, Credential
from sandbox.alpaca.errors import Refusal
from sandbox.exchange import Exchange
from sandbox.faults import Faults
from sandbox.instruments import Kind
from sandbox.stream import Stream

ERRORS = {
    400: "invalid syntax",
    401: "not authenticated",
    402: "auth failed",
    403: "already authenticated",
    404: "auth timeout",
    405: "symbol limit exceeded",
    406: "connection limit exceeded",
    407: "slow client",
    408: "v2 not enabled",
    409: "insufficient subscription",
    500: "internal error",
}
PATHS = {
    "/v2/iex": Kind.EQUITY,
    "/v2/sip": Kind.EQUITY,
    "/v1beta3/crypto/us": Kind.CRYPTO,
    "/v1beta1/options": Kind.OPTION,
}
_PAID = frozenset({"/v2/sip"})
_CHANNELS = ("trades", "quotes")
_RENDER = {"trades": ("t", prices.trade), "quotes": ("q", prices.quote)}


class PriceStream:
    """The market-data sockets: one for each credential and path, 30 symbols a channel."""

    def __init__(
        self,
        exchange: Exchange,
        access: Access,
        faults: Faults,
        *,
        auth_timeout: float = 10,
        symbol_limit: int = 30,
    ) -> None:
        self._exchange = exchange
        self._access = access
        self._faults = faults
        self.auth_timeout = auth_timeout
        self._symbol_limit = symbol_limit
        self.sessions: set[Session] = set()
        exchange.price_listeners.append(self._publish)

    def routes(self) -> list[web.RouteDef]:
        """What to serve."""
        return [web.get(path, self.connect) for path in PATHS]

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one socket."""
        stream = Stream(request, self._faults)
        socket = await stream.open()
        session = Session(stream, request.path)
        stream.send([{"T": "success", "msg": "connected"}])
        if request.headers.get("Content-Type") == "application/msgpack":
            session.error(400)
        late = asyncio.get_running_loop().call_later(self.auth_timeout, session.too_late)
        try:
            async for message in stream.messages():
                self._hear(session, message)
        finally:
            late.cancel()
            self.sessions.discard(session)
        return socket

    def _hear(self, session: "Session", message: str | bytes) -> None:
        try:
            said = json_text.loads(message)
            action = said["action"]
        except (ValueError, TypeError, KeyError):
            return session.error(400)
        if action == "auth":
            return self._authenticate(session, said)
        if session.credential is None:
            return session.error(401)
        if action not in {"subscribe", "unsubscribe"}:
            return session.error(400)
        return session.change(said, self._symbol_limit, wanted=action == "subscribe")

    def _authenticate(self, session: "Session", said: dict[str, Any]) -> None:
        if session.credential is not None:
            return session.error(403)
        try:
            found = self._access.by_key(str(said.get("key")), str(said.get("secret")))
        except Refusal:
            return session.error(402)
        if session.path in _PAID:
            return session.error(409)
        if any((one.credential, one.path) == (found, session.path) for one in self.sessions):
            return session.error(406)
        session.credential = found
        self.sessions.add(session)
        return session.stream.send([{"T": "success", "msg": "authenticated"}])

    def _publish(self) -> None:
        for session in list(self.sessions):
            frame = [
                {"T": mark, "S": symbol, **render(quote, kind)}
                for channel, (mark, render) in _RENDER.items()
                for symbol, quote in self._exchange.market.quotes.items()
                if (kind := self._exchange.market.instruments[symbol].kind) is PATHS[session.path]
                and session.wants(channel, symbol)
            ]
            if frame:
                session.stream.send(frame)


class Session:
    """What one socket has subscribed to."""

    def __init__(self, stream: Stream, path: str) -> None:
        self.stream = stream
        self.path = path
        self.credential: Credential | None = None
        self._wanted: dict[str, set[str]] = {channel: set() for channel in _CHANNELS}

    def wants(self, channel: str, symbol: str) -> bool:
        """Whether it subscribed to this, or to everything."""
        return bool({symbol, "*"} & self._wanted[channel])

    def error(self, code: int) -> None:
        """Say what is wrong; the socket stays open."""
        self.stream.send([{"T": "error", "code": code, "msg": ERRORS[code]}])

    def too_late(self) -> None:
        """Refuse a socket that has not said who it is."""
        if self.credential is None:
            self.error(404)
            self.stream.finish(1000)

    def change(self, said: dict[str, Any], limit: int, *, wanted: bool) -> None:
        """Subscribe or unsubscribe, and answer with all that is now wanted."""
        changed = {
            channel: (set.union if wanted else set.difference)(now, set(said.get(channel) or ()))
            for channel, now in self._wanted.items()
        }
        if any(len(symbols) > limit for symbols in changed.values()):
            return self.error(405)
        self._wanted = changed
        lists = {channel: sorted(symbols) for channel, symbols in changed.items()}
        return self.stream.send([{"T": "subscription", **lists, "bars": []}])
