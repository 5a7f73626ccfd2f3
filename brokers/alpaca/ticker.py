"""One of Alpaca's market-data websockets: signed in to, subscribed, read until it is lost."""

import asyncio
import logging
from collections.abc import Callable
from typing import NoReturn

from brokers.alpaca.client import Client
from brokers.alpaca.quotes import ticks
from brokers.alpaca.stream import ACK, Socket, connected
from brokers.waiting import first, together
from brokers.wire import Row
from domain.clock import Clock
from domain.errors import Unreachable

logger = logging.getLogger(__name__)

# What a plan without a subscription may follow; error 405 tells, nothing does beforehand.
_FEW = 30
# How long each part of more than that is streamed before it is the next one's turn, in seconds.
ROTATE_EVERY = 60.0

_SYMBOL_LIMIT = 405
# Sign-in refused, connection limit, no such stream in this plan, insufficient subscription.
_DECLINED = frozenset({402, 406, 408, 409})


class Declined(Exception):
    """The stream is not for us now, and asking again at once will not change that."""


class Ticker:
    """The socket at `path`; `wanted` are the symbols to follow, `post` takes trades and quotes.

    More of them than the plan allows take turns; `streamed` are those whose turn it is.
    """

    def __init__(
        self,
        client: Client,
        clock: Clock,
        path: str,
        wanted: Callable[[], frozenset[str]],
        post: Callable[[Row], None],
    ) -> None:
        self._client, self._clock, self._path = client, clock, path
        self._wanted, self._post = wanted, post
        self._limit: int | None = None
        self._turn = 0
        self._asked: frozenset[str] = frozenset()
        self.streamed: frozenset[str] = frozenset()

    async def run(self, changed: asyncio.Event) -> NoReturn:
        """Stream until lost (BrokerError) or refused (Declined); `changed` says to look again."""
        try:
            async with connected(self._client, "market_data", "data_stream", self._path) as socket:
                await self._sign_in(socket)
                async with together(self._subscribe(socket, changed)):
                    while True:
                        for message in ticks(await socket.hear() or []):
                            self._take(message, changed)
        finally:
            self.streamed = self._asked = frozenset()

    async def _sign_in(self, socket: Socket) -> None:
        try:
            async with asyncio.timeout(ACK):
                await socket.say(self._client.price_sign_in)
                while True:
                    for message in ticks(await socket.hear() or []):
                        _refuse(message)
                        if message.text("msg") == "authenticated":
                            return
        except TimeoutError:
            pass
        raise Unreachable("Alpaca's market data did not answer in time")

    async def _subscribe(self, socket: Socket, changed: asyncio.Event) -> NoReturn:
        """Tell the difference between what is followed and what was asked for, as it changes."""
        while True:
            changed.clear()
            wanted = self._next()
            gone, new = self._asked - wanted, wanted - self._asked
            self._asked = wanted
            for action, names in (("unsubscribe", gone), ("subscribe", new)):
                if names:
                    listed = sorted(names)
                    await socket.say({"action": action, "trades": listed, "quotes": listed})
            await self._until(changed)

    def _next(self) -> frozenset[str]:
        """All that is wanted, or those whose turn it is."""
        wanted = sorted(self._wanted())
        if self._limit is None or len(wanted) <= self._limit:
            return frozenset(wanted)
        start = self._turn % len(wanted)
        return frozenset((wanted + wanted)[start : start + self._limit])

    async def _until(self, changed: asyncio.Event) -> None:
        """Wait for a change, or until it is the next one's turn."""
        if self._limit is None or len(self._wanted()) <= self._limit:
            await changed.wait()
            return
        await first(changed.wait(), self._clock.sleep(ROTATE_EVERY))
        if not changed.is_set():
            self._turn += self._limit

    def _take(self, message: Row, changed: asyncio.Event) -> None:
        match message.text("T"):
            case "t" | "q":
                self._post(message)
            case "subscription":
                self.streamed = frozenset(message.texts("trades"))
            case "error" if message.text("code") == str(_SYMBOL_LIMIT) and self._limit is None:
                # Nothing of what was asked for is given: ask for what every plan has.
                logger.info("more is followed than the plan streams: it takes turns, and is polled")
                self._limit, self._asked = _FEW, self.streamed
                changed.set()
            case _:
                _refuse(message)


def _refuse(message: Row) -> None:
    if message.text("T") != "error":
        return
    code = message.text("code") or ""
    if code in {str(known) for known in _DECLINED | {_SYMBOL_LIMIT}}:
        raise Declined(code)
    raise Unreachable(f"Alpaca's market data ended with error {code[:8]}")
