"""What is asked about each noun."""

import pytest

from graph.connections import connection_id
from tests.graph.asking import ORDERS, POSITIONS, TREE, answer, ask, portfolio, refused, viewer
from tests.server import Served


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


async def test_connections_lead_to_accounts_and_their_figures(server: Served) -> None:
    connection = await portfolio(server)
    (found,) = (await ask(server, await viewer(server), TREE))["connections"]
    assert found["id"] == connection_id(connection.id)
    one = next(a for a in found["accounts"] if a["maskedNumber"].endswith("NE-1"))
    assert one["balances"] == [{"currency": "USD", "cash": "12.50"}]
    assert one["connection"] == {"id": found["id"]}
    assert "PA-ONE-1" not in str(found)


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
