"""The transactions of a connection's accounts, read page by page and each page kept at once."""

from collections.abc import Callable
from datetime import datetime

from brokers.contract import Broker
from domain.connection import Connection
from domain.transaction import TransactionsRead, advanced, begun
from streaming.ports import Ledger

# A long history is read over several looks, so that it delays none for long.
_PAGES_AT_ONCE = 10


class Bookkeeping:
    """Knows which accounts are due; how far each was read is the ledger's to know.

    So an interrupted reading goes on behind the last page that was kept.
    """

    def __init__(self, connection: Connection, ledger: Ledger, now: Callable[[], datetime]) -> None:
        self._user, self._connection = connection.user_id, connection.id
        self._ledger, self._now = ledger, now
        self._due: set[str] = set()

    def call_for(self, number: str) -> None:
        """The account's books are to be read: a sync, or something was traded."""
        self._due.add(number)

    def is_due(self, number: str) -> bool:
        """Whether there is more to read."""
        return number in self._due

    async def read(self, broker: Broker, number: str) -> int:
        """Read on, some pages at most; how many transactions they had.

        What fails is left until it is called for again.
        """
        self._due.discard(number)
        count = 0
        for _ in range(_PAGES_AT_ONCE):
            known = await self._ledger.reading(self._connection, number)
            if known is None:
                break
            reading = begun(known, self._now())
            page = await broker.transactions(number, reading.since, reading.token)
            read = TransactionsRead(
                account=number,
                transactions=page.transactions,
                reading=advanced(reading, page),
            )
            await self._ledger.record(self._user, self._connection, read)
            count += len(page.transactions)
            if page.token is None:
                break
        else:
            self._due.add(number)
        return count
