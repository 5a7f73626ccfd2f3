"""What can be made to go wrong on the wire, and when."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

HTTP_FAULTS = {
    "error": "answer with `status` and do nothing",
    "rate_limited": "answer 429, with Retry-After if `retry_after` is given, and do nothing",
    "refused": "answer 403 with a business error code and do nothing",
    "unauthorized": "answer 401 and do nothing",
    "hang": "accept the connection, then do nothing and never answer",
    "reset": "reset the connection and do nothing",
    "slow": "wait for `seconds`, then do what was asked and answer",
    "timeout_after": "do what was asked and never answer",
    "reset_after": "do what was asked and reset the connection before the first byte of an answer",
    "error_after": "do what was asked and answer with `status`",
    "garbage_after": "do what was asked and answer 200 with bytes that mean nothing",
    "truncated_after": "do what was asked and answer with half of the body",
    "html_after": "do what was asked and answer with an HTML page and `status`",
    "fill_first": "let the order work, so that its fill is streamed before the answer is sent",
    "alter": "answer with each object's fields overwritten by `set`",
}
FRAME_FAULTS = {
    "drop_frame": "leave the frame out",
    "duplicate_frame": "send the frame twice",
    "reorder_frame": "send the frame after the next one",
    "delay_frame": "send the frame, and so those behind it, `seconds` later",
    "garbage_frame": "send bytes that mean nothing in its place",
    "truncated_frame": "send half of the frame",
    "alter_frame": "send the frame with its data's fields overwritten by `set`",
    "replace_frame": "send `text` in its place",
    "cut_on_frame": "reset the connection in its place",
    "mute_on_frame": "from this frame on send nothing and answer no ping; the socket stays open",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing to go wrong `count` times (0: until cleared) where method, path and text match.

    `method` and `path` are shell patterns. A frame has the method FRAME and its socket's path;
    `containing` is a piece of text that has to be in the frame.
    """

    kind: str
    method: str = "*"
    path: str = "*"
    count: int = 1
    status: int = 500
    seconds: float = 0
    retry_after: int | None = None
    containing: str = ""
    text: str = ""
    set: tuple[tuple[str, object], ...] = ()

    def matches(self, method: str, path: str, text: str) -> bool:
        """Whether it is about this request or frame."""
        frame = method == "FRAME"
        return (
            (self.kind in FRAME_FAULTS) is frame
            and fnmatchcase(method, self.method)
            and fnmatchcase(path, self.path)
            and self.containing in text
        )


_READ: dict[str, Callable[[Any], object]] = {
    "method": str,
    "path": str,
    "containing": str,
    "text": str,
    "count": int,
    "status": int,
    "seconds": float,
    "retry_after": int,
    "set": lambda value: tuple((json.loads(value) if isinstance(value, str) else value).items()),
}


class Faults:
    """The faults that are still to happen, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._left: list[tuple[Fault, int]] = []

    @property
    def pending(self) -> list[Fault]:
        """Those still to happen."""
        return [fault for fault, _ in self._left]

    def add(self, kind: str, **fields: Any) -> Fault:
        """Ask for a fault; `fields` are those of `Fault`, or text that reads as them.

        ValueError on what makes no sense.
        """
        if kind not in HTTP_FAULTS | FRAME_FAULTS:
            raise ValueError(f"no fault is called {kind!r}")
        if unknown := fields.keys() - _READ.keys():
            raise ValueError(f"a fault has no {min(unknown)!r}")
        given = {name: _READ[name](value) for name, value in fields.items() if value is not None}
        fault = Fault(kind=kind, **given)  # type: ignore[arg-type]  # _READ gives each its type
        self._left.append((fault, fault.count))
        return fault

    def clear(self) -> None:
        """Forget them all."""
        self._left.clear()

    def take(self, method: str, path: str, text: str = "") -> Fault | None:
        """The first fault that is about this request or frame, counted as having happened."""
        for index, (fault, left) in enumerate(self._left):
            if fault.matches(method, path, text):
                if left == 1:
                    del self._left[index]
                else:
                    self._left[index] = (fault, left - 1)
                return fault
        return None
