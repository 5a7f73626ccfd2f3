"""Alpaca's websockets, and the stream of an account's orders.

Paper sends binary frames and live text ones, both with JSON in them (streaming guide, 2026).
There is no replay and no sequence number: whoever reconnects takes a snapshot.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import orjson

from brokers.alpaca import words
from brokers.alpaca.client import Client
from brokers.alpaca.fills import Fills
from brokers.alpaca.orders import Heard, reports
from brokers.wire import Row, document
from domain.errors import CredentialsRejected, NotPermitted, Unreachable
from domain.facts import OrderReport

# A silent socket is pinged after this long and given up after twice that, in seconds.
BEAT = 10.0
ACK = 10.0
_BROKEN = (aiohttp.ClientError, OSError)
_FRAMES = frozenset({aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY})


class Socket:
    """One websocket, whose silence is noticed."""

    def __init__(self, opened: aiohttp.ClientWebSocketResponse, beat: float = BEAT) -> None:
        self._opened, self._beat, self._asked = opened, beat, False

    async def say(self, message: Mapping[str, object]) -> None:
        """Send a message."""
        await self._write(self._opened.send_str(orjson.dumps(message).decode()))

    async def hear(self) -> object:
        """The next JSON document, or None for a mere sign of life; Unreachable when it is lost."""
        while True:
            try:
                message = await self._opened.receive(self._beat)
            except TimeoutError:
                await self._ask()
                continue
            self._asked = False
            if message.type in _FRAMES:
                return document(message.data)
            if message.type is aiohttp.WSMsgType.PING:
                await self._write(self._opened.pong(message.data))
            elif message.type is not aiohttp.WSMsgType.PONG:
                raise Unreachable(f"Alpaca closed the stream ({self._opened.close_code})")
            return None

    async def _ask(self) -> None:
        if self._asked:
            raise Unreachable("Alpaca's stream fell silent")
        self._asked = True
        await self._write(self._opened.ping())

    async def _write(self, writing: Awaitable[None]) -> None:
        try:
            await writing
        except _BROKEN:
            lost = Unreachable("Alpaca's stream broke")
        else:
            return
        raise lost


@asynccontextmanager
async def connected(client: Client, operation: str, host: str, path: str) -> AsyncIterator[Socket]:
    """A socket for the length of a block."""
    opened = await client.connect(operation, host, path)
    try:
        yield Socket(opened)
    finally:
        await opened.close()


async def trade_updates(client: Client) -> AsyncIterator[Row | None]:
    """Each trade update's data; None first, once subscribed, and for every other sign of life."""
    async with connected(client, "trade_updates", "stream", "/stream") as socket:
        early = await _subscribed(client, socket)
        yield None
        for update in early:
            yield update
        while True:
            frame = await socket.hear()
            yield None if frame is None else _update(Row(frame, "the frame"))


async def _subscribed(client: Client, socket: Socket) -> list[Row]:
    """Sign in and listen; updates that overtake the answer are kept."""
    early: list[Row] = []
    try:
        async with asyncio.timeout(ACK):
            await socket.say(client.sign_in)
            await _answer(socket, "authorization", early)
            await socket.say({"action": "listen", "data": {"streams": ["trade_updates"]}})
            granted = await _answer(socket, "listening", early)
    except TimeoutError:
        pass
    else:
        if "trade_updates" not in granted.texts("streams"):
            raise NotPermitted("Alpaca does not stream this account's orders to us")
        return early
    raise Unreachable("Alpaca's stream did not answer in time")


async def _answer(socket: Socket, stream: str, early: list[Row]) -> Row:
    """The data of the next frame of a stream; `unauthorized` ends it."""
    while True:
        frame = await socket.hear()
        if frame is None:
            continue
        row = Row(frame, "the frame")
        if row.text("stream") == "authorization":
            if row.need_row("data").text("status") != "authorized":
                raise CredentialsRejected("Alpaca's stream does not accept the keys")
        elif (update := _update(row)) is not None:
            early.append(update)
        if row.text("stream") == stream:
            return row.need_row("data")


def _update(frame: Row) -> Row | None:
    return frame.need_row("data") if frame.text("stream") == "trade_updates" else None


def reports_of(update: Row, heard: Heard, fills: Fills) -> Iterator[OrderReport]:
    """A trade update as reports: the order, with what happened to it, and then its legs."""
    head, *legs = reports(update.need_row("order"), heard)
    head = replace(
        head,
        exec_type=words.EVENT.get(update.text("event") or ""),
        reason=update.words("reason") or head.reason,
        stamp=replace(head.stamp, time=head.stamp.time or update.moment("timestamp")),
    )
    yield fills.from_event(update, head)
    yield from legs
