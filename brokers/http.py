"""HTTP and websockets to a broker: through the gate, sent once, every failure sorted."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from urllib.parse import quote

import aiohttp
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse, ClientWebSocketResponse
from yarl import URL

from brokers.gate import Call, Gate, Passage, Purpose
from brokers.limits import Allowance, TooSoon
from brokers.wire import clean
from domain.clock import Clock
from domain.errors import (
    BrokerError,
    ErrorCode,
    OutcomeUnknown,
    Problem,
    RateLimited,
    Unintelligible,
    Unreachable,
)

# In seconds, for all of a request and for its connection.
_DEADLINE, _CONNECT = 15.0, 5.0
_MAX_BODY = 16 * 1024 * 1024
_MAX_FRAME = 4 * 1024 * 1024
_CHUNK = 64 * 1024
# A peer that fell silent does not answer a goodbye either.
_PARTING = aiohttp.ClientWSTimeout(ws_close=1.0)
# Before the second and the third try of a read, in seconds.
_PAUSES = (0.2, 0.8)
# A read waits no longer than this for a broker that asks for patience; its caller is told instead.
_LONGEST_PAUSE = 5.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Lost(Exception):
    """The connection broke; not an error of aiohttp's own, which it would answer by re-sending."""


class TooLong(Exception):
    """An answer that never ends."""


_FAILURES = (Lost, aiohttp.ClientError, OSError, TimeoutError, asyncio.TimeoutError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What differs between the answers of brokers.

    `refusal` is the error that an answer means at a moment, None if it is what was asked for;
    `allowance` is what its headers say of the rate limit; `request_id` names the header with the
    id that the broker's support asks for.
    """

    refusal: Callable[[Answer, Call, datetime], BrokerError | None]
    allowance: Callable[[Mapping[str, str]], Allowance | None]
    request_id: str


# The headers that sign one attempt, from its method and the exact URL that leaves.
Sign = Callable[[str, str], Mapping[str, str]]


class Http:
    """One line's requests; reads are tried up to three times, anything else leaves once.

    With `sign` every attempt is signed anew, and a URL leaves byte for byte as it was given.
    """

    def __init__(
        self,
        gate: Gate,
        clock: Clock,
        dialect: Dialect,
        *,
        headers: Mapping[str, str],
        deadline: float = _DEADLINE,
        sign: Sign | None = None,
    ) -> None:
        self._sign = sign
        self._gate, self._clock, self._dialect, self._headers = gate, clock, dialect, dict(headers)
        self._timeout = aiohttp.ClientTimeout(total=deadline, sock_connect=_CONNECT)
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def request(
        self,
        call: Call,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, object] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask; raises the BrokerError that a refusal or a failure means."""
        for pause in _PAUSES:
            try:
                return await self._attempt(call, url, params, json, form)
            except BrokerError as error:
                if not _worth_repeating(error, call):
                    raise
                asked = error.retry_after if isinstance(error, RateLimited) else None
            await self._clock.sleep(pause if asked is None else asked)
        return await self._attempt(call, url, params, json, form)

    async def websocket(self, call: Call, url: str) -> ClientWebSocketResponse:
        """Shake hands; pings, whose answers it has to see, and closing are left to the caller."""
        async with self._gate.passing(call) as passage:
            opened = await self._handshake(call, url, passage)
            if isinstance(opened, BrokerError):
                raise opened
            return opened

    async def aclose(self) -> None:
        """Let go of every socket, and open no other: somebody may still hold us."""
        self._closed = True
        if self._session is not None:
            await self._session.close()

    async def _attempt(
        self,
        call: Call,
        url: str,
        params: Mapping[str, str] | None,
        json: Mapping[str, object] | None,
        form: Mapping[str, str] | None,
    ) -> Answer:
        async with self._gate.passing(call) as passage:
            answer = await self._send(call, url, params, json, form)
            if isinstance(answer, BrokerError):
                raise answer
            failure = self._judge(answer, call, passage)
            if failure is not None:
                raise failure
            return answer

    async def _send(
        self,
        call: Call,
        url: str,
        params: Mapping[str, str] | None,
        json: Mapping[str, object] | None,
        form: Mapping[str, str] | None,
    ) -> Answer | BrokerError:
        """Errors are returned, so that none of aiohttp's, which hold our headers, hangs on them."""
        fate = SimpleNamespace(left=False, written=lambda: self._gate.written(call))
        try:
            async with self._open().request(
                call.method,
                url if self._sign is None else URL(url, encoded=True),
                params=params,
                json=json,
                data=form,
                headers={**self._headers, **(self._sign(call.method, url) if self._sign else {})},
                allow_redirects=False,
                trace_request_ctx=fate,
            ) as response:
                body = await _read(response)
                return Answer(status=response.status, headers=response.headers, body=body)
        except TooLong:
            return Unintelligible("the broker's answer does not end")
        except _FAILURES:
            if fate.left:
                return unanswered(call, "the broker was asked and no answer came back")
            return Unreachable("the broker cannot be reached")

    async def _handshake(
        self, call: Call, url: str, passage: Passage
    ) -> ClientWebSocketResponse | BrokerError:
        try:
            socket = await self._open().ws_connect(
                url, autoping=False, max_msg_size=_MAX_FRAME, timeout=_PARTING
            )
        except aiohttp.WSServerHandshakeError as refused:
            answer = Answer(status=refused.status, headers=refused.headers or {}, body=b"")
            failure = self._judge(answer, call, passage)
            return failure or Unreachable("the broker's stream does not open")
        except _FAILURES:
            return Unreachable("the broker's stream cannot be reached")
        passage.status = 101
        return socket

    def _judge(self, answer: Answer, call: Call, passage: Passage) -> BrokerError | None:
        """Keep what the answer says about itself; the error that it means, if it means one."""
        passage.status = answer.status
        passage.request_id = clean(answer.headers.get(self._dialect.request_id, "")) or None
        limits, connection = self._gate.limits, self._gate.connection
        if (allowance := self._dialect.allowance(answer.headers)) is not None:
            limits.learn(connection, allowance)
        failure = self._dialect.refusal(answer, call, self._clock.now())
        if isinstance(failure, RateLimited):
            limits.shut(connection, failure.retry_after or 1.0)
        return failure

    def _open(self) -> aiohttp.ClientSession:
        if self._closed:
            raise Lost
        if self._session is None:
            trace = aiohttp.TraceConfig()
            trace.on_request_headers_sent.append(_leaving)
            trace.on_request_chunk_sent.append(_writing)
            self._session = aiohttp.ClientSession(
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                middlewares=(once,),
                trace_configs=[trace],
            )
        return self._session


async def once(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Send, and never again.

    aiohttp re-sends GET, PUT and DELETE when a kept-alive connection dies under them, also if the
    broker has already done what they asked (aiohttp 3.14.5, client.py, read 2026-11). It knows that
    by its own two errors, so they stop here.
    """
    try:
        response = await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
        pass
    else:
        if response.status in _REDIRECTS and "Upgrade" in request.headers:
            # aiohttp would follow, and the keys are the first thing that is said on a stream.
            response.close()
            raise Lost
        return response
    raise Lost


def filled(path: str, ids: Mapping[str, str]) -> str:
    """A path with its `{names}` filled in; what an id has of slashes and the like is encoded.

    Problem for an id of dots alone: it cannot be encoded, and leads to another path.
    """
    if any(value in {".", ".."} for value in ids.values()):
        raise Problem(ErrorCode.BAD_INPUT, "an id is more than dots")
    return path.format(**{name: quote(value, safe="") for name, value in ids.items()})


def unanswered(call: Call, message: str) -> OutcomeUnknown:
    """It left and nothing readable came back: a read can be repeated, an order may be done."""
    harmless = call.purpose in {Purpose.READ, Purpose.SESSION}
    code = ErrorCode.BROKER_UNREACHABLE if harmless else None
    return OutcomeUnknown(message, code=code)


async def _leaving(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
    """Called with a connection open and before the first byte is written."""
    if context.trace_request_ctx is not None:
        context.trace_request_ctx.left = True


async def _writing(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
    """Called before each piece of the body is handed to the socket, which is done at once."""
    if context.trace_request_ctx is not None:
        asyncio.get_running_loop().call_soon(context.trace_request_ctx.written)


async def _read(response: ClientResponse) -> bytes:
    parts, length = [], 0
    async for part in response.content.iter_chunked(_CHUNK):
        length += len(part)
        if length > _MAX_BODY:
            raise TooLong
        parts.append(part)
    return b"".join(parts)


def _worth_repeating(error: BrokerError, call: Call) -> bool:
    if call.purpose is not Purpose.READ or isinstance(error, TooSoon):
        return False
    if isinstance(error, RateLimited):
        return error.retry_after is not None and error.retry_after <= _LONGEST_PAUSE
    return isinstance(error, Unreachable | OutcomeUnknown)
