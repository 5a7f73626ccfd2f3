"""Waiting for what is about to happen, never for a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

LONGEST = 10.0


async def until(condition: Callable[[], object], *, within: float = LONGEST) -> None:
    """Return as soon as it holds; fail if it does not in so many seconds."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 (what it waits for has no event to await)
            await asyncio.sleep(0.002)


async def asked_until(
    ask: Callable[[], Awaitable[T]],
    found: Callable[[T], object],
    *,
    within: float = 3 * LONGEST,
) -> T:
    """What was answered once it is as wanted; the last answer is in the failure otherwise."""
    answer: T | None = None
    try:
        async with asyncio.timeout(within):
            while True:
                answer = await ask()
                if found(answer):
                    return answer
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"never came true: {answer}") from None


async def taken(items: AsyncIterator[T], many: int = 1, *, within: float = LONGEST) -> list[T]:
    """The next so many of an endless iterator."""
    async with asyncio.timeout(within):
        return [await anext(items) for _ in range(many)]
