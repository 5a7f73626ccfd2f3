"""One websocket of a client, with a queue of frames on which faults act."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Protocol

from aiohttp import ClientConnectionResetError, WSMsgType, web

from sandbox import json_text
from sandbox.answering import altered, reset
from sandbox.faults import Fault, Faults
from sandbox.request_log import ENTRY


class Line(Protocol):
    """A connection that lasts, whatever is spoken on it."""

    def cut(self) -> None:
        """Reset it."""

    def mute(self) -> None:
        """Leave it half open."""

    def finish(self, code: int) -> None:
        """Close it in order."""


class Stream:
    """Frames out through `send`, messages in by iterating; pings are answered while it lives."""

    def __init__(self, request: web.Request, faults: Faults, *, binary: bool = False) -> None:
        self._request = request
        self._faults = faults
        self._binary = binary
        self._socket = web.WebSocketResponse(autoping=False)
        self._queue: asyncio.Queue[str | int] = asyncio.Queue()
        """Frames, and at the end the code to close with."""
        self._kept: str | None = None
        self._muted = False

    async def open(self) -> web.WebSocketResponse:
        """Shake hands."""
        await self._socket.prepare(self._request)
        self._request[ENTRY].status = self._socket.status
        return self._socket

    def send(self, value: Any) -> None:
        """Queue a frame."""
        self._queue.put_nowait(json_text.dumps(value))

    def mute(self) -> None:
        """Send nothing more and answer no ping, with the socket left open."""
        self._muted = True

    def cut(self) -> None:
        """Reset the connection."""
        reset(self._request)

    def finish(self, code: int) -> None:
        """Close in order, with a code, once what is queued has gone."""
        self._queue.put_nowait(code)

    async def messages(self) -> AsyncIterator[str | bytes]:
        """What the client says, until it leaves."""
        writing = asyncio.create_task(self._write())
        try:
            async for message in self._socket:
                if message.type is WSMsgType.PING and not self._muted:
                    await self._socket.pong(message.data)
                elif message.type in {WSMsgType.TEXT, WSMsgType.BINARY} and not self._muted:
                    yield message.data
        finally:
            writing.cancel()
            with suppress(asyncio.CancelledError):
                await writing

    async def _write(self) -> None:
        with suppress(ClientConnectionResetError):
            while isinstance(frame := await self._queue.get(), str):
                await self._deliver(frame)
            await self._socket.close(code=frame)

    async def _deliver(self, frame: str) -> None:
        if self._muted:
            return
        fault = self._faults.take("FRAME", self._request.path, frame)
        if fault is not None and fault.kind == "reorder_frame":
            self._kept = frame
            return
        for text in [frame] if fault is None else await self._misbehave(fault, frame):
            await self._put(text)
        kept, self._kept = self._kept, None
        if kept is not None:
            await self._put(kept)

    async def _misbehave(self, fault: Fault, frame: str) -> list[str]:
        """What is sent in the place of a frame."""
        if fault.kind == "delay_frame":
            await asyncio.sleep(fault.seconds)
        elif fault.kind == "cut_on_frame":
            self.cut()
        elif fault.kind == "mute_on_frame":
            self.mute()
        sent = {
            "duplicate_frame": [frame, frame],
            "delay_frame": [frame],
            "garbage_frame": ["\x00 not json"],
            "truncated_frame": [frame[: len(frame) // 2]],
            "replace_frame": [fault.text],
            "alter_frame": [_altered_frame(frame, dict(fault.set))],
        }
        return sent.get(fault.kind, [])

    async def _put(self, text: str) -> None:
        if self._binary:
            await self._socket.send_bytes(text.encode())
        else:
            await self._socket.send_str(text)


def _altered_frame(frame: str, fields: dict[str, object]) -> str:
    value = json_text.loads(frame)
    if isinstance(value, dict) and "data" in value:
        return json_text.dumps({**value, "data": altered(value["data"], fields)})
    return json_text.dumps(altered(value, fields))
