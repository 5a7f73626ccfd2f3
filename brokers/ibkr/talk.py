"""What is heard of one request or one order, from the moment of asking on."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from brokers.gate import Call
from brokers.http import unanswered
from brokers.ibkr import codes, said
from domain.errors import BrokerError, OutcomeUnknown, Unreachable


class Lost(OutcomeUnknown):
    """The connection ended before the answer; a read may be asked again on another."""

    def __init__(self, call: Call, why: BrokerError) -> None:
        known = unanswered(call, why.message)
        super().__init__(known.message, code=known.code)


@dataclass(slots=True)
class Talk:
    """What is said to one request or about one order, from the moment of asking on."""

    call: Call
    client: Any
    id: int
    heard: asyncio.Queue[said.Said | BrokerError] = field(default_factory=asyncio.Queue)

    async def next(self) -> said.Said:
        """The next word; a complaint that ends it is raised as what it means."""
        word = await self.heard.get()
        if isinstance(word, BrokerError):
            raise word
        if isinstance(word, said.Complaint) and not codes.is_notice(word.code):
            raise codes.meaning(word)
        return word


@contextmanager
def still_there() -> Iterator[None]:
    """What the library refuses to send has not left."""
    try:
        yield
    except ConnectionError:
        lost = Unreachable("the Gateway's connection broke")
    else:
        return
    raise lost
