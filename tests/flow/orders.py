"""Placing orders through GraphQL alone."""

from typing import Any

from tests.flow.world import Api
from tests.waiting import asked_until

OUTCOME = """
  outcome {
    __typename
    ... on OrderPlaced { order { id status clientOrderId quantity limitPrice } intent { id state } }
    ... on OrderRefused { code message intent { id state } }
    ... on OrderUnknown { message intent { id state } }
  }
  userErrors { code field message }
"""
PLACE = f"mutation P($input: PlaceOrderInput!) {{ placeOrder(input: $input) {{ {OUTCOME} }} }}"
RESOLVE = (
    f"mutation S($input: ResolveOrderInput!) {{ resolveOrder(input: $input) {{ {OUTCOME} }} }}"
)
CANCEL = """
mutation K($input: CancelOrderInput!) { cancelOrder(input: $input) {
  order { id status } userErrors { code message }
} }
"""
# Far below the market.
RESTING = {"type": "LIMIT", "limitPrice": "1.00", "timeInForce": "GTC"}


async def trading_account(api: Api) -> str:
    """The account of a new connection that may trade, once it is active."""
    id = await api.link(permission="TRADE")
    await asked_until(
        lambda: api.connection(id), lambda found: found["health"]["state"] == "ACTIVE"
    )
    data = await api.ask("{ accounts { id } }")
    account: str = data["accounts"][0]["id"]
    return account


def ticket(account: str, **changed: Any) -> dict[str, Any]:
    """A purchase of apples at the market, but for what is changed."""
    ticket = {
        "accountId": account,
        "instrument": {"assetClass": "EQUITY", "symbol": "AAPL"},
        "side": "BUY",
        "type": "MARKET",
        "timeInForce": "DAY",
        "quantity": "1",
    }
    return ticket | changed


async def place(api: Api, account: str, key: str, **changed: Any) -> dict[str, Any]:
    """The payload."""
    given = {"idempotencyKey": key, "ticket": ticket(account, **changed)}
    placed: dict[str, Any] = (await api.ask(PLACE, input=given))["placeOrder"]
    return placed
