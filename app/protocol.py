"""Uvicorn's WebSocket protocol, mended where it would hold on to a reader that has stalled."""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

# Long enough for a close frame to reach a client that still reads.
GRACE = 2.0
TRY_AGAIN_LATER = 1013


class SafeWebSockets(WebSocketsSansIOProtocol):
    """Lets go of every connection within GRACE of giving it up.

    Uvicorn 0.54.0 closes politely, which waits for a buffer that a stalled client never drains
    (measured: held for ever), and says 1011 at a keepalive timeout, after which the graphql-ws
    client stays away for good; 1013 brings it back.
    """

    def keepalive_timeout(self) -> None:
        """The client did not answer our ping in time."""
        self.pong_timer = self.pending_ping_payload = None
        if self.close_sent or self.transport.is_closing():
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": TRY_AGAIN_LATER})
        self.conn.send_close(TRY_AGAIN_LATER, "keepalive ping timeout")
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self._let_go()

    def shutdown(self) -> None:
        """The server is stopping."""
        super().shutdown()
        self._let_go()

    async def run_asgi(self) -> None:
        """Until the application has returned."""
        await super().run_asgi()
        self.loop.call_later(GRACE, self.transport.abort)

    def _let_go(self) -> None:
        self.transport.close()
        self.loop.call_later(GRACE, self.transport.abort)
