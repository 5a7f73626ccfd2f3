"""One client's graphql-transport-ws socket, from handshake to close."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import ExitStack, aclosing, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from graphql import OperationType
from starlette.types import Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from domain.clock import Clock
from domain.errors import ErrorCode
from graph.context import Authenticate, Viewer
from graph.execute import Engine, Operation, Refusal
from graph.limits import refusal
from graph.origin import trust_cookie
from graph.promptly import within
from graph.protocol import (
    PROTOCOL,
    Close,
    Complete,
    Init,
    Message,
    Ping,
    Pong,
    Subscribe,
    Violation,
    brief,
    read,
    write,
)
from graph.request import Request
from graph.sockets import Sockets

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Deadlines in seconds: to initialise, to take a message; and how often we ping."""

    init_timeout: float = 5.0
    take_timeout: float = 10.0
    ping_every: float = 15.0
    operations: int = 100


class Socket:
    """A reader, a task an operation, and timers; whatever calls `end` first closes it.

    Nothing is queued: an operation that has something to say waits until the client has taken it,
    so a client that takes nothing holds one message an operation, and is dropped.
    """

    def __init__(
        self,
        websocket: WebSocket,
        send: Send,
        *,
        engine: Engine,
        authenticate: Authenticate,
        sockets: Sockets,
        origins: frozenset[str],
        clock: Clock,
        pace: Pace,
    ) -> None:
        # Messages bypass Starlette's state of the socket, which takes a tenth of sending one.
        self._websocket, self._pass_on = websocket, send
        self._engine, self._authenticate = engine, authenticate
        self._sockets, self._origins, self._clock, self._pace = sockets, origins, clock, pace
        self._end: asyncio.Future[tuple[Close, str] | None] = asyncio.Future()
        self._initialised = False
        self._viewer: Viewer | None = None
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting = ExitStack()

    @property
    def subject(self) -> str | None:
        """The token or session that it came in by."""
        return self._viewer.subject if self._viewer else None

    def end(self, code: Close, reason: str) -> None:
        """Close it; the first word counts."""
        if not self._end.done():
            self._end.set_result((code, reason))

    async def run(self) -> None:
        """Until either side closes."""
        self._sockets.open += 1
        try:
            await self._websocket.accept(
                PROTOCOL if PROTOCOL in self._websocket.scope["subprotocols"] else None
            )
            self._spawn(self._read)
            self._spawn(self._time_out)
            ending = await self._end
            if ending is not None:
                await self._close(*ending)
        finally:
            await self._leave()

    async def _leave(self) -> None:
        self._sockets.open -= 1
        self._waiting.close()
        for task in self._tasks:
            task.cancel()
        if self._viewer is not None:
            self._sockets.leave(self._viewer.user_id, self)
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _spawn(self, work: Callable[..., Awaitable[None]], *given: object) -> asyncio.Task[None]:
        task = asyncio.create_task(self._guarded(partial(work, *given)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        """Whatever ends a task badly ends the socket, in a way that says whether to come back."""
        try:
            await work()
        except Violation as violation:
            self.end(violation.code, violation.reason)
        except WebSocketDisconnect:
            if not self._end.done():
                self._end.set_result(None)
        except Exception:
            logger.exception("A socket failed")
            self.end(Close.TRY_AGAIN_LATER, "try again later")

    async def _close(self, code: Close, reason: str) -> None:
        # A client that takes nothing takes no close frame either: the server's protocol drops it.
        with suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
            async with asyncio.timeout(1):
                await self._websocket.close(code, brief(reason))

    async def _time_out(self) -> None:
        await self._clock.sleep(self._pace.init_timeout)
        if not self._initialised:
            raise Violation(Close.INIT_TIMEOUT, "connection_init is late")

    async def _read(self) -> None:
        if self._sockets.full:
            raise Violation(Close.TRY_AGAIN_LATER, "too many sockets")
        client = self._websocket.client
        self._waiting.enter_context(self._sockets.waiting(client.host if client else ""))
        if PROTOCOL not in self._websocket.scope["subprotocols"]:
            raise Violation(Close.WRONG_SUBPROTOCOL, f"the subprotocol is {PROTOCOL}")
        while not self._end.done():
            frame = await self._websocket.receive()
            if frame["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(frame.get("code", 1005))
            text = frame.get("text")
            if text is None:
                raise Violation(Close.BAD_MESSAGE, "a message is text")
            await self._take(read(text))

    async def _take(self, message: Message) -> None:
        match message:
            case Init(payload):
                await self._initialise(payload)
            case Subscribe(id, _) if self._viewer is None:
                raise Violation(Close.UNAUTHORIZED, "unauthorized")
            case Subscribe(id, _) if id in self._operations:
                raise Violation(Close.ID_IN_USE, f"subscriber for {id} already exists")
            case Subscribe(id, _) if len(self._operations) >= self._pace.operations:
                error = refusal("too many operations on one socket", ErrorCode.TOO_MANY_REQUESTS)
                await self._send(write("error", id=id, payload=[error.formatted]))
            case Subscribe():
                self._operations[message.id] = self._spawn(self._operate, message, self._viewer)
            case Complete(id):
                if task := self._operations.pop(id, None):
                    task.cancel()
            case Ping(payload):
                echo = {} if payload is None else {"payload": payload}
                await self._send(write("pong", **echo))
            case Pong():
                pass

    async def _initialise(self, payload: Any) -> None:
        if self._initialised:
            raise Violation(Close.TWICE_INITIALISED, "too many initialisation requests")
        self._initialised = True
        viewer = self._viewer = await self._who(payload)
        await self._sockets.join(viewer.user_id, self)
        self._waiting.close()
        # What was revoked before we joined is told to nobody, so look again.
        await self._who(payload)
        self._spawn(self._ping)
        if viewer.expires_at is not None:
            self._spawn(self._expire, viewer)
        await self._send(write("connection_ack"))

    async def _who(self, payload: Mapping[str, Any]) -> Viewer:
        viewer = await self._authenticate(
            self._websocket,
            payload,
            trust_cookie=trust_cookie(self._websocket, self._origins),
        )
        if viewer is None:
            raise Violation(Close.FORBIDDEN, "forbidden")
        return viewer

    async def _ping(self) -> None:
        while True:
            await self._clock.sleep(self._pace.ping_every)
            await self._send(write("ping"))

    async def _expire(self, viewer: Viewer) -> None:
        while viewer.expires_at and (left := viewer.expires_at - self._clock.now()) > timedelta():
            await self._clock.sleep(min(left.total_seconds(), 3600))
        raise Violation(Close.FORBIDDEN, "the sign-in has expired")

    async def _operate(self, message: Subscribe, viewer: Viewer) -> None:
        last = write("complete", id=message.id)
        head = write("next", id=message.id)[:-1] + ',"payload":'
        self._sockets.running += 1
        try:
            async with aclosing(self._payloads(message.request, viewer)) as payloads:
                async for payload in payloads:
                    await self._send(f"{head}{payload}}}")
        except Refusal as refused:
            if refused.code is ErrorCode.UNAVAILABLE:
                raise Violation(Close.TRY_AGAIN_LATER, "try again later") from refused
            last = write("error", id=message.id, payload=refused.errors)
        finally:
            self._sockets.running -= 1
            # The id is free before the client hears that it is.
            if self._operations.get(message.id) is asyncio.current_task():
                del self._operations[message.id]
        await self._send(last)

    def _payloads(self, request: Request, viewer: Viewer) -> AsyncGenerator[str, None]:
        operation = self._engine.prepare(request, viewer)
        if operation.type is OperationType.SUBSCRIPTION:
            return self._engine.stream(operation)
        return self._answer(operation)

    async def _answer(self, operation: Operation) -> AsyncGenerator[str, None]:
        yield (await self._run(operation)).decode()

    async def _run(self, operation: Operation) -> bytes:
        """A mutation that has begun ends, whether or not the client is still there."""
        running = asyncio.create_task(self._engine.run(operation))
        if operation.type is OperationType.MUTATION:
            self._sockets.keep(running)
            return await asyncio.shield(running)
        return await running

    async def _send(self, text: str) -> None:
        message = {"type": "websocket.send", "text": text}
        try:
            await within(self._pace.take_timeout, self._pass_on(message))  # type: ignore[arg-type]  # uvicorn's is a coroutine
        except TimeoutError:
            raise Violation(Close.TOO_SLOW, "messages are not taken") from None
        except (OSError, RuntimeError):
            # The server's words for a client that is gone and a socket that is closed already.
            raise WebSocketDisconnect from None
