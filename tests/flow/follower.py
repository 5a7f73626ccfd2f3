"""A client of `changes` that resumes by its cursor, over a real socket that may be cut."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import websockets
from websockets.asyncio.client import ClientConnection, connect

SUBPROTOCOL = websockets.Subprotocol("graphql-transport-ws")
LONGEST = 30.0

CHANGES = """
subscription Changes($after: Cursor) {
  changes(after: $after) {
    __typename
    ... on Resumable { cursor }
    ... on Snapshot { positions { id quantity } orders { id status filledQuantity } }
    ... on OrderChanged {
      execType order { id brokerOrderId status filledQuantity } executions { executionId }
    }
    ... on HoldingChanged { holding { id quantity } }
    ... on CashChanged { accountId balances { currency cash } }
    ... on AccountChanged { account { id } }
    ... on ConnectionChanged { connection { id label health { state } } }
    ... on Resync { reason }
  }
}
"""


class Ended(Exception):
    """The server ended the subscription or the socket."""


@dataclass(slots=True)
class Follower:
    """Collects frames; `cursor` is behind the last one that was read."""

    url: Callable[[], str]
    token: str
    query: str = CHANGES
    root: str = "changes"
    cursor: str | None = None
    frames: list[dict[str, Any]] = field(default_factory=list)
    connects: int = 0
    _socket: ClientConnection | None = None
    _task: asyncio.Task[None] | None = None
    _grew: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._follow())
        self._task.add_done_callback(lambda _: asyncio.ensure_future(self._wake()))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def cut(self) -> None:
        """Reset the connection, as a lost network would."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def until(self, found: Callable[[list[dict[str, Any]]], object]) -> None:
        """Wait until the frames so far are as wanted."""
        assert self._task is not None
        async with asyncio.timeout(LONGEST), self._grew:
            while not found(self.frames):
                if self._task.done():
                    await self._task
                await self._grew.wait()

    async def _wake(self) -> None:
        """Let whoever waits for frames see that none will come."""
        async with self._grew:
            self._grew.notify_all()

    async def _follow(self) -> None:
        while True:
            try:
                await self._one_socket()
            except (OSError, websockets.WebSocketException, Ended):
                # A real client waits before it comes back; here the server may still be starting.
                await asyncio.sleep(0.05)

    async def _one_socket(self) -> None:
        address = self.url().replace("http", "ws") + "/graphql"
        async with connect(address, subprotocols=[SUBPROTOCOL]) as socket:
            self._socket = socket
            self.connects += 1
            await socket.send(
                json.dumps(
                    {
                        "type": "connection_init",
                        "payload": {"authorization": f"Bearer {self.token}"},
                    }
                )
            )
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            payload = {"query": self.query, "variables": {"after": self.cursor}}
            await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
            async for text in socket:
                await self._take(socket, json.loads(text))

    async def _take(self, socket: ClientConnection, message: dict[str, Any]) -> None:
        if message["type"] == "ping":
            await socket.send(json.dumps({"type": "pong"}))
        elif message["type"] == "next":
            assert "errors" not in message["payload"], message
            frame = message["payload"]["data"][self.root]
            async with self._grew:
                self.frames.append(frame)
                self.cursor = frame["cursor"]
                self._grew.notify_all()
        elif message["type"] in ("complete", "error"):
            raise Ended(message)
