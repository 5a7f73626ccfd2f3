"""Nobody learns anything of another's, nor of accounts that are not allowed to them."""

from dataclasses import replace

import pytest

from domain.ids import AccountId
from graph.accounts import account_id
from graph.connections import connection_id
from graph.context import Viewer
from tests.graph.asking import ORDERS, POSITIONS, TREE, ask, portfolio, refused, viewer
from tests.server import Served

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
