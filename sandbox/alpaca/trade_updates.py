"""/stream: the trade_updates websocket, in the three ways there are to sign in to it."""

from typing import Any

from aiohttp import web

from sandbox import json_text
from sandbox.account import Account
from sandbox.alpaca import render
from sandbox.alpaca.access import PAPER, Access, Credential
from sandbox.alpaca.errors import Refusal
from sandbox.exchange import Exchange
from sandbox.faults import Faults
from sandbox.orders import Event
from sandbox.stream import Stream

_STREAMS = frozenset({"trade_updates"})


class TradeUpdates:
    """The trade_updates sockets of one environment."""

    def __init__(
        self, exchange: Exchange, access: Access, faults: Faults, environment: str
    ) -> None:
        self._exchange = exchange
        self._access = access
        self._faults = faults
        self._environment = environment
        self.sessions: set[Session] = set()
        exchange.listeners.append(self._publish)

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one socket; paper speaks in binary frames, live in text."""
        stream = Stream(request, self._faults, binary=self._environment == PAPER)
        session = Session(stream, self._access, self._environment)
        socket = await stream.open()
        self.sessions.add(session)
        try:
            async for message in stream.messages():
                session.hear(message)
        finally:
            self.sessions.discard(session)
        return socket

    def _publish(self, event: Event) -> None:
        for session in list(self.sessions):
            account = session.account
            if session.listening and account and account.id == event.order.account_id:
                session.stream.send(render.trade_update(account, self._exchange.market, event))


class Session:
    """What one socket has said so far."""

    def __init__(self, stream: Stream, access: Access, environment: str) -> None:
        self.stream = stream
        self._access = access
        self._environment = environment
        self.credential: Credential | None = None
        self.account: Account | None = None
        self.listening = False

    def hear(self, message: str | bytes) -> None:
        """Answer one message; what is not understood is passed over."""
        try:
            said = json_text.loads(message)
        except ValueError:
            return
        action = said.get("action") if isinstance(said, dict) else None
        if action in {"authenticate", "auth"}:
            self._authenticate(said)
        elif action == "listen":
            self._listen(said)

    def _authenticate(self, said: dict[str, Any]) -> None:
        """A second time is refused, and what the first opened stays open."""
        authorized = self.credential is None and self._sign_in(said)
        self._answer("authenticate", authorized=authorized)

    def _sign_in(self, said: dict[str, Any]) -> bool:
        try:
            found = self._credential(said)
            self.account = self._access.account_of(found, self._environment)
        except Refusal:
            return False
        self.credential = found
        return True

    def _credential(self, said: dict[str, Any]) -> Credential:
        if said["action"] == "auth":
            key, secret = said.get("key"), said.get("secret")
        else:
            fields = said.get("data") or {}
            if "oauth_token" in fields:
                return self._access.by_token(str(fields["oauth_token"]))
            key, secret = fields.get("key_id"), fields.get("secret_key")
        return self._access.by_key(str(key), str(secret))

    def _listen(self, said: dict[str, Any]) -> None:
        """The list is all that is wanted; what there is not is missing in the answer."""
        if self.account is None:
            return self._answer("listen", authorized=False)
        asked = (said.get("data") or {}).get("streams") or []
        granted = [one for one in asked if one in _STREAMS]
        self.listening = bool(granted)
        return self.stream.send({"stream": "listening", "data": {"streams": granted}})

    def _answer(self, action: str, *, authorized: bool) -> None:
        status = "authorized" if authorized else "unauthorized"
        self.stream.send({"stream": "authorization", "data": {"status": status, "action": action}})
