"""What is asked about transactions, and told of them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from domain.connection import Connection
from domain.ids import AccountId
from domain.transaction import (
    Reading,
    Transaction,
    TransactionsRead,
    TransactionStatus,
    TransactionType,
)
from tests.clock import START
from tests.graph.asking import ask, viewer
from tests.graph.conversation import talking
from tests.server import Served
from tests.streaming import samples

PAID = Transaction(
    broker_id="20260601::1",
    type=TransactionType.DIVIDEND,
    raw_type="DIV",
    status=TransactionStatus.POSTED,
    raw_status="executed",
    at=START,
    day=date(2026, 6, 1),
    currency="USD",
    amount=Decimal("1.02"),
    price=Decimal("0.51"),
    instrument=samples.AAPL,
    description="AAPL dividend",
)
BOUGHT = replace(
    PAID, broker_id="20260601::2", type=TransactionType.BUY, quantity=Decimal(2), instrument=None
)
LIST = """
query($after: Cursor, $accounts: [ID!], $categories: [TransactionCategory!],
      $types: [TransactionType!]) {
  transactions(first: 1, after: $after, accountIds: $accounts, categories: $categories,
               types: $types) {
    nodes { id accountId category type rawType status at day currency amount quantity price
            instrument { symbol } brokerId brokerOrderId group description }
    pageInfo { hasNextPage endCursor }
  }
}
"""
NODE = "query($id: ID!) { node(id: $id) { id ... on Transaction { amount } } }"


async def book(server: Served, connection: Connection, *told: Transaction) -> None:
    """As the feed does."""
    event = TransactionsRead(account=samples.NUMBER, transactions=told, reading=Reading())
    await server.house.stores.ledger.record(connection.user_id, connection.id, event)


async def test_a_transaction_is_shown_whole_and_found_by_its_id(server: Served) -> None:
    connection = await server.link(samples.account())
    await book(server, connection, PAID)
    ada, eve = await viewer(server), await viewer(server, "eve")
    (node,) = (await ask(server, ada, LIST))["transactions"]["nodes"]
    assert node["category"] == "INCOME"
    assert (node["type"], node["rawType"], node["status"]) == ("DIVIDEND", "DIV", "POSTED")
    assert (node["amount"], node["price"], node["quantity"]) == ("1.02", "0.51", None)
    assert (node["day"], node["instrument"]) == ("2026-06-01", {"symbol": "AAPL"})
    found = await ask(server, ada, NODE, id=node["id"])
    assert found["node"] == {"id": node["id"], "amount": "1.02"}
    assert (await ask(server, eve, NODE, id=node["id"]))["node"] is None
    assert (await ask(server, eve, LIST))["transactions"]["nodes"] == []
    fenced = replace(ada, accounts=frozenset({AccountId("other")}))
    assert (await ask(server, fenced, LIST))["transactions"]["nodes"] == []
    assert (await ask(server, fenced, NODE, id=node["id"]))["node"] is None


async def test_filters_meet_and_pages_follow(server: Served) -> None:
    connection = await server.link(samples.account())
    await book(server, connection, PAID, BOUGHT)
    ada = await viewer(server)
    first = (await ask(server, ada, LIST))["transactions"]
    after = first["pageInfo"]["endCursor"]
    second = (await ask(server, ada, LIST, after=after))["transactions"]
    types = {page["nodes"][0]["type"] for page in (first, second)}
    assert types == {"BUY", "DIVIDEND"}
    assert second["pageInfo"]["hasNextPage"] is False
    income = (await ask(server, ada, LIST, categories=["INCOME"]))["transactions"]
    assert [node["type"] for node in income["nodes"]] == ["DIVIDEND"]
    neither = await ask(server, ada, LIST, categories=["INCOME"], types=["BUY"])
    assert neither["transactions"]["nodes"] == []


async def test_changes_tell_of_a_transaction_and_of_its_amendment(server: Served) -> None:
    connection = await server.link(samples.account())
    query = """subscription { changes(kinds: [TRANSACTION]) {
        __typename ... on TransactionChanged { transaction { id amount status } } } }"""
    async with talking(server.socket_url, token=await server.token()) as talk:
        await talk.subscribe("1", query)
        assert (await talk.data("1"))["changes"]["__typename"] == "Snapshot"
        await book(server, connection, PAID)
        told = (await talk.data("1"))["changes"]["transaction"]
        assert (told["amount"], told["status"]) == ("1.02", "POSTED")
        await book(server, connection, replace(PAID, amount=Decimal("0.99")))
        amended = (await talk.data("1"))["changes"]["transaction"]
        assert amended == {"id": told["id"], "amount": "0.99", "status": "CORRECTED"}
