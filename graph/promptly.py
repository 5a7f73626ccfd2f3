"""A deadline only for what does not end at once.

Arming and disarming a timer costs a third of sending a message that the client takes at once, which
nearly all are. So the work is stepped by hand, as the event loop would: what ends in its first step
is done, and what stopped to wait is awaited from there on, under a deadline.
"""

import asyncio
from collections.abc import Coroutine, Generator
from types import coroutine
from typing import Any


async def within(seconds: float, work: Coroutine[Any, Any, None]) -> None:
    """Await the work; TimeoutError if it is not done in so many seconds."""
    try:
        awaited = work.send(None)
    except StopIteration:
        return
    async with asyncio.timeout(seconds):
        await _rest(work, awaited)


@coroutine
def _rest(work: Coroutine[Any, Any, None], awaited: Any) -> Generator[Any, Any, None]:
    try:
        # What it waits for is handed to the loop, which comes back here once it has come.
        yield awaited
        yield from work.__await__()
    finally:
        work.close()
