"""One of Alpaca's market-data websockets: signed in to, subscribed, read until it is lost."""

import asyncio
from collections.abc import Callable
from typing import NoReturn

from brokers.alpaca.client import Client
from brokers.alpaca.quotes import ticks
from brokers.alpaca.stream import ACK, Socket, connected
from brokers.waiting import together
from brokers.wire import Row
from domain.errors import Unreachable

# What a plan without a subscription may follow; error 405 tells, nothing does beforehand.
_FEW = 30

_SYMBOL_LIMIT = 405
# Sign-in refused, connection limit, no such stream in this plan, insufficient subscription.
_DECLINED = frozenset({402, 406, 408, 409})


class Declined(Exception):
    """The stream is not for us now, and asking again at once will not change that."""


class Ticker:
    """The socket at `path`; `wanted` are the symbols to follow, `post` takes trades and quotes."""

    def __init__(
        self,
        client: Client,
        path: str,
        wanted: Callable[[], frozenset[str]],
        post: Callable[[Row], None],
    ) -> None:
        self._client, self._path, self._wanted, self._post = client, path, wanted, post
        self._limit: int | None = None
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
            wanted = frozenset(sorted(self._wanted())[: self._limit])
            gone, new = self._asked - wanted, wanted - self._asked
            self._asked = wanted
            for action, names in (("unsubscribe", gone), ("subscribe", new)):
                if names:
                    listed = sorted(names)
                    await socket.say({"action": action, "trades": listed, "quotes": listed})
            await changed.wait()

    def _take(self, message: Row, changed: asyncio.Event) -> None:
        match message.text("T"):
            case "t" | "q":
                self._post(message)
            case "subscription":
                self.streamed = frozenset(message.texts("trades"))
            case "error" if message.text("code") == str(_SYMBOL_LIMIT) and self._limit is None:
                # Nothing of what was asked for is given: ask for what every plan has.
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
