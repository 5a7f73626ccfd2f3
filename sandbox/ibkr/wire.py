"""The TWS wire: a frame is its length in four bytes and texts, each of which ends with NUL."""

import asyncio
import struct
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation

from sandbox.clock import NEW_YORK
from sandbox.json_text import plain

UNSET = "1.7976931348623157E308"
"""A double that was not given, as Java prints its largest one."""
UNSET_INT = "2147483647"
_LONGEST = 2**20

Value = str | int | bool | Decimal | None


class Unreadable(Exception):
    """What came is no frame, or no number where there has to be one."""


def text(value: Value) -> str:
    """One field."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return plain(value) if isinstance(value, Decimal) else str(value)


def double(value: Decimal | None) -> str:
    """A number as Java prints a double: with at least one decimal place."""
    shown = plain(value or Decimal(0))
    return shown if "." in shown else f"{shown}.0"


def moment(at: datetime) -> str:
    """A time as executions have it."""
    return f"{at.astimezone(NEW_YORK):%Y%m%d %H:%M:%S} US/Eastern"


def frame(values: Iterable[Value]) -> bytes:
    """The bytes of one message."""
    body = "".join(f"{text(one)}\0" for one in values).encode()
    return struct.pack(">I", len(body)) + body


async def read_frame(reader: asyncio.StreamReader) -> str:
    """The body of the next frame; IncompleteReadError at the end, Unreadable if it is none."""
    (length,) = struct.unpack(">I", await reader.readexactly(4))
    if length > _LONGEST:
        raise Unreadable("a frame is too long")
    return (await reader.readexactly(length)).decode(errors="replace")


class Fields:
    """The fields of a message, taken one after another; those that are missing are empty."""

    def __init__(self, values: Iterable[str]) -> None:
        self._left: Iterator[str] = iter(values)

    def text(self) -> str:
        """The next field."""
        return next(self._left, "")

    def texts(self, count: int) -> list[str]:
        """The next `count` fields."""
        return [self.text() for _ in range(count)]

    def count(self) -> int:
        """The next field as a whole number, 0 if it is empty."""
        return whole(self.text())

    def flag(self) -> bool:
        """The next field as yes or no."""
        return self.text() in {"1", "true"}


def whole(given: str) -> int:
    """A field as a whole number, 0 if it is empty; Unreadable if it is none."""
    try:
        return int(given or 0)
    except ValueError:
        raise Unreadable(f"{given[:40]!r} is no whole number") from None


def number(given: str) -> Decimal | None:
    """A field as a number, None if it is empty or unset; Unreadable if it is neither."""
    if not given:
        return None
    try:
        found = Decimal(given)
    except InvalidOperation:
        raise Unreadable(f"{given[:40]!r} is no number") from None
    return found if found.is_finite() and abs(found) < Decimal("1e300") else None
