"""Stopping without a stampede: sockets are closed a few at a time before the server goes."""

import asyncio
import signal
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

TICK = 0.1


class DrainingServer(uvicorn.Server):
    """Uvicorn, which at SIGTERM would close every socket at once: all clients would come back so.

    Closes with 1012 (service restart), after which clients reconnect by themselves.
    """

    def __init__(self, config: uvicorn.Config, *, over: float, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._over, self._on_started = over, started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as ever, then say so."""
        await super().startup(sockets)
        self._on_started()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; at a second Ctrl-C at once.

        Uvicorn would raise the signal again once it is done, before what it is part of has closed.
        """
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Refuse new connections, close sockets in even batches, then all the rest as ever."""
        for server in self.servers:
            server.close()
        await self._drain()
        await super().shutdown(sockets)

    async def _drain(self) -> None:
        batches = max(1, round(self._over / TICK))
        for left in range(batches, 0, -1):
            # Asked anew each time: clients leave by themselves meanwhile.
            open_now = self._sockets()
            for connection in open_now[: -(-len(open_now) // left)]:
                connection.shutdown()
            if not open_now or self.force_exit:
                return
            await asyncio.sleep(TICK)

    def _sockets(self) -> list[WebSocketsSansIOProtocol]:
        return [
            connection
            for connection in self.server_state.connections
            if isinstance(connection, WebSocketsSansIOProtocol)
            and not connection.transport.is_closing()
        ]
