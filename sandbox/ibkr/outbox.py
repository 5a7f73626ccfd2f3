"""What a client is told, in order, with the faults that were asked for."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.faults import Fault, Faults
from sandbox.ibkr.messages import TOLD
from sandbox.ibkr.wire import Value, frame, text


@dataclass(slots=True)
class Outbox:
    """Frames go out at once, unless a fault holds one up, and with it all that follow it.

    A fault's path is `/tws/` and the message's name, its `containing` is looked for in the fields
    joined by `|`, and `set` overwrites fields by their position.
    """

    writer: asyncio.StreamWriter
    faults: Faults
    muted: bool = False
    _kept: bytes = b""
    _held: asyncio.Queue[tuple[float, bytes]] | None = None
    _holding: asyncio.Task[None] | None = None

    def send(self, values: Sequence[Value]) -> None:
        """Tell one message."""
        if self.muted or self.writer.is_closing():
            return
        fields = [text(one) for one in values]
        name = TOLD.get(int(fields[0]), fields[0])
        fault = self.faults.take("FRAME", f"/tws/{name}", "|".join(fields))
        if fault is not None and fault.kind == "reorder_frame":
            self._kept = frame(fields)
            return
        sent = frame(fields) if fault is None else self._misbehave(fault, fields)
        kept, self._kept = self._kept, b""
        self._put(fault.seconds if fault else 0, sent + kept)

    def raw(self, sent: bytes) -> None:
        """Send bytes as they are."""
        self._put(0, sent)

    def close(self) -> None:
        """Send nothing more."""
        self.muted = True
        if self._holding is not None:
            self._holding.cancel()

    def cut(self) -> None:
        """Reset the connection."""
        self.close()
        self.writer.transport.abort()

    def _misbehave(self, fault: Fault, fields: list[str]) -> bytes:
        """What is sent in the place of a message."""
        whole = frame(fields)
        if fault.kind == "cut_on_frame":
            self.cut()
        elif fault.kind == "mute_on_frame":
            self.muted = True
        altered = dict(fault.set)
        changed = [str(altered.get(str(index), one)) for index, one in enumerate(fields)]
        sent = {
            "duplicate_frame": whole + whole,
            "delay_frame": whole,
            "garbage_frame": frame(["5", "not", "an", "order"]),
            "truncated_frame": frame(fields[: len(fields) // 2]),
            "replace_frame": frame(fault.text.split("|")),
            "alter_frame": frame(changed),
        }
        return sent.get(fault.kind, b"")

    def _put(self, seconds: float, sent: bytes) -> None:
        if self.muted:
            return
        if self._held is None and not seconds:
            self.writer.write(sent)
            return
        if self._held is None:
            self._held = asyncio.Queue()
            self._holding = asyncio.create_task(self._release(self._held))
        self._held.put_nowait((seconds, sent))

    async def _release(self, held: asyncio.Queue[tuple[float, bytes]]) -> None:
        while not held.empty():
            seconds, sent = held.get_nowait()
            await asyncio.sleep(seconds)
            if not self.writer.is_closing():
                self.writer.write(sent)
        self._held = None
