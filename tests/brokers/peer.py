"""A server that answers as it is told to, byte for byte, and a line to it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from brokers.gate import Call, Purpose
from brokers.http import Answer, Dialect, Http
from brokers.limits import Allowance
from domain.errors import BrokerError, OutcomeUnknown, RateLimited, Refused
from tests.brokers.desk import Desk

SECRET = "s3cr3t-of-the-header"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
KEPT = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"


def answering(status: str, *headers: str, body: str = "") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", body]
    return "\r\n".join(lines).encode()


class Peer:
    """A server that reads requests and answers each by the next of its lines; None hangs up."""

    def __init__(self, answers: list[bytes | None], *, after: bytes | None = OK) -> None:
        self.answers, self.after = answers, after
        self.requests: list[str] = []
        self.heads: list[str] = []
        self.connections = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = 0
                for line in head.split(b"\r\n"):
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.partition(b":")[2])
                await reader.readexactly(length)
                self.requests.append(head.split(b" ", 1)[0].decode())
                self.heads.append(head.decode())
                answer = self.answers.pop(0) if self.answers else self.after
                if answer is None:
                    return
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def peer(*answers: bytes | None, after: bytes | None = OK) -> AsyncIterator[Peer]:
    made = Peer(list(answers), after=after)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield made


def refusal(answer: Answer, call: Call, now: datetime) -> BrokerError | None:
    if answer.status == 429:
        return RateLimited("slow down", retry_after=float(answer.headers.get("Retry-After", "60")))
    if answer.status >= 500:
        return OutcomeUnknown("server error")
    return Refused(f"status {answer.status}") if answer.status >= 300 else None


def allowance(headers: Mapping[str, str]) -> Allowance | None:
    if "Left" not in headers:
        return None
    return Allowance(remaining=int(headers["Left"]), resets_at=datetime(2026, 6, 1, tzinfo=UTC))


DIALECT = Dialect(refusal=refusal, allowance=allowance, request_id="X-Request-ID")


@asynccontextmanager
async def http(desk: Desk) -> AsyncIterator[Http]:
    made = Http(desk.gate(), desk.clock, DIALECT, headers={"Key": SECRET})
    try:
        yield made
    finally:
        await made.aclose()


def call(method: str = "GET", purpose: Purpose | None = None) -> Call:
    usual = Purpose.READ if method == "GET" else Purpose.TRADE
    return Call(operation="test", purpose=purpose or usual, method=method, path="/x")
