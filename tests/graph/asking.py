"""Asking the engine as somebody who has signed in, and what there is to ask about."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from domain.access import Role
from domain.connection import Connection
from graph.context import Viewer
from graph.execute import Payload, Refusal
from graph.request import Request
from tests.server import ALL, Served
from tests.streaming import samples

POSITIONS = """
query($first: Int!, $after: Cursor, $accounts: [ID!], $connections: [ID!], $instrument: ID) {
  positions(first: $first, after: $after, accountIds: $accounts, connectionIds: $connections,
            instrumentId: $instrument) {
    edges { cursor node { id accountId side quantity instrument { id symbol }
                          valuation { marketValue unrealizedPnl source asOf } } }
    nodes { id }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
TREE = """
{ connections {
    id broker environment label permission health { state reach } freshness { resource status }
    accounts {
      id maskedNumber type currency status
      connection { id }
      balances { currency cash }
      valuation { equity asOf }
    }
} }
"""
ORDERS = """
query($first: Int!, $open: Boolean!) {
  orders(first: $first, openOnly: $open) {
    nodes {
      id status side type quantity filledQuantity leavesQuantity averagePrice
      executions { executionId quantity price }
      events { execType at order { status } executions { executionId } }
    }
  }
}
"""


async def viewer(server: Served, name: str = "ada", **more: Any) -> Viewer:
    """Somebody who has signed in."""
    user, now = await server.user(name), server.house.services.clock.now()
    made = Viewer(
        user_id=user.id,
        name=name,
        role=Role.USER,
        scopes=frozenset(ALL),
        subject="s",
        signed_in_at=now,
    )
    return replace(made, **more)


async def answer(server: Served, who: Viewer, query: str, **variables: Any) -> Payload:
    """All that comes back."""
    engine = server.graphql.engine
    operation = engine.prepare(Request(query=query, variables=variables), who)
    payload: Payload = orjson.loads(await engine.run(operation))
    return payload


async def ask(server: Served, who: Viewer, query: str, **variables: Any) -> Any:
    """The data; no part of it may have failed."""
    payload = await answer(server, who, query, **variables)
    assert "errors" not in payload, payload
    return payload["data"]


async def refused(server: Served, who: Viewer, query: str, **variables: Any) -> str:
    """The code that the operation is refused with before it starts."""
    with pytest.raises(Refusal) as caught:
        await answer(server, who, query, **variables)
    return caught.value.code


async def portfolio(server: Served, name: str = "ada") -> Connection:
    """Two accounts: apple and microsoft in one, apple in the other; an order filled in part."""
    first, second = samples.account("PA-ONE-1"), samples.account("PA-TWO-2")
    connection = await server.link(first, second, name=name)
    record, user = server.house.stores.ledger.record, connection.user_id
    marks = (samples.mark(110), samples.mark(50, samples.MSFT))
    holdings = (samples.holding(5), samples.holding("0.25", samples.MSFT))
    one = samples.snapshot(*holdings, number="PA-ONE-1", marks=marks, cash="12.50")
    await record(user, connection.id, one)
    await record(user, connection.id, samples.snapshot(samples.holding(-2), number="PA-TWO-2"))
    for part in (1, 2):
        report = replace(samples.fill("o1", part), account="PA-ONE-1")
        await record(user, connection.id, report)
    return connection
