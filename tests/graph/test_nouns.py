"""What is asked about each noun, and that nobody learns anything of another's."""

import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio

from domain.access import Role, Scope
from domain.connection import Connection
from domain.ids import AccountId
from graph.accounts import account_id
from graph.connections import connection_id
from graph.context import Viewer
from graph.execute import Payload, Refusal
from graph.request import Request
from tests.server import ALL, Served, served
from tests.streaming import samples


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path) as running:
        yield running


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
    engine = server.graphql.engine
    operation = engine.prepare(Request(query=query, variables=variables), who)
    payload: Payload = orjson.loads(await engine.run(operation))
    return payload


async def ask(server: Served, who: Viewer, query: str, **variables: Any) -> Any:
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


async def test_positions_are_paged_filtered_and_priced(server: Served) -> None:
    await portfolio(server)
    ada = await viewer(server)
    whole = (await ask(server, ada, POSITIONS, first=10))["positions"]
    assert len(whole["nodes"]) == 3
    by_symbol = {
        (edge["node"]["instrument"]["symbol"], edge["node"]["side"]): edge["node"]
        for edge in whole["edges"]
    }
    assert by_symbol["AAPL", "LONG"]["valuation"]["marketValue"] == "550"
    assert by_symbol["MSFT", "LONG"]["quantity"] == "0.25"
    assert by_symbol["AAPL", "SHORT"]["quantity"] == "-2"

    seen: list[str] = []
    after = None
    for _ in range(3):
        page = (await ask(server, ada, POSITIONS, first=1, after=after))["positions"]
        seen += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert seen == [node["id"] for node in whole["nodes"]]
    assert page["pageInfo"]["hasNextPage"] is False
    assert page["pageInfo"]["hasPreviousPage"] is True

    apple = by_symbol["AAPL", "SHORT"]
    only = {"accounts": [apple["accountId"]], "instrument": apple["instrument"]["id"]}
    filtered = (await ask(server, ada, POSITIONS, first=10, **only))["positions"]
    assert [node["id"] for node in filtered["nodes"]] == [apple["id"]]


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


async def test_connections_lead_to_accounts_and_their_figures(server: Served) -> None:
    connection = await portfolio(server)
    (found,) = (await ask(server, await viewer(server), TREE))["connections"]
    assert found["id"] == connection_id(connection.id)
    one = next(a for a in found["accounts"] if a["maskedNumber"].endswith("NE-1"))
    assert one["balances"] == [{"currency": "USD", "cash": "12.50"}]
    assert one["connection"] == {"id": found["id"]}
    assert "PA-ONE-1" not in str(found)


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


async def test_orders_tell_their_executions_and_their_history(server: Served) -> None:
    await portfolio(server)
    page = await ask(server, await viewer(server), ORDERS, first=10, open=True)
    (order,) = page["orders"]["nodes"]
    assert (order["status"], order["filledQuantity"], order["leavesQuantity"]) == (
        "PARTIALLY_FILLED",
        "2",
        "8",
    )
    assert [e["executionId"] for e in order["executions"]] == ["o1-1", "o1-2"]
    assert [e["executions"][0]["executionId"] for e in order["events"]] == ["o1-1", "o1-2"]


NODE = """
query($id: ID!) { node(id: $id) { id __typename
  ... on Position { quantity } ... on Order { status } ... on Account { maskedNumber }
  ... on Instrument { symbol } ... on Connection { label } } }
"""


async def ids(server: Served, who: Viewer) -> list[str]:
    """An id of every type that the viewer has."""
    accounts = (await ask(server, who, "{ accounts { id connectionId } }"))["accounts"]
    page = (await ask(server, who, POSITIONS, first=1))["positions"]
    (position,) = [edge["node"] for edge in page["edges"]]
    orders = (await ask(server, who, "{ orders(first: 1) { nodes { id } } }"))["orders"]["nodes"]
    return [
        accounts[0]["id"],
        accounts[0]["connectionId"],
        position["id"],
        position["instrument"]["id"],
        orders[0]["id"],
    ]


async def test_everything_is_found_again_by_its_id_and_by_its_owner_alone(server: Served) -> None:
    await portfolio(server)
    ada, bob = await viewer(server), await viewer(server, "bob")
    kinds = []
    for id in await ids(server, ada):
        node = (await ask(server, ada, NODE, id=id))["node"]
        assert node["id"] == id
        kinds.append(node["__typename"])
        assert (await ask(server, bob, NODE, id=id))["node"] is None
    assert sorted(kinds) == ["Account", "Connection", "Instrument", "Order", "Position"]
    for id in ("", "x", "T3JkZXI6", "Tm9ib2R5OjE", "\N{BELL}"):
        assert (await ask(server, ada, NODE, id=id))["node"] is None


MUTATIONS = {
    "completeConnect": "{connectionId: $id, values: []}",
    "reauthorize": "{connectionId: $id}",
    "updateConnection": '{connectionId: $id, label: "mine"}',
    "sync": "{connectionId: $id}",
    "disconnect": "{connectionId: $id, purge: true}",
}


@pytest.mark.parametrize("name", MUTATIONS)
async def test_a_foreign_connection_looks_like_none_at_all(server: Served, name: str) -> None:
    connection = await portfolio(server)
    bob = await viewer(server, "bob")
    call = f"{name}(input: {MUTATIONS[name]})"
    query = f"mutation($id: ID!) {{ {call} {{ userErrors {{ code field message }} }} }}"
    foreign = await ask(server, bob, query, id=connection_id(connection.id))
    unknown = await ask(server, bob, query, id="nonsense")
    assert foreign == unknown
    assert foreign[name]["userErrors"][0]["code"] == "NOT_FOUND"


async def test_what_is_left_out_of_an_update_stays(server: Served) -> None:
    connection = await portfolio(server)
    ada, id = await viewer(server), connection_id(connection.id)
    update = """
    mutation($input: UpdateConnectionInput!) { updateConnection(input: $input) {
      connection { label enabled permission syncEverySeconds } userErrors { code field }
    } }
    """
    first = {"connectionId": id, "syncEverySeconds": 60, "permission": "TRADE"}
    await ask(server, ada, update, input=first)
    renamed = await ask(server, ada, update, input={"connectionId": id, "label": "Mine"})
    assert renamed["updateConnection"] == {
        "connection": {
            "label": "Mine",
            "enabled": True,
            "permission": "TRADE",
            "syncEverySeconds": 60,
        },
        "userErrors": [],
    }
    often = await ask(server, ada, update, input={"connectionId": id, "syncEverySeconds": 1})
    expected = [{"code": "BAD_INPUT", "field": "syncEverySeconds"}]
    assert often["updateConnection"] == {"connection": None, "userErrors": expected}


async def test_filters_by_anothers_ids_match_nothing(server: Served) -> None:
    connection = await portfolio(server)
    ada, bob = await viewer(server), await viewer(server, "bob")
    account = (await ask(server, ada, "{ accounts { id } }"))["accounts"][0]["id"]
    for only in ({"accounts": [account]}, {"connections": [connection_id(connection.id)]}):
        assert (await ask(server, bob, POSITIONS, first=5, **only))["positions"]["nodes"] == []
    mine = "query($id: ID) { accounts(connectionId: $id) { id } }"
    assert (await ask(server, bob, mine, id=connection_id(connection.id)))["accounts"] == []
    log = "query($id: ID) { auditLog(first: 5, connectionId: $id) { nodes { sequence } } }"
    assert (await ask(server, bob, log, id=connection_id(connection.id)))["auditLog"]["nodes"] == []


async def test_an_allowance_hides_every_other_account(server: Served) -> None:
    await portfolio(server)
    ada = await viewer(server)
    accounts = await server.house.stores.reads.accounts(ada.user_id)
    seen = next(a for a in accounts if a.masked_number.endswith("WO-2"))
    hidden = next(a for a in accounts if a.masked_number.endswith("NE-1"))
    narrow = replace(ada, accounts=frozenset({seen.id}))
    assert (await ask(server, narrow, "{ accounts { id } }"))["accounts"] == [
        {"id": account_id(seen.id)}
    ]
    nodes = (await ask(server, narrow, POSITIONS, first=10))["positions"]["edges"]
    assert {edge["node"]["accountId"] for edge in nodes} == {account_id(seen.id)}
    assert (await ask(server, narrow, ORDERS, first=10, open=False))["orders"]["nodes"] == []
    (connection,) = (await ask(server, narrow, TREE))["connections"]
    assert [a["id"] for a in connection["accounts"]] == [account_id(seen.id)]
    for id in await ids(server, ada):
        if id == account_id(hidden.id):
            assert (await ask(server, narrow, NODE, id=id))["node"] is None
    assert await refused(server, narrow, "{ auditLog(first: 1) { nodes { hash } } }") == "FORBIDDEN"
    blind = replace(ada, accounts=frozenset({AccountId("none")}))
    assert (await ask(server, blind, "{ connections { id } }"))["connections"] == []


TOKEN = """
mutation($scopes: [Scope!]!, $ends: DateTime) {
  createToken(input: {name: "phone", scopes: $scopes, expiresAt: $ends}) {
    secret token { id name scopes } userErrors { code field }
  }
}
"""


async def test_a_person_makes_and_ends_tokens(server: Served) -> None:
    ada = await viewer(server)
    made = (await ask(server, ada, TOKEN, scopes=["READ"]))["createToken"]
    assert made["secret"].startswith("bgp_")
    listed = (await ask(server, ada, "{ viewer { tokens { id name scopes } } }"))["viewer"]
    assert listed["tokens"] == [made["token"]]
    end = "mutation($id: ID!) { revokeToken(input: {tokenId: $id}) { ended userErrors { code } } }"
    bob = await viewer(server, "bob")
    assert (await ask(server, bob, end, id=made["token"]["id"]))["revokeToken"]["ended"] is False
    assert (await ask(server, ada, end, id=made["token"]["id"]))["revokeToken"]["ended"] is True
    assert (await ask(server, ada, "{ viewer { tokens { id } } }"))["viewer"]["tokens"] == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"scopes": ["ADMIN"]}, {"code": "FORBIDDEN", "field": "scopes"}),
        ({"scopes": []}, {"code": "BAD_INPUT", "field": "scopes"}),
        (
            {"scopes": ["READ"], "ends": "2020-01-01T00:00:00Z"},
            {"code": "BAD_INPUT", "field": "expiresAt"},
        ),
    ],
)
async def test_a_token_that_cannot_be_made_says_why(
    server: Served, given: Mapping[str, Any], expected: Mapping[str, str]
) -> None:
    made = (await ask(server, await viewer(server), TOKEN, **given))["createToken"]
    assert made == {"secret": None, "token": None, "userErrors": [expected]}


async def test_a_token_makes_no_tokens(server: Served) -> None:
    token = await viewer(server, signed_in_at=None)
    assert await refused(server, token, TOKEN, scopes=["READ"]) == "FORBIDDEN"
    assert await refused(server, token, "{ viewer { signIns { id } } }") == "FORBIDDEN"


async def test_scopes_are_asked_through_fragments_too(server: Served) -> None:
    reader = await viewer(server, scopes=frozenset({Scope.READ}))
    query = """
    mutation { ...hidden }
    fragment hidden on Mutation { ... { a: disconnect(input: {connectionId: "x"}) { __typename } } }
    """
    assert await refused(server, reader, query) == "FORBIDDEN"


@pytest.mark.parametrize("first", [0, -1, 201, 2_000_000_000])
async def test_a_page_has_a_sensible_length(server: Served, first: int) -> None:
    ada = await viewer(server)
    query = "query($n: Int!) { orders(first: $n) { pageInfo { hasNextPage } } }"
    if first > 1000:
        assert await refused(server, ada, query, n=first) == "TOO_COMPLEX"
        return
    payload = await answer(server, ada, query, n=first)
    assert payload["errors"][0]["extensions"]["code"] == "BAD_INPUT"


async def test_a_malformed_page_cursor_is_a_bad_cursor(server: Served) -> None:
    payload = await answer(server, await viewer(server), POSITIONS, first=1, after="zzz")
    assert payload["errors"][0]["extensions"]["code"] == "CURSOR_INVALID"


async def test_a_failure_nobody_foresaw_is_masked_and_can_be_asked_after(
    server: Served, caplog: pytest.LogCaptureFixture
) -> None:
    ada = await viewer(server)
    await server.house.stores.db.close()
    with caplog.at_level(logging.ERROR, "graph.errors"):
        payload = await answer(server, ada, "{ viewer { name } connections { id } }")
    (error,) = payload["errors"]
    assert error["extensions"]["code"] in {"INTERNAL", "UNAVAILABLE"}
    correlation_id = error["extensions"]["correlationId"]
    assert error["message"] == f"Something went wrong here. Quote {correlation_id} to ask why."
    logged = [r for r in caplog.records if r.name == "graph.errors"]
    assert [getattr(r, "correlation_id", None) for r in logged] == [correlation_id]


async def test_what_a_client_mistyped_is_not_repeated_to_it(server: Served) -> None:
    query = """
    mutation($input: CompleteConnectInput!) {
      completeConnect(input: $input) { userErrors { code } }
    }
    """
    ada = await viewer(server)
    for given in (
        "s3cr3t",
        {"connectionId": ["s3cr3t"], "values": []},
        {"connectionId": "x", "values": ["s3cr3t"]},
        {"connectionId": "x", "values": [{"name": "key_id", "valeu": "s3cr3t"}]},
        {"connectionId": "x", "values": [{"name": "key_id", "value": ["s3cr3t\n"]}]},
    ):
        with pytest.raises(Refusal) as caught:
            await answer(server, ada, query, input=given)
        assert "invalid value" in caught.value.errors[0]["message"]
        assert "s3cr3t" not in str(caught.value.errors)
    enum = 'mutation($e: Environment!) { beginConnect(input: {broker: "x", environment: $e})'
    with pytest.raises(Refusal) as caught:
        await answer(server, ada, enum + " { userErrors { code } } }", e="s3cr3t")
    assert "s3cr3t" not in str(caught.value.errors)
