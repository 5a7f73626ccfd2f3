"""The websockets: the market's with tickers, the user's with orders, both with heartbeats.

Frames: recorded ones of 2024 and the vendor's documentation, 2026-07. `sequence_num` counts the
messages of a connection over all of its channels.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from sandbox import json_text
from sandbox.coinbase import products, render, words
from sandbox.coinbase.access import Access
from sandbox.coinbase.errors import Unauthorized
from sandbox.coinbase.history import executions
from sandbox.coinbase.keys import Key
from sandbox.exchange import Exchange
from sandbox.faults import Faults
from sandbox.orders import Event, OrdStatus
from sandbox.stream import Stream

_PUBLIC = frozenset({"heartbeats", "ticker", "ticker_batch", "status", "market_trades", "level2"})
_PRIVATE = frozenset({"user"})
_BATCH = 50
"""Orders in one frame of a snapshot."""


class Sockets:
    """The sockets of one host; `private` is the user's."""

    def __init__(
        self, exchange: Exchange, access: Access, faults: Faults, *, private: bool
    ) -> None:
        self._exchange, self._access, self._faults = exchange, access, faults
        self._channels = _PUBLIC | _PRIVATE if private else _PUBLIC
        self.first_subscribe_within = 5.0
        self.beat = 1.0
        """Seconds between heartbeats."""
        self.sessions: set[Session] = set()
        if private:
            exchange.listeners.append(self._tell)
        else:
            exchange.price_listeners.append(self._price)

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one socket."""
        stream = Stream(request, self._faults)
        session = Session(stream, self._exchange, self._access, self._channels)
        socket = await stream.open()
        self.sessions.add(session)
        loop = asyncio.get_running_loop()
        late = loop.call_later(self.first_subscribe_within, session.too_late)
        beating = loop.create_task(self._beat(session))
        try:
            async for message in stream.messages():
                session.hear(message)
        finally:
            late.cancel()
            beating.cancel()
            self.sessions.discard(session)
        return socket

    async def _beat(self, session: "Session") -> None:
        counter = 0
        while True:
            await asyncio.sleep(self.beat)
            if "heartbeats" in session.channels:
                counter += 1
                now = f"{self._exchange.time():%Y-%m-%d %H:%M:%S.%f} +0000 UTC m=+{counter}"
                event = {"current_time": now, "heartbeat_counter": counter}
                session.say("heartbeats", [event])

    def _tell(self, event: Event) -> None:
        account = self._exchange.accounts[event.order.account_id]
        for session in list(self.sessions):
            if session.key is not None and session.key.account is account:
                fills = {one.id: one for one in executions(account, event.order.id)}
                if event.execution is not None and event.order.filled:
                    fills[event.execution.id] = event.execution
                order = render.streamed(self._exchange.market, event.order, fills.values())
                session.say("user", [{"type": "update", "orders": [order]}])

    def _price(self) -> None:
        for session in list(self.sessions):
            session.price("update")


class Session:
    """What one socket has subscribed to."""

    def __init__(
        self, stream: Stream, exchange: Exchange, access: Access, offered: Iterable[str]
    ) -> None:
        self.stream = stream
        self._exchange, self._access, self._offered = exchange, access, frozenset(offered)
        self.channels: dict[str, set[str]] = {}
        self.key: Key | None = None
        self._sequence = 0

    def say(self, channel: str, events: list[dict[str, Any]]) -> None:
        """Send a message of a channel, with the next number."""
        frame = {
            "channel": channel,
            "client_id": "",
            "timestamp": words.moment(self._exchange.time()),
            "sequence_num": self._sequence,
            "events": events,
        }
        self._sequence += 1
        self.stream.send(frame)

    def too_late(self) -> None:
        """Let go of a socket that subscribed to nothing."""
        if not self.channels:
            self.stream.finish(1000)

    def hear(self, message: str | bytes) -> None:
        """Subscribe or unsubscribe to one channel; the socket stays open whatever it was."""
        try:
            said = json_text.loads(message)
            asked, channel = said["type"], said["channel"]
            names = {str(one) for one in said.get("product_ids") or ()}
        except (ValueError, TypeError, KeyError):
            return self._fail("malformed request")
        if channel not in self._offered:
            return self._fail(f"channel {str(channel)[:40]} does not exist")
        if asked == "unsubscribe":
            return self._unsubscribe(channel, names)
        return self._subscribe(channel, names, said.get("jwt"))

    def price(self, kind: str) -> None:
        """Send the tickers that it subscribed to."""
        for channel in ("ticker", "ticker_batch"):
            quotes = self._exchange.market.quotes
            wanted = self.channels.get(channel, set())
            listed = words.listed(self._exchange.market)
            found = [
                products.ticker(one.symbol, quotes[one.symbol])
                for one in listed
                if words.product_id(one.symbol) in wanted
            ]
            if found:
                self.say(channel, [{"type": kind, "tickers": found}])

    def _subscribe(self, channel: str, names: set[str], token: Any) -> None:
        try:
            key = self._access.by_token(str(token), None) if token else None
        except Unauthorized:
            return self._fail("authentication failure")
        if channel in _PRIVATE:
            if key is None or not key.can_view:
                return self._fail("authentication failure")
            self.key, names = key, {key.account.id}
        # Heartbeats are of no product.
        named = {channel} if channel == "heartbeats" else names
        self.channels.setdefault(channel, set()).update(named)
        return self._subscribed(channel)

    def _subscribed(self, channel: str) -> None:
        self._acknowledge()
        if channel == "user":
            self._snapshot()
        else:
            self.price("snapshot")

    def _unsubscribe(self, channel: str, names: set[str]) -> None:
        kept = self.channels.get(channel, set()) - names
        if kept and names:
            self.channels[channel] = kept
        else:
            self.channels.pop(channel, None)
        self._acknowledge()

    def _acknowledge(self) -> None:
        listed = {channel: sorted(names) for channel, names in self.channels.items()}
        self.say("subscriptions", [{"subscriptions": listed}])

    def _snapshot(self) -> None:
        """Open orders, fifty at a time; one frame even if there is none."""
        if self.key is None:
            return
        account, market = self.key.account, self._exchange.market
        working = [one for one in account.live_orders() if one.status is not OrdStatus.SUSPENDED]
        rows = [render.streamed(market, one, executions(account, one.id)) for one in working]
        for start in range(0, max(len(rows), 1), _BATCH):
            event = {"type": "snapshot", "orders": rows[start : start + _BATCH]}
            self.say("user", [event])

    def _fail(self, message: str) -> None:
        """Say what is wrong, without a channel or a number."""
        self.stream.send({"type": "error", "message": message})
