"""The two database clients of Tortoise, with transactions that begin and fail as ours must.

Both also take statements several at a time, for what happens with every event and every query:
Tortoise builds its SQL and its rows anew each time, and hands over each statement alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

# SQL as PostgreSQL has it, with $1 and = ANY($1), and what goes into it: once, or once a row.
Query = tuple[str, Sequence[object]]
Write = tuple[str, Sequence[Sequence[object]]]
Rows = Sequence[Mapping[str, Any]]


class CommitLost(Exception):
    """The database went away during the commit: what was written may or may not be there."""


class Batches(Protocol):
    """The client as `Database.batches` gives it: inside a transaction, that transaction's."""

    async def read(self, queries: Sequence[Query]) -> list[Rows]:
        """The rows of each query; times come as the engine keeps them (see `moment`)."""
        ...

    async def write(self, writes: Sequence[Write]) -> None:
        """Each of them, in this order, with each of its rows; only inside a transaction."""
        ...

    async def finish(self, writes: Sequence[Write]) -> None:
        """The same as the last of a transaction, and its commit; CommitLost if that fails."""
        ...
