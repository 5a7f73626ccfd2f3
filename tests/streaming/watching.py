"""What tests of views do again and again."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta

from domain.connection import ConnectionState, Health, Reach
from domain.ids import ConnectionId
from streaming.frames import ChangeFrame, Frame
from tests.clock import START
from tests.streaming.conftest import USER, House
from tests.streaming.samples import mark


def later(seconds: float) -> datetime:
    """A moment of the samples."""
    return START + timedelta(seconds=seconds)


async def changes(
    frames: AsyncGenerator[Frame, None], many: int = 1, *, within: float = 10
) -> list[ChangeFrame]:
    """The next so many changes, heartbeats left out."""
    told: list[ChangeFrame] = []
    async with asyncio.timeout(within):
        while len(told) < many:
            frame = await anext(frames)
            if isinstance(frame, ChangeFrame):
                told.append(frame)
    return told


def price(house: House, link: ConnectionId, amount: int, *, second: float) -> None:
    """A tick, as a feed takes it in."""
    if merged := house.marks.set(link, mark(amount, at=later(second))):
        house.hub.publish(USER, merged, link)


async def degrade(house: House, link: ConnectionId) -> None:
    """What a feed does when its stream is lost."""
    health = Health(state=ConnectionState.DEGRADED, reach=Reach.READABLE, since=house.clock.now())
    await house.connections.set_health(USER, link, health)
