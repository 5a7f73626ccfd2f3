"""Looking again, until it is certain what is held."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from domain.books import Stale
from domain.connection import Connection
from domain.errors import ErrorCode, Problem
from domain.ids import AccountId
from trading.ports import Ports

T = TypeVar("T")

_LOOKS = 4


class FreshLook:
    """Takes a snapshot of an account whenever a decision says that it needs one."""

    def __init__(self, ports: Ports) -> None:
        self._intents, self._ledger = ports.intents, ports.ledger
        self._lines, self._clock = ports.lines, ports.clock

    async def until(
        self,
        connection: Connection,
        account: AccountId,
        decide: Callable[[datetime], Awaitable[T]],
    ) -> T:
        """What `decide` returns; it is given when the asking began and may raise Stale.

        Raises Problem(CONFLICT) if the account trades so fast that no look holds.
        """
        begun = self._clock.now()
        for _ in range(_LOOKS):
            try:
                return await decide(begun)
            except Stale:
                await self._look(connection, account)
        raise Problem(
            ErrorCode.CONFLICT, "the holding changes too fast to tell what reduces it; try again"
        )

    async def _look(self, connection: Connection, account: AccountId) -> None:
        broker = await self._lines.open(connection)
        snapshot = await broker.snapshot(await self._intents.number(account))
        await self._ledger.record(connection.user_id, connection.id, snapshot)
