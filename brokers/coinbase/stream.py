"""Coinbase's websockets: subscribed channel by channel, watched by heartbeats and by numbers.

There is no replay: whoever reconnects is told how things stand. A channel is closed after a minute
or so without news, so heartbeats come on every socket (docs, 2026-07).
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
import orjson

from brokers.coinbase.client import Client
from brokers.wire import Row, document, said
from domain.errors import CredentialsRejected, Unreachable

# Seconds: of silence, while heartbeats come every second; and until a subscription is answered.
SILENCE = 5.0
ACK = 10.0
_BROKEN = (aiohttp.ClientError, OSError)
_FRAMES = frozenset({aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY})
_ALIVE = frozenset({aiohttp.WSMsgType.PING, aiohttp.WSMsgType.PONG})


class Socket:
    """One websocket: its silence, its gaps and its errors are Unreachable."""

    def __init__(
        self,
        client: Client,
        opened: aiohttp.ClientWebSocketResponse,
        patience: float = SILENCE,
    ) -> None:
        self._client, self._opened, self._patience = client, opened, patience
        self._number: int | None = None
        self.channels: Row = Row({}, "the subscriptions")

    async def ask(
        self, channel: str, products: Sequence[str] = (), *, action: str = "subscribe"
    ) -> None:
        """Subscribe to one channel, or unsubscribe; each time signed anew."""
        message = {
            "type": action,
            "channel": channel,
            "product_ids": list(products),
            "jwt": self._client.subscription(),
        }
        try:
            await self._opened.send_str(orjson.dumps(message).decode())
        except _BROKEN:
            lost = Unreachable("Coinbase's stream broke")
        else:
            return
        raise lost

    async def hear(self) -> Row:
        """The next message of a channel; a mere sign of life has none."""
        try:
            message = await self._opened.receive(self._patience)
        except TimeoutError:
            pass
        else:
            if message.type in _FRAMES:
                return self._read(Row(document(message.data), "the frame"))
            if message.type in _ALIVE:
                return Row({}, "a sign of life")
            raise Unreachable(f"Coinbase closed the stream ({self._opened.close_code})")
        raise Unreachable("Coinbase's stream fell silent")

    def _read(self, frame: Row) -> Row:
        if frame.text("type") == "error":
            words = said(frame.text("message"))
            if "authentication" in words:
                raise CredentialsRejected("Coinbase's stream does not accept the key")
            raise Unreachable(f"Coinbase's stream ended with: {words}")
        self._count(frame.text("sequence_num"))
        if frame.text("channel") == "subscriptions":
            for event in frame.rows("events"):
                self.channels = event.row("subscriptions") or self.channels
        return frame

    def _count(self, number: str | None) -> None:
        """One number for all channels of a connection: a gap is news that we did not get.

        A repetition is none, and neither is a number that came late.
        """
        if number is None or not number.isdigit():
            return
        before, self._number = self._number, int(number)
        if before is not None and self._number > before + 1:
            raise Unreachable("Coinbase's stream left something out")
        self._number = max(self._number, before or 0)


@asynccontextmanager
async def connected(client: Client, operation: str, host: str) -> AsyncIterator[Socket]:
    """A socket for the length of a block, with heartbeats."""
    opened = await client.connect(operation, host)
    try:
        socket = Socket(client, opened)
        await socket.ask("heartbeats")
        yield socket
    finally:
        await opened.close()


async def subscribed(socket: Socket, channel: str) -> list[Row]:
    """Wait until a channel is listed as subscribed to; what came before that is kept."""
    early: list[Row] = []
    try:
        async with asyncio.timeout(ACK):
            while not socket.channels.has(channel):
                early.append(await socket.hear())
    except TimeoutError:
        pass
    else:
        return early
    raise Unreachable(f"Coinbase's stream did not subscribe us to {channel} in time")


def orders_in(frame: Row) -> Iterator[Row]:
    """The orders that a message of the user channel tells of, snapshot or update."""
    if frame.text("channel") == "user":
        for event in frame.rows("events"):
            yield from event.rows("orders")
