"""A page of a list and the cursors into it: keysets, so that what is inserted shifts nothing."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import orjson

from domain.errors import ErrorCode, Problem

T = TypeVar("T")
R = TypeVar("R")
Key = tuple[str | int, ...]

# In microseconds this is still a date.
_LARGEST = 2**52


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Some items in order, each with the cursor behind which the next page begins."""

    items: tuple[T, ...]
    cursors: tuple[str, ...]
    has_next: bool


def encode_key(key: Key) -> str:
    """An opaque cursor, safe in a URL."""
    return base64.urlsafe_b64encode(orjson.dumps(key)).decode().rstrip("=")


def decode_key(text: str, like: Key) -> Key:
    """The key again; raises Problem(CURSOR_INVALID) unless it is of the same types as `like`."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        parts = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        parts = None
    if isinstance(parts, list) and len(parts) == len(like) and all(map(_fits, parts, like)):
        return tuple(parts)
    message = "this cursor was not made here, or not for this list; start without one"
    raise Problem(ErrorCode.CURSOR_INVALID, message, field="after")


def _fits(part: object, like: object) -> bool:
    """Of the same type, and nothing that a database would choke on."""
    if isinstance(part, str):
        return isinstance(like, str) and part.isprintable()
    return type(part) is type(like) and isinstance(part, int) and 0 <= part <= _LARGEST


def page(rows: Sequence[tuple[Key, T]], first: int) -> Page[T]:
    """Of one row more than was asked for, if there are that many."""
    shown = rows[:first]
    return Page(
        items=tuple(item for _, item in shown),
        cursors=tuple(encode_key(key) for key, _ in shown),
        has_next=len(rows) > first,
    )
