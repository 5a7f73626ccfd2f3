"""A token for one account: no field and no subscription tells anything of another."""

from dataclasses import replace
from typing import Any

import aiohttp
import orjson
import pytest

from domain.access import Scope
from domain.account import Account
from domain.facts import OrderReport
from domain.ids import AccountId
from graph.accounts import account_id
from graph.connections import connection_id
from tests.graph.asking import ask, viewer
from tests.graph.conversation import talking
from tests.server import Served
from tests.streaming import samples

OPEN, HIDDEN = "PA-OPEN-0001", "PA-HIDDEN-7777"
MAKE = """
mutation($accounts: [ID!]) {
  createToken(input: {name: "one", scopes: [READ, TRADE], accountIds: $accounts}) {
    secret token { accountIds unlimitedRate } userErrors { code field }
  }
}
"""


async def stocked(server: Served) -> tuple[Account, Account]:
    """An account to be seen and one that is not, each behind a connection of its own."""
    found: list[Account] = []
    for number, quantity in ((OPEN, "3"), (HIDDEN, "777.25")):
        link = await server.link(samples.account(number))
        record = server.house.stores.ledger.record
        held = samples.holding(quantity, samples.MSFT if number == HIDDEN else samples.AAPL)
        shown = samples.snapshot(held, number=number, cash=f"{quantity}1")
        await record(link.user_id, link.id, shown)
        await record(link.user_id, link.id, order(number))
        found += await server.house.services.reads.accounts(link.user_id, connection=link.id)
    return found[0], found[1]


def order(number: str, part: int = 1) -> OrderReport:
    return replace(samples.fill(f"order-of-{number}", part), account=number)


async def limited(server: Served, *accounts: AccountId) -> str:
    """A token that a person made for these."""
    ids = [account_id(each) for each in accounts]
    made = (await ask(server, await viewer(server), MAKE, accounts=ids))["createToken"]
    assert made["userErrors"] == []
    assert made["token"]["accountIds"] == ids
    secret: str = made["secret"]
    return secret


EVERYTHING = """
query($account: ID!, $connection: ID!) {
  viewer { accountIds }
  accounts { id maskedNumber balances { cash } valuation { equity } connection { id } }
  connections { id accounts { id } }
  positions(first: 50) { nodes { id accountId quantity instrument { symbol } } }
  orders(first: 50) { nodes { id accountId } }
  transactions(first: 50) { nodes { id } }
  portfolio(base: "USD", environments: [PAPER]) { allocation { byAccount { accountId } } }
  intents(first: 50) { accountId }
  a: node(id: $account) { id }
  b: node(id: $connection) { id }
  c: positions(first: 50, accountIds: [$account]) { nodes { id } }
  d: orders(first: 50, connectionIds: [$connection]) { nodes { id } }
}
"""


async def http(server: Served, secret: str, query: str, **variables: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {secret}"}
    body = {"query": query, "variables": variables}
    async with (
        aiohttp.ClientSession() as session,
        session.post(server.url, json=body, headers=headers) as answer,
    ):
        told: dict[str, Any] = orjson.loads(await answer.read())
        return told


def betrays(told: object, hidden: Account) -> list[str]:
    """What of the hidden account is in an answer."""
    text = orjson.dumps(told).decode()
    words = (account_id(hidden.id), hidden.id, hidden.connection_id, "7777", "777.25", "MSFT")
    return [word for word in words if word in text]


async def test_no_field_tells_of_another_account(server: Served) -> None:
    shown, hidden = await stocked(server)
    secret = await limited(server, shown.id)
    ids = {"account": account_id(hidden.id), "connection": connection_id(hidden.connection_id)}
    told = await http(server, secret, EVERYTHING, **ids)
    assert "errors" not in told, told
    assert betrays(told["data"], hidden) == []
    assert [each["id"] for each in told["data"]["accounts"]] == [account_id(shown.id)]


WHOLE = [
    "{ auditLog(first: 1) { nodes { at } } }",
    "{ riskLimits { scope } }",
    "{ tradingStates { scope } }",
    'mutation { sync(input: {connectionId: "x"}) { userErrors { code } } }',
    'mutation { disconnect(input: {connectionId: "x"}) { userErrors { code } } }',
    "mutation { halt(input: {target: {scope: USER}}) { userErrors { code } } }",
]


@pytest.mark.parametrize("query", WHOLE)
async def test_what_concerns_all_accounts_is_refused(server: Served, query: str) -> None:
    shown, _ = await stocked(server)
    told = await http(server, await limited(server, shown.id), query)
    (error,) = told["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"


SUBSCRIPTIONS = [
    "subscription { changes { __typename ... on Snapshot { accounts { account { id } } orders { id "
    "accountId } } ... on OrderChanged { order { id accountId } } } }",
    "subscription { orderUpdated { __typename ... on Snapshot { orders { id accountId } } ... on "
    "OrderChanged { order { id accountId } } } }",
    "subscription { positionUpdated { upserts { accountId quantity instrument { symbol } } } }",
    "subscription { accountUpdated { account { id } balances { cash } } }",
    "subscription { connectionUpdated { id label } }",
]


@pytest.mark.parametrize("query", SUBSCRIPTIONS)
async def test_no_subscription_tells_of_another_account(server: Served, query: str) -> None:
    shown, hidden = await stocked(server)
    secret = await limited(server, shown.id)
    user, record = (await server.user()).id, server.house.stores.ledger.record
    async with talking(server.socket_url, token=secret) as talk:
        await talk.subscribe("s", query)
        told = [await talk.data("s")]
        # Something of the hidden account happens first; what is told next is of the other.
        for number, link in ((HIDDEN, hidden.connection_id), (OPEN, shown.connection_id)):
            held = samples.holding("888", samples.MSFT if number == HIDDEN else samples.AAPL)
            await record(user, link, samples.snapshot(held, number=number, cash="9"))
            await record(user, link, order(number, 2))
        if "connection" not in query:
            told.append(await talk.data("s"))
        assert betrays(told, hidden) == []


RATE = "subscription($r: Int!) { positionUpdated(maxRate: $r) { upserts { quantity } } }"


async def test_every_update_is_for_tokens_that_may(server: Served) -> None:
    shown, _ = await stocked(server)
    user, tokens = await server.user(), server.house.stores.tokens
    secrets = [
        (await tokens.issue(user.id, name="t", scopes=[Scope.READ], unlimited_rate=unlimited))[1]
        for unlimited in (False, True)
    ]
    async with talking(server.socket_url, token=secrets[0]) as talk:
        await talk.subscribe("s", RATE, r=0)
        error = await talk.next()
        assert error["payload"][0]["extensions"]["code"] == "FORBIDDEN"
        assert "unlimited rate" in error["payload"][0]["message"]
    async with talking(server.socket_url, token=secrets[1]) as talk:
        await talk.subscribe("s", RATE, r=0)
        assert len((await talk.data("s"))["positionUpdated"]["upserts"]) == 2
        link, record = shown.connection_id, server.house.stores.ledger.record
        for quantity in range(4, 24):
            held = samples.holding(quantity)
            await record(user.id, link, samples.snapshot(held, number=OPEN, cash="1"))
            (told,) = (await talk.data("s"))["positionUpdated"]["upserts"]
            assert told == {"quantity": str(quantity)}
