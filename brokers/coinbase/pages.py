"""Lists that Coinbase hands out in pages behind a cursor."""

from collections.abc import AsyncIterator, Sequence

from brokers.coinbase.client import Client, Query
from brokers.wire import Row
from domain.errors import Unintelligible


async def pages(
    client: Client, operation: str, path: str, name: str, query: Query
) -> AsyncIterator[Sequence[Row]]:
    """Page by page; a cursor that leads back to where it came from is Unintelligible."""
    behind: set[str] = set()
    asked = tuple(query)
    while True:
        body = await client.read(operation, path, asked)
        if not body.has(name):
            raise Unintelligible(f"the answer has no {name}")
        yield body.rows(name)
        cursor = following(body)
        if cursor is None:
            return
        if cursor in behind:
            raise Unintelligible(f"Coinbase's pages of {name} do not end")
        behind.add(cursor)
        asked = (*query, ("cursor", cursor))


async def every(
    client: Client, operation: str, path: str, name: str, query: Query
) -> tuple[Row, ...]:
    """All pages at once."""
    listed = pages(client, operation, path, name, query)
    return tuple([row async for page in listed for row in page])


def following(body: Row) -> str | None:
    """The cursor of the next page, None behind the last: fills have no `has_next`."""
    ended = body.has("has_next") and not body.flag("has_next")
    return None if ended else body.text("cursor")
