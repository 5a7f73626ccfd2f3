"""Bare ASGI: the frame is written out once for each mark, and a task per socket sends it."""

import asyncio
import json
from collections import deque

import uvloop
from starlette.types import Receive, Scope, Send

from bench.peers.control import Scale, marks_of, scale, serve
from bench.peers.rows import Row, row
from bench.workload import Tick, user_name

BOUND = 1_000


def frame(row: Row) -> str:
    """A whole graphql-transport-ws message; every client here calls its operation 1."""
    return (
        '{"id":"1","type":"next","payload":{"data":{"positionUpdated":{"upserts":[{'
        f'"id":"{row.id}","side":"{row.side}","quantity":"{row.quantity}",'
        f'"currency":"{row.currency}","averageCost":"{row.average_cost}",'
        f'"costBasis":"{row.cost_basis}","instrument":{{"symbol":"{row.symbol}"}},'
        f'"valuation":{{"price":"{row.price}",'
        f'"asOf":"{row.as_of.isoformat().replace("+00:00", "Z")}",'
        f'"marketValue":"{row.market_value}","unrealizedPnl":"{row.unrealized_pnl}",'
        f'"dayChange":"{row.day_change}"}}}}]}}}}}}}}'
    )


class Subscriber:
    """A bounded queue and the task that drains it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._frames: deque[str] = deque(maxlen=BOUND)
        self._some = asyncio.Event()

    def push(self, frame: str) -> None:
        """Queue a frame."""
        self._frames.append(frame)
        self._some.set()

    async def drain(self) -> None:
        """Send all that is queued, whenever something is."""
        while True:
            await self._some.wait()
            self._some.clear()
            while self._frames:
                await self._send({"type": "websocket.send", "text": self._frames.popleft()})


class Bare:
    """An ASGI application that knows one subscription."""

    def __init__(self, size: Scale) -> None:
        self._subscribers: dict[str, set[Subscriber]] = {
            user_name(index): set() for index in range(size.users)
        }

    async def publish(self, tick: Tick) -> None:
        """Send the revalued position to each of its owner's sockets."""
        message = frame(row(tick))
        for subscriber in self._subscribers[user_name(tick.user)]:
            subscriber.push(message)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket."""
        if scope["type"] != "websocket":
            return
        await receive()
        await send(
            {"type": "websocket.accept", "subprotocol": "graphql-transport-ws", "headers": []}
        )
        user = (await _message(receive))["payload"]["authorization"].removeprefix("Bearer ")
        acknowledged = '{"type":"connection_ack"}'
        await send({"type": "websocket.send", "text": acknowledged})
        await _message(receive)
        await self._stream(self._subscribers[user], receive, send)

    async def _stream(self, subscribers: set[Subscriber], receive: Receive, send: Send) -> None:
        subscriber = Subscriber(send)
        subscribers.add(subscriber)
        writer = asyncio.create_task(subscriber.drain())
        while (await receive())["type"] != "websocket.disconnect":
            pass
        subscribers.discard(subscriber)
        writer.cancel()


async def _message(receive: Receive) -> dict[str, dict[str, str]]:
    event = await receive()
    if event["type"] != "websocket.receive":
        raise ConnectionError("the client left before it subscribed")
    message: dict[str, dict[str, str]] = json.loads(event["text"])
    return message


if __name__ == "__main__":
    size = scale()
    bare = Bare(size)
    obeyed = {"marks": lambda asked: marks_of(asked, bare.publish, size)}
    uvloop.run(serve(bare, obeyed))
