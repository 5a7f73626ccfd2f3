"""What can be traded, asked for over GraphQL."""

import pytest

from tests.graph.asking import answer, viewer
from tests.graph.conversation import talking
from tests.server import Served

QUERIES = [
    '{ instruments(search: "AAPL", first: 5) { id symbol name option { strike } } }',
    '{ quotes(symbols: ["AAPL"]) { instrument { symbol } price bid ask asOf source } }',
]
WATCH = 'subscription { quoteUpdated(symbols: ["AAPL"]) { price currency previousClose } }'


@pytest.mark.parametrize("query", QUERIES)
async def test_without_a_connection_the_way_out_is_named(server: Served, query: str) -> None:
    payload = await answer(server, await viewer(server), query)
    (error,) = payload["errors"]
    assert error["extensions"]["code"] == "NOT_FOUND"
    assert "link a connection" in error["message"]


async def test_a_watcher_without_a_connection_is_told_so(server: Served) -> None:
    async with talking(server.socket_url, token=await server.token()) as talk:
        await talk.subscribe("1", WATCH)
        message = await talk.next()
        assert "NOT_FOUND" in str(message)
