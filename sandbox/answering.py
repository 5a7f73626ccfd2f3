"""How a request gets its answer, or the fault that was asked for instead."""

import asyncio
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from socket import SO_LINGER, SOL_SOCKET
from typing import Any

from aiohttp import web

from sandbox import json_text
from sandbox.exchange import Exchange
from sandbox.faults import Fault, Faults
from sandbox.request_log import ENTRY, Entry, RequestLog

Do = Callable[[], Awaitable[web.StreamResponse]]
_WORK_FIRST = frozenset({"fill_first", "timeout_after", "reset_after"})
_AS_IT_IS = frozenset({"slow", "fill_first"})


class Unanswered(Exception):
    """The connection was reset; there is nobody left to answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """The header that names a request, and the bodies with which a broker says no."""

    request_id: str
    error: Any
    rate_limited: Any
    refused: Any
    unauthorized: Any


def middleware(
    host: str, exchange: Exchange, faults: Faults, log: RequestLog, dialect: Dialect
) -> Any:
    """Log each request, answer it or misbehave, and only then let the exchange work."""

    @web.middleware
    async def answer(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        entry = log.receive(request, host, exchange.time())
        request[ENTRY] = entry
        fault = faults.take(request.method, request.path)
        entry.fault = fault.kind if fault else None

        async def do() -> web.StreamResponse:
            return await handler(request)

        try:
            response = await _respond(fault, request, do, dialect, exchange)
            response.headers.setdefault(dialect.request_id, entry.request_id)
            await _send(request, response, entry)
        except Unanswered:
            return web.Response()
        finally:
            exchange.work()
        return response

    return answer


def reset(request: web.Request) -> None:
    """Reset the connection: the peer reads ECONNRESET, not an end of file."""
    transport = request.transport
    if transport is not None:
        linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, linger)
        transport.abort()


async def _send(request: web.Request, response: web.StreamResponse, entry: Entry) -> None:
    """Write the whole answer now, so that what follows it happens after it."""
    if isinstance(response, web.Response):
        await response.prepare(request)
        await response.write_eof()
    entry.status = response.status


async def _respond(
    fault: Fault | None, request: web.Request, do: Do, dialect: Dialect, exchange: Exchange
) -> web.StreamResponse:
    if fault is None:
        return await do()
    if fault.kind in {"error", "rate_limited", "refused", "unauthorized"}:
        return _refusal(fault, dialect)
    if fault.kind in {"hang", "reset"}:
        return await _leave(request, hang=fault.kind == "hang")
    await asyncio.sleep(fault.seconds)
    response = await do()
    if fault.kind in _WORK_FIRST:
        exchange.work()
    if fault.kind in {"timeout_after", "reset_after"}:
        return await _leave(request, hang=fault.kind == "timeout_after")
    return response if fault.kind in _AS_IT_IS else _spoiled(fault, response, dialect)


async def _leave(request: web.Request, *, hang: bool) -> web.StreamResponse:
    if hang:
        await asyncio.Event().wait()
    reset(request)
    raise Unanswered


def _refusal(fault: Fault, dialect: Dialect) -> web.Response:
    if fault.kind == "rate_limited":
        headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        return reply(dialect.rate_limited, 429, headers)
    if fault.kind == "refused":
        return reply(dialect.refused, 403)
    if fault.kind == "unauthorized":
        return reply(dialect.unauthorized, 401)
    return reply(dialect.error, fault.status)


def _spoiled(fault: Fault, response: web.StreamResponse, dialect: Dialect) -> web.Response:
    body = response.text or "" if isinstance(response, web.Response) else ""
    if fault.kind == "error_after":
        return reply(dialect.error, fault.status)
    if fault.kind == "garbage_after":
        return web.Response(body=b"\x00\xff\xfe not json", content_type="application/json")
    if fault.kind == "truncated_after":
        half = body[: len(body) // 2]
        return web.Response(text=half, status=response.status, content_type="application/json")
    if fault.kind == "html_after":
        page = (
            "<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"
        )
        return web.Response(text=page, status=fault.status, content_type="text/html")
    return reply(altered(json_text.loads(body or "null"), dict(fault.set)), response.status)


def altered(value: Any, fields: dict[str, object]) -> Any:
    """The object, or each object of the list, with some fields overwritten."""
    if isinstance(value, list):
        return [altered(one, fields) for one in value]
    return {**value, **fields} if isinstance(value, dict) else value


def reply(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    return web.Response(
        text=json_text.dumps(value), status=status, headers=headers, content_type="application/json"
    )
