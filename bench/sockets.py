"""The load client's sockets: graphql-transport-ws subscribers that count rows and keep samples."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from bench.servers import Server
from bench.workload import microseconds

AT_ONCE = 50
READY_WITHIN = 60.0
# At most so many sockets have the times of their rows read; the others only count.
SAMPLED = 50

# Every row, of a position or of an order, tells once of which moment it is.
_ROW = b'"asOf"'
_AS_OF = re.compile(rb'"asOf":\s*"([^"]+)"')
_SHORT = 128


class Subscriber(WSListener):  # type: ignore[misc]  # picows is not in the checked environment
    """One socket with one subscription."""

    def __init__(self, token: str, document: str) -> None:
        self._token, self._document = token, document
        self.rows = self.frames = 0
        self.samples: list[tuple[float, bytes]] | None = None
        self.subscribed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended: str | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Say who asks."""
        payload = {"authorization": f"Bearer {self._token}"}
        _send(transport, {"type": "connection_init", "payload": payload})

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Count its rows."""
        if frame.msg_type is not WSMsgType.TEXT:
            return
        payload = frame.get_payload_as_bytes()
        rows = payload.count(_ROW)
        if not rows:
            self._speak(transport, payload)
            return
        self.rows += rows
        self.frames += 1
        if self.samples is not None:
            self.samples.append((time.time(), payload))

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Remember why, so that a run with a lost socket fails."""
        self.ended = self.ended or f"closed: {transport.close_handshake}"

    def _speak(self, transport: WSTransport, payload: bytes) -> None:
        if len(payload) < _SHORT and b'"connection_ack"' in payload:
            subscribe = {"query": self._document}
            _send(transport, {"id": "1", "type": "subscribe", "payload": subscribe})
            self.subscribed.set_result(None)
        elif len(payload) < _SHORT and b'"ping"' in payload:
            _send(transport, {"type": "pong"})
        elif b'"error' in payload:
            self.ended = payload.decode(errors="replace")


class Fleet:
    """Many subscribers of one server, the users' taking turns."""

    def __init__(self, subscribers: list[Subscriber]) -> None:
        self.subscribers = subscribers

    @property
    def rows(self) -> int:
        """Rows received by all since the last `reset`."""
        return sum(each.rows for each in self.subscribers)

    @property
    def frames(self) -> int:
        """Frames received by all since the last `reset`."""
        return sum(each.frames for each in self.subscribers)

    def reset(self) -> None:
        """Count anew, and sample anew."""
        for each in self.subscribers:
            each.rows = each.frames = 0
            each.samples = None
        for each in self.subscribers[:: max(1, len(self.subscribers) // SAMPLED)]:
            each.samples = []

    def latencies(self, made: Mapping[str, float]) -> list[float]:
        """Seconds from when a mark was due until its row was here, of the sampled sockets.

        For what `made` names (see `microseconds`) it is since that time, in seconds after 1970.
        """
        return [
            arrived - _since(datetime.fromisoformat(as_of.decode()), made)
            for each in self.subscribers
            for arrived, payload in each.samples or ()
            for as_of in _AS_OF.findall(payload)
        ]

    def check(self) -> None:
        """ConnectionError if any socket ended or its operation failed."""
        ended = [each.ended for each in self.subscribers if each.ended]
        if ended:
            raise ConnectionError(f"{len(ended)} sockets ended, the first: {ended[0]}")


@asynccontextmanager
async def fleet(server: Server, document: str, count: int, users: int) -> AsyncIterator[Fleet]:
    """So many sockets that are acknowledged and have asked for their rows."""
    transports: list[WSTransport] = []
    subscribers: list[Subscriber] = []
    try:
        for first in range(0, count, AT_ONCE):
            places = range(first, min(first + AT_ONCE, count))
            opened = await asyncio.gather(
                *(_open(server, document, place % users) for place in places)
            )
            transports += [transport for transport, _ in opened]
            subscribers += [subscriber for _, subscriber in opened]
        yield Fleet(subscribers)
    finally:
        for transport in transports:
            transport.disconnect(graceful=False)


async def _open(server: Server, document: str, user: int) -> tuple[WSTransport, Subscriber]:
    transport, subscriber = await ws_connect(
        lambda: Subscriber(server.token(user), document),
        f"ws://127.0.0.1:{server.port}/graphql",
        extra_headers={"Sec-WebSocket-Protocol": "graphql-transport-ws"},
        websocket_handshake_timeout=READY_WITHIN,
    )
    async with asyncio.timeout(READY_WITHIN):
        await subscriber.subscribed
    return transport, subscriber


async def until(true: Callable[[], bool], within: float) -> bool:
    """Whether it became true in so many seconds."""
    end = time.monotonic() + within
    while not true():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.01)
    return True


def _since(moment: datetime, made: Mapping[str, float]) -> float:
    return made.get(microseconds(moment), moment.timestamp())


def _send(transport: WSTransport, message: object) -> None:
    transport.send(WSMsgType.TEXT, json.dumps(message).encode())
