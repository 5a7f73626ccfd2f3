"""One address of a broker: it can go down, come back on the same port, and restart."""

from typing import Protocol

from aiohttp import web


class Address(Protocol):
    """Where a broker can be reached, whatever it speaks there."""

    name: str

    @property
    def url(self) -> str:
        """Where it listens."""

    async def up(self) -> None:
        """Accept connections."""

    async def down(self) -> None:
        """Refuse connections and reset those there are."""

    async def close(self) -> None:
        """Go down for good."""


class Host:
    """A named web application on a loopback port that it keeps."""

    def __init__(self, name: str, app: web.Application, port: int = 0) -> None:
        self.name = name
        self.port = port
        self._runner = web.AppRunner(
            app, handler_cancellation=True, shutdown_timeout=0, access_log=None
        )
        self._site: web.TCPSite | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket_url(self) -> str:
        """Where its websockets are."""
        return f"ws://127.0.0.1:{self.port}"

    async def up(self) -> None:
        """Accept connections; the first time on any free port, unless one was given."""
        if self._site is not None:
            return
        if self._runner.server is None:
            await self._runner.setup()
        self._site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await self._site.start()
        self.port = self._runner.addresses[0][1]

    async def down(self) -> None:
        """Refuse connections and reset those there are."""
        if self._site is None:
            return
        await self._site.stop()
        self._site = None
        if self._runner.server is not None:
            for connection in self._runner.server.connections:
                if connection.transport is not None:
                    connection.transport.abort()

    async def close(self) -> None:
        """Go down for good."""
        await self.down()
        await self._runner.cleanup()
