"""graphql-transport-ws on the wire: what a client may send, read strictly; pure.

After the PROTOCOL.md of enisdenjo/graphql-ws, version 6.4 (2026-11).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import orjson

from graph.request import Request, request_of

PROTOCOL = "graphql-transport-ws"
_LONGEST_ID = 256
_LONGEST_REASON = 120


class Close(IntEnum):
    """Why a socket is closed; the graphql-ws client retries after those marked so."""

    RESTARTING = 1012  # retried
    TRY_AGAIN_LATER = 1013  # retried
    BAD_MESSAGE = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403  # retried: the client may have a better token by then
    WRONG_SUBPROTOCOL = 4406
    INIT_TIMEOUT = 4408  # retried
    ID_IN_USE = 4409
    TOO_SLOW = 4413  # retried
    TWICE_INITIALISED = 4429


class Violation(Exception):
    """The client broke the protocol; the socket is closed with this code."""

    def __init__(self, code: Close, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


@dataclass(frozen=True, slots=True)
class Init:
    """connection_init."""

    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Subscribe:
    """subscribe: start an operation of any type under this id."""

    id: str
    request: Request


@dataclass(frozen=True, slots=True)
class Complete:
    """complete: the client wants no more of it."""

    id: str


@dataclass(frozen=True, slots=True)
class Ping:
    """ping: to be answered by a pong with the same payload."""

    payload: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Pong:
    """pong: asks for nothing."""


Message = Init | Subscribe | Complete | Ping | Pong


def read(text: str) -> Message:
    """A client's message; raises Violation for anything else, whatever it is."""
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Violation(Close.BAD_MESSAGE, "a message is JSON") from None
    if not isinstance(message, dict):
        raise Violation(Close.BAD_MESSAGE, "a message is an object")
    match message.get("type"):
        case "connection_init":
            return Init(_object(message.get("payload")) or {})
        case "subscribe":
            return Subscribe(_id(message), _request(message.get("payload")))
        case "complete":
            return Complete(_id(message))
        case "ping":
            return Ping(_object(message.get("payload")))
        case "pong":
            _object(message.get("payload"))
            return Pong()
        case _:
            raise Violation(Close.BAD_MESSAGE, "unknown message type")


def write(type: str, **fields: Any) -> str:
    """A message of the server's."""
    return orjson.dumps({"type": type, **fields}).decode()


def brief(reason: str) -> str:
    """A reason short enough for a close frame, which holds 123 bytes."""
    return reason.encode("ascii", "replace").decode()[:_LONGEST_REASON]


def _object(payload: object) -> Mapping[str, Any] | None:
    if payload is None or isinstance(payload, dict):
        return payload
    raise Violation(Close.BAD_MESSAGE, "a payload is an object")


def _id(message: Mapping[str, Any]) -> str:
    name = message.get("id")
    if isinstance(name, str) and 0 < len(name) <= _LONGEST_ID:
        return name
    raise Violation(Close.BAD_MESSAGE, f"an id is a string of 1 to {_LONGEST_ID} characters")


def _request(payload: object) -> Request:
    try:
        return request_of(payload)
    except ValueError as error:
        raise Violation(Close.BAD_MESSAGE, str(error)) from None
