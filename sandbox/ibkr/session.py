"""One client's connection: handshake, then requests one after another until it leaves."""

import asyncio
import struct
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from socket import SO_LINGER, SOL_SOCKET
from typing import TYPE_CHECKING

from sandbox.account import Account
from sandbox.faults import Fault
from sandbox.ibkr import notices
from sandbox.ibkr.contracts import Contract
from sandbox.ibkr.messages import ASKED
from sandbox.ibkr.notices import Notice, Refusal
from sandbox.ibkr.outbox import Outbox
from sandbox.ibkr.wire import Fields, Unreadable, Value, frame, read_frame

if TYPE_CHECKING:
    from sandbox.ibkr.gateway import Gateway

OLDEST, NEWEST = 157, 178
"""The server versions that are spoken; a client gets the newest one that it knows."""
_ADVANCED_REJECT = 166
_HELLO = b"API\0"
_START = "71"
Handler = Callable[["Session", Fields], None]


class Session:
    """What one client has said so far, and what it wants to be told."""

    def __init__(
        self, gateway: "Gateway", reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.gateway = gateway
        self.version = 0
        self.client_id = -1
        self.started = False
        self.outbox = Outbox(writer, gateway.faults)
        self.wants_positions = False
        self.account_updates: Account | None = None
        self.updates_multi: dict[int, Account] = {}
        self.summaries: dict[int, list[str]] = {}
        self.pnl: dict[int, Account] = {}
        self.pnl_single: dict[int, tuple[Account, Contract]] = {}
        self.prices: dict[int, Contract] = {}
        self._reader = reader
        self._received: deque[float] = deque()
        self._warned = False

    def send(self, *values: Value) -> None:
        """Tell a message, field by field."""
        self.outbox.send(values)

    def tell(self, message: Sequence[Value]) -> None:
        """Tell a message."""
        self.outbox.send(message)

    def notify(self, notice: Notice, about: int = -1) -> None:
        """Tell an error or a notice about a request or an order, or about none."""
        advanced = ("",) if self.version >= _ADVANCED_REJECT else ()
        self.send(4, 2, about, notice.code, notice.message, *advanced)

    # How a test ends it

    def cut(self) -> None:
        """Reset the connection."""
        transport = self.outbox.writer.transport
        linger = struct.pack("ii", 1, 0)
        with suppress(OSError):
            transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, linger)
        self.outbox.cut()

    def mute(self) -> None:
        """Leave it half open: nothing is answered any more."""
        self.outbox.muted = True

    def finish(self, code: int = 0) -> None:
        """Close it in order; there are no codes on this wire."""
        del code
        self.outbox.writer.close()

    # The conversation

    async def run(self) -> None:
        """Talk until the client leaves, breaks the protocol or is too fast."""
        with suppress(asyncio.IncompleteReadError, ConnectionError, Unreadable):
            if not self.gateway.habits.api_off and await self._greet():
                while await self._hear(await read_frame(self._reader)):
                    await self.outbox.writer.drain()
        self.outbox.close()
        self.outbox.writer.close()

    async def _greet(self) -> bool:
        """Agree on a version; False if there is none."""
        if await self._reader.readexactly(len(_HELLO)) != _HELLO:
            return False
        offered = (await read_frame(self._reader)).split(" ")[0].removeprefix("v")
        oldest, _, newest = offered.partition("..")
        if not (oldest.isdigit() and (newest or oldest).isdigit()):
            return False
        self.version = min(int(newest or oldest), NEWEST)
        at = f"{self.gateway.exchange.time():%Y%m%d %H:%M:%S} Greenwich Mean Time"
        self.outbox.raw(frame([self.version, at]))
        return max(int(oldest), OLDEST) <= self.version

    async def _hear(self, body: str) -> bool:
        """Do what one message asks; False if the conversation is over."""
        number, *values = body.split("\0")[:-1] or [""]
        name = ASKED.get(number, number)
        self.gateway.log.note("TWS", f"/{name}", self.gateway.name, self.gateway.exchange.time())
        if not self._is_slow_enough() or self.outbox.writer.is_closing():
            return False
        fault = self.gateway.faults.take("TWS", f"/{name}", "|".join(values))
        if fault is not None:
            return await self._misbehave(fault, number, values)
        self._do(number, values)
        return True

    async def _misbehave(self, fault: Fault, number: str, values: list[str]) -> bool:
        """A request's fault: not done, done late, or done without an answer."""
        await asyncio.sleep(fault.seconds)
        if fault.kind in {"reset", "reset_after"}:
            self.outbox.muted = True
        if fault.kind in {"timeout_after", "garbage_after", "truncated_after", "html_after"}:
            self.mute()
        if fault.kind in {"error", "refused", "unauthorized", "rate_limited"}:
            self.notify(_ERRORS[fault.kind], _about(number, values))
        elif fault.kind not in {"hang", "reset"}:
            self._do(number, values)
        if fault.kind in {"reset", "reset_after", "error_after"}:
            self.cut()
        return True

    def _do(self, number: str, values: list[str]) -> None:
        known = self.started or number == _START
        handler = self.gateway.handlers.get(number, _unknown) if known else _unknown
        try:
            handler(self, Fields(values))
        except Refusal as error:
            about = error.order_id if error.order_id is not None else _about(number, values)
            self.notify(error.notice, about)
        except Unreadable as error:
            self.notify(Notice(320, f"Error reading request. {error}"), _about(number, values))
        finally:
            self.gateway.exchange.work()

    def _is_slow_enough(self) -> bool:
        """Whether no more came within a second than may; the first time too many is only told."""
        now, most = asyncio.get_running_loop().time(), self.gateway.habits.most_messages
        self._received.append(now)
        while now - self._received[0] > 1:
            self._received.popleft()
        if len(self._received) <= most:
            return True
        self.notify(notices.too_fast(most, len(self._received)))
        self.gateway.pacing_violations += 1
        self._received.clear()
        first, self._warned = not self._warned, True
        return first


_ERRORS = {
    "error": Notice(321, "Error validating request.-'bF' : cause - the sandbox says no"),
    "refused": Notice(201, "Order rejected - reason:the sandbox says no"),
    "unauthorized": notices.READ_ONLY,
    "rate_limited": notices.too_fast(50, 51),
}
# Where a request's own number is, in those whose answer is an error about it.
_AT = {"1": 1, "3": 0, "4": 1, "7": 1, "9": 1, "62": 1, "74": 1, "76": 1, "78": 0, "81": 0} | {
    "91": 0,
    "92": 0,
    "94": 0,
}


def _unknown(_: Session, __: Fields) -> None:
    raise Refusal(320, "Error reading request. Message id is not known here.")


def _about(number: str, values: list[str]) -> int:
    """The number of the request or order that a message is about, -1 if it has none."""
    at = _AT.get(number)
    given = values[at] if at is not None and at < len(values) else ""
    return int(given) if given.isdigit() else -1
