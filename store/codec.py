"""Domain values as JSON text and back: Decimal as its digits, times as RFC 3339, with a version."""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import orjson

VERSION = 1
T = TypeVar("T")
Reader = Callable[[Any], Any]


class Unreadable(Exception):
    """A stored value that this version cannot read: newer than it is, or damaged."""


def encode(value: object) -> str:
    """The value as text; equal values give equal text."""
    return orjson.dumps({"v": VERSION, "value": value}, default=_plain).decode()


def decode(kind: type[T], text: str) -> T:
    """The value again; raises Unreadable. Unknown fields are ignored, missing ones defaulted."""
    try:
        envelope = orjson.loads(text)
        if envelope["v"] > VERSION:
            raise Unreadable(f"written by a newer version ({envelope['v']})")
        return cast("T", reader(cast("Any", kind))(envelope["value"]))
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise Unreadable(f"not a {kind} in a stored value") from error


def _plain(value: object) -> object:
    match value:
        case Decimal():
            return str(value)
        case timedelta():
            return value.total_seconds()
        case frozenset():
            return sorted(value)
        case Mapping():
            return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be stored")


@cache
def reader(kind: Any) -> Reader:
    """What turns plain JSON into a value of this type; made once a type."""
    if dataclasses.is_dataclass(kind):
        return _record(cast("type", kind))
    origin, inner = get_origin(kind), get_args(kind)
    if origin in {Union, UnionType}:
        return _optional(inner)
    if origin in {tuple, frozenset}:
        item, make = reader(inner[0]), cast("type", origin)
        return lambda values: make(map(item, values))
    if origin is not None and issubclass(origin, Mapping):
        item = reader(inner[1])
        return lambda values: {key: item(value) for key, value in values.items()}
    return _scalar(getattr(kind, "__supertype__", kind))


def _optional(inner: tuple[Any, ...]) -> Reader:
    kinds = [kind for kind in inner if kind is not NoneType]
    if kinds == list(inner) or kinds[1:]:
        raise TypeError(f"a union of {inner} cannot be told apart in JSON")
    some = reader(kinds[0])
    return lambda value: None if value is None else some(value)


def _scalar(kind: Any) -> Reader:
    if kind in {datetime, date}:
        return cast("Reader", kind.fromisoformat)
    if kind is timedelta:
        return lambda seconds: timedelta(seconds=seconds)
    if kind is Decimal or issubclass(kind, Enum):
        return cast("Reader", kind)
    return lambda value: value


def _record(kind: type) -> Reader:
    hints = get_type_hints(kind)
    readers = [(field.name, reader(hints[field.name])) for field in dataclasses.fields(kind)]

    def read(values: Mapping[str, Any]) -> object:
        return kind(**{name: item(values[name]) for name, item in readers if name in values})

    return read
