"""The short commands: each opens the store, does one thing and goes, also while a server runs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from app.clock import RealClock
from app.settings import Settings
from app.stores import Stores, opened
from domain.audit import AuditEntry
from domain.errors import ErrorCode, Problem
from domain.ids import UserId
from store.users import User

T = TypeVar("T")


def with_stores(act: Callable[[Stores], Awaitable[T]]) -> T:
    """What the act returns; the store is open while it runs."""

    async def run() -> T:
        async with opened(Settings(), RealClock()) as stores:
            return await act(stores)

    return asyncio.run(run())


async def noted(stores: Stores, user: UserId, action: str, **detail: str) -> None:
    """Write an act into the user's audit; who types commands here is not known by name."""
    await stores.audit.append(
        user,
        AuditEntry(
            at=stores.writer.clock.now(),
            actor="command line",
            action=action,
            outcome="OK",
            detail=detail,
        ),
    )


async def user_called(stores: Stores, name: str) -> User:
    """The user of this name; Problem if there is none."""
    user = await stores.users.by_name(name)
    if user is None:
        raise Problem(ErrorCode.NOT_FOUND, f"There is no user {name}: see `brokergraph user list`.")
    return user
