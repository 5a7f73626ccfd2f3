"""The load client's HTTP: a few connections, each asking again as soon as it is answered."""

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import dataclass, field

from bench.servers import Server

CONNECTIONS = 8
ANSWER_WITHIN = 30.0
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(slots=True)
class Tally:
    """Answers so far, the seconds that each took, and the first body."""

    stop_at: float
    latencies: list[float] = field(default_factory=list)
    first: bytes = b""


class Caller(asyncio.Protocol):
    """One keep-alive connection."""

    def __init__(self, request: bytes, tally: Tally) -> None:
        self._request, self._tally = request, tally
        self._received = bytearray()
        self._asked = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]  # uvloop's own
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Ask again once the answer is whole."""
        self._received += data
        head, found, body = self._received.partition(_END_OF_HEAD)
        if not found or len(body) < _length(bytes(head)):
            return
        self._tally.latencies.append(time.monotonic() - self._asked)
        if not self._tally.first:
            self._tally.first = bytes(head) + _END_OF_HEAD + bytes(body)
        self._received.clear()
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        """End; a connection lost too early is the trial's failure."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server closed the connection"))

    def _ask(self) -> None:
        self._asked = time.monotonic()
        if self._asked < self._tally.stop_at:
            self._transport.write(self._request)
            return
        if not self.done.done():
            self.done.set_result(None)
        self._transport.close()


def _length(head: bytes) -> int:
    status, _, headers = head.lower().partition(b"\r\n")
    if b" 200" not in status:
        raise ConnectionError(status.decode())
    return int(headers[headers.index(_LENGTH) + len(_LENGTH) :].split(b"\r\n", 1)[0])


def request(server: Server, document: str, first: int) -> bytes:
    """The bytes of one GraphQL call."""
    body = json.dumps({"query": document, "variables": {"first": first}}).encode()
    head = (
        "POST /graphql HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        f"Authorization: Bearer {server.token(0)}",
        "Content-Type: application/json",
        "Accept: application/json",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join(head).encode() + _END_OF_HEAD + body


async def calls(server: Server, document: str, first: int, seconds: float) -> tuple[float, Tally]:
    """Answers a second; ConnectionError if one was not 200 or had not all of its rows."""
    began = time.monotonic()
    tally = Tally(stop_at=began + seconds)
    asked = request(server, document, first)
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(lambda: Caller(asked, tally), "127.0.0.1", server.port)
        for _ in range(CONNECTIONS)
    ]
    async with asyncio.timeout(seconds + ANSWER_WITHIN):
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*(caller.done for _, caller in opened))
    _check(tally.first, first)
    return len(tally.latencies) / (time.monotonic() - began), tally


def _check(answer: bytes, first: int) -> None:
    body = json.loads(answer.partition(_END_OF_HEAD)[2])
    rows = body.get("data", {}).get("positions", {}).get("edges", [])
    if body.get("errors") or len(rows) != first:
        raise ConnectionError(f"{len(rows)} rows of {first}: {body.get('errors')}")
