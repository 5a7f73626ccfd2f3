"""A client of graphql-transport-ws that says exactly what a test wants said."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from graphql import get_introspection_query
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

PATIENCE_SECONDS = 10
# Each asks for the whole schema, so few of them fill every buffer.
STALLED_OPERATIONS = 8


@dataclass(frozen=True, slots=True)
class Conversation:
    """One socket; anything may be sent on it."""

    wire: ClientConnection

    async def send(self, message: Any) -> None:
        """A message as JSON, or raw text."""
        await self.wire.send(message if isinstance(message, str) else json.dumps(message))

    async def next(self) -> dict[str, Any]:
        """The server's next message that is no ping."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                message: dict[str, Any] = json.loads(await self.wire.recv())
                if message["type"] != "ping":
                    return message

    async def closed(self) -> int | None:
        """The code that the server closes with, whatever it says before."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            try:
                while True:
                    await self.wire.recv()
            except ConnectionClosed:
                return self.wire.close_code

    async def init(self, token: str) -> None:
        """Sign in by a token."""
        payload = {"authorization": f"Bearer {token}"}
        await self.send({"type": "connection_init", "payload": payload})
        assert (await self.next())["type"] == "connection_ack"

    async def subscribe(self, id: str, query: str, /, **variables: Any) -> None:
        """Start an operation."""
        payload = {"query": query, "variables": variables}
        await self.send({"type": "subscribe", "id": id, "payload": payload})

    async def data(self, id: str) -> Any:
        """The data of the next result of an operation."""
        message = await self.next()
        assert (message["type"], message["id"]) == ("next", id), message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]

    async def ask(self, id: str, query: str, /, **variables: Any) -> Any:
        """The data of an operation that ends with its first result."""
        await self.subscribe(id, query, **variables)
        data = await self.data(id)
        assert await self.next() == {"type": "complete", "id": id}
        return data


@asynccontextmanager
async def talking(
    url: str, *, token: str | None = None, protocol: str = "graphql-transport-ws", **options: Any
) -> AsyncIterator[Conversation]:
    """A socket, signed in if there is a token."""
    async with connect(url, subprotocols=[Subprotocol(protocol)], **options) as wire:
        talk = Conversation(wire)
        if token is not None:
            await talk.init(token)
        yield talk


@asynccontextmanager
async def stalling(port: int, token: str) -> AsyncIterator[Conversation]:
    """A socket that is signed in and, from then on, asks much and reads nothing."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
    sock.connect(("127.0.0.1", port))
    sock.setblocking(False)  # noqa: FBT003
    url = f"ws://127.0.0.1:{port}/graphql"
    async with talking(url, token=token, sock=sock, ping_interval=None) as talk:
        talk.wire.transport.pause_reading()
        for id in range(STALLED_OPERATIONS):
            await talk.subscribe(str(id), get_introspection_query())
        yield talk
        talk.wire.transport.abort()
