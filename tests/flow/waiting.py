"""Waiting for what another process does: asked again until it is so."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
LONGEST = 30.0


async def until(ask: Callable[[], Awaitable[T]], found: Callable[[T], object]) -> T:
    """What was answered once it is as wanted; the last answer is in the failure otherwise."""
    answer: T | None = None
    try:
        async with asyncio.timeout(LONGEST):
            while True:
                answer = await ask()
                if found(answer):
                    return answer
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"never came true: {answer}") from None
